"""All components in one pipeline, in two processes: they say what they say in one."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest
from tiny import build_tiny
from tiny_generator import write_checkpoint

from biotk.kb import open_kb
from biotk.kb.subset_file import write_subset

TEXTS = [
    "Seen at home.\nPAST MEDICAL HISTORY: Kidney cancer (KC), fever.\nDOG BITES: cough\n",
    "PLAN: heart failure; aspirin against heart falure and zorbax\n",
    "No mention.",
    "KC was treated with aspirin",
]

# Beside the names that the detector finds, two that only a model can answer, or nobody.
SCRIPT = """
import json, multiprocessing, spacy

def make(kb, subset, model):
    nlp = spacy.blank("en")
    rule = {"literal": "Dog bites", "category": "bites"}
    nlp.add_pipe("biotk_sections", config={"segmenter": "rules"}).add_rule(rule)
    nlp.add_pipe("biotk_abbreviations")
    part = {"kb": kb, "subset": subset}
    nlp.add_pipe("biotk_detector", config=part)
    patterns = [{"label": "Disease", "pattern": name} for name in ("heart falure", "zorbax")]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.add_pipe("biotk_linker", config={**part, "linker": "cascade", "model": model})
    return nlp

def told(doc):
    return {
        "ents": [
            [e.text, e.label_, e.kb_id_, e._.link.route, e._.section.category] for e in doc.ents
        ],
        "sections": [
            [s._.section.category, s._.section.title_start] for s in doc.spans["sections"]
        ],
        "short": [[a.text, a._.long_form.text] for a in doc._.abbreviations],
    }
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """:returns: the KB, the part of it that may be answered, and the model."""
    folder = tmp_path_factory.mktemp("given")
    path = build_tiny(folder)
    kb = open_kb(path)
    part = kb.subset(branch=["D007674", "D006331"]) | kb.subset(ids=["D001241"])
    subset = write_subset(kb, part, folder / "x.subset")
    return str(path), str(subset), str(write_checkpoint(folder / "bart"))


@pytest.fixture(scope="module")
def expected(given):
    """:returns: what the pipeline says in one process."""
    names: dict = {}
    exec(SCRIPT, names)
    nlp = names["make"](*given)
    return [json.loads(json.dumps(names["told"](nlp(text)))) for text in TEXTS]


def test_pipeline_in_one_process_has_something_of_each_component(expected):
    first, _, third, fourth = expected
    places = [TEXTS[0].index(title) for title in ("PAST", "DOG")]
    assert first["sections"][1:] == [["past_medical_history", places[0]], ["bites", places[1]]]
    assert first["short"] == [["KC", "Kidney cancer"]]
    found = {ent[0]: ent[2:] for each in expected for ent in each["ents"]}
    assert "fever" not in found  # it is outside the part
    assert found["aspirin"][0] == "MESH:D001241"
    assert found["heart falure"][1] == "generated"
    assert found["zorbax"][0] == "NIL"
    assert third == {"ents": [], "sections": third["sections"], "short": []}
    assert [ent[0] for ent in fourth["ents"]] == ["aspirin"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pipeline_says_the_same_in_two_processes(given, expected, tmp_path, method):
    script = tmp_path / "run.py"
    main = f"""
    if __name__ == "__main__":
        multiprocessing.set_start_method({method!r})
        for doc in make(*{given!r}).pipe({TEXTS!r} * 2, n_process=2, batch_size=2):
            print(json.dumps(told(doc)))
    """
    script.write_text(SCRIPT + textwrap.dedent(main))
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == expected * 2
