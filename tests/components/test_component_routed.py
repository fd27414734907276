"""``biotk_linker`` with a router: the links of the library's linker, saved with the pipeline."""

from __future__ import annotations

import pytest
import spacy
from tiny import build_tiny
from tiny_generator import write_checkpoint
from tiny_router import made_router

from biotk.components.pipelines import load_pipeline
from biotk.errors import InputError
from biotk.kb import open_kb
from biotk.linking.generator import generator_fingerprint
from biotk.linking.query import Query
from biotk.linking.registry import LinkerOptions, make_linker
from biotk.linking.routed import WAY

TEXT = "Fever and kidney cancers, yeti disease."
WORDS = ("Fever", "kidney cancers", "yeti disease")


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture
def how(tmp_path):
    model = str(write_checkpoint(tmp_path / "model"))
    path = tmp_path / "router.json"
    path.write_text(made_router("cascade", model=generator_fingerprint(model)).to_json())
    return {"linker": "routed", "model": model, "router": str(path)}


def make_nlp(kb_path, **linker):
    nlp = spacy.blank("en")
    patterns = [{"label": "Disease", "pattern": word} for word in WORDS]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.add_pipe("biotk_linker", config={"kb": kb_path, **linker})
    return nlp


@pytest.mark.parametrize("dial", [None, 0.0, 1.0])
def test_component_links_as_the_linker_itself_and_is_saved(kb_path, how, dial, tmp_path):
    nlp = make_nlp(kb_path, dial=dial, **how)
    doc = nlp(TEXT)
    given = {key: value for key, value in how.items() if key != "linker"}
    options = LinkerOptions(**given, dial=dial, n_kept=5)
    linker = make_linker("routed", open_kb(kb_path), options=options)
    queries = [
        Query(ent.text, "Disease", None, TEXT, ent.start_char, ent.end_char) for ent in doc.ents
    ]
    want = linker.link_batch(queries)
    assert [ent._.link for ent in doc.ents] == want and len(want) == 3
    ways = [link.reasons.get(WAY, "").partition(":")[0] for link in want]
    asked = {None: "cascade", 0.0: "names", 1.0: "cascade"}[dial]
    assert ways[0] == "" and ways[2] == asked
    nlp.to_disk(tmp_path / "saved")
    (tmp_path / "router.json").unlink()
    again = spacy.load(tmp_path / "saved")(TEXT)
    assert [ent._.link for ent in again.ents] == want


def test_named_pipeline_takes_a_router_and_a_dial(kb_path, how):
    nlp = load_pipeline("literature", kb=kb_path, **how, dial=0, detector="dictionary")
    assert [ent.text for ent in nlp(TEXT).ents] == ["Fever", "kidney cancers"]
    assert nlp(TEXT).ents[1]._.link.reasons[WAY].startswith("names: ")
    with pytest.raises(InputError, match="choose the linker routed"):
        load_pipeline("literature", kb=kb_path, linker="lexical", dial=0.3)
    with pytest.raises(InputError, match="dial must be between 0 and 1"):
        load_pipeline("literature", kb=kb_path, **how | {"router": None}, dial=3)
