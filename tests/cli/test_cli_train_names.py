"""Training mentions: counted by a command, looked up by linkers, pipelines and commands."""

from __future__ import annotations

import json

import pytest
from tiny import build_tiny
from typer.testing import CliRunner

from biotk.candidates.learned import DEFAULT_LEARNED, LearnedNames, find_learned
from biotk.cli import app
from biotk.components.pipelines import load_pipeline
from biotk.errors import InputError
from biotk.kb import open_kb
from biotk.linking.registry import LinkerOptions, learned_for, make_linker

DOCUMENTS = """1|t|Sugar sickness and heat in mice
1|a|Congestive water lung (CWL) was seen. CWL is rare, p.V600E rarer.
1	0	14	Sugar sickness	Disease	D003924
1	19	23	heat	Disease	D005334
1	32	53	Congestive water lung	Disease	D006333
1	55	58	CWL	Disease	D006333
1	70	73	CWL	Disease	D006333
1	83	90	p.V600E	SequenceVariant	p|SUB|V|600|E

2|t|Heat again
2|a|No more.
2	0	4	Heat	Disease	D005334
"""


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "train.pubtator"
    path.write_text(DOCUMENTS)
    return path


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


def run(*arguments: str):
    result = CliRunner().invoke(app, list(arguments))
    assert result.exit_code == 0, result.output
    return result


def test_mentions_are_counted_without_a_kb(corpus, tmp_path):
    out = tmp_path / "learned.tsv"
    run("train", "names", str(corpus), "-o", str(out))
    assert out.read_text().splitlines() == [
        "mention\tconcept_id\tcount",
        "Congestive water lung\tMESH:D006333\t3",
        "heat\tMESH:D005334\t2",
        "Sugar sickness\tMESH:D003924\t1",
    ]


def test_documents_that_are_held_out_teach_nothing(corpus, tmp_path):
    held = tmp_path / "dev.pubtator"
    held.write_text(DOCUMENTS.split("\n\n")[1].replace("2|", "77|").replace("2\t", "77\t"))
    out = tmp_path / "learned.tsv"
    run("train", "names", str(corpus), "--held-out", str(held), "-o", str(out))
    assert "heat\tMESH:D005334\t1" in out.read_text()


def test_linkers_pipelines_and_commands_take_the_table(corpus, kb_path, tmp_path):
    out = str(tmp_path / "learned.tsv")
    run("train", "names", str(corpus), "-o", out)
    kb = open_kb(kb_path)
    linker = make_linker("lexical", kb, options=LinkerOptions(learned=out))
    assert linker.link("sugar sickness").route == "training"
    assert (
        make_linker("lexical", kb, options=LinkerOptions(learned="none"))
        .link("sugar sickness")
        .is_nil
    )
    how = ["link", "sugar sickness", "--kb", kb_path, "--linker", "lexical", "--json"]
    assert json.loads(run(*how).stdout)["concept_id"] == "NIL"
    told = json.loads(run(*how, "--learned-names", out).stdout)
    assert told["concept_id"] == "MESH:D003924"
    options = {"linker": "lexical", "detector": "dictionary", "learned_names": out}
    pipeline = load_pipeline("literature", kb=kb_path, **options)
    assert pipeline.get_pipe("biotk_linker").linker.link("sugar sickness").route == "training"


def test_the_table_that_comes_with_biotk_serves_any_kb(kb_path, tmp_path):
    kb = open_kb(kb_path)
    names = LearnedNames.read(kb, DEFAULT_LEARNED)
    fever = kb.index_of("MESH:D005334")
    assert names.concepts("fevers") == {fever: 8} and names.count(fever) > 8
    # One that has none of its ids learns nothing, and is no error; of one's own table it is.
    other = tmp_path / "own"
    (tmp_path / "own.tsv").write_text("concept_id\tname\nX:1\tshoulder\n")
    run("kb", "build", str(tmp_path / "own.tsv"), "-o", str(other))
    assert len(LearnedNames.read(open_kb(other), DEFAULT_LEARNED)) == 0
    with pytest.raises(InputError, match="none of its ids"):
        LearnedNames.read(open_kb(other), find_learned(DEFAULT_LEARNED))
    with pytest.raises(InputError, match="biotk train names makes one"):
        make_linker("lexical", kb, options=LinkerOptions(learned="nonesuch"))


def test_only_linkers_with_a_model_know_it_by_default():
    assert learned_for("lexical") is None
    assert {learned_for(name) for name in ("cascade", "dense", "fused")} == {DEFAULT_LEARNED}
    assert learned_for("lexical", "mine.tsv") == learned_for("cascade", "mine.tsv") == "mine.tsv"


def test_lexical_in_a_pipeline_goes_by_the_kb_alone(kb_path):
    nlp = load_pipeline("literature", kb=kb_path, linker="lexical", detector="dictionary")
    assert nlp.get_pipe("biotk_linker").learned_names is None
