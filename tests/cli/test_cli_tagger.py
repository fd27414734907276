"""The commands that find mentions take another detector."""

from __future__ import annotations

import json

import pytest
from tiny import build_tiny
from tiny_tagger import write_tagger
from typer.testing import CliRunner

from biotk.cli import app
from biotk.detection import DictionaryDetector, TaggerDetector
from biotk.kb import open_kb
from biotk.types import entity_type

TEXT = "Kidney cancer and fever. IL-2 for colds."
CORPUS = f"""\
1|t|{TEXT[:24]}
1|a|{TEXT[25:]}
1\t0\t13\tKidney cancer\tDisease\tD007680
1\t25\t29\tIL-2\tChemical\tD001241

"""


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(write_tagger(tmp_path_factory.mktemp("models") / "tagger", spread=3))


def output(*arguments: str) -> dict:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_evaluate_and_annotate_take_another_detector(kb, model, tmp_path) -> None:
    corpus, note = tmp_path / "dev.pubtator", tmp_path / "note.txt"
    corpus.write_text(CORPUS)
    note.write_text(TEXT)
    how = ("--pipeline", "literature", "--kb", kb, "--detector", "tagger", "--tagger", model)
    found = output("evaluate", "mentions", "--corpus", str(corpus), "--json", *how)
    there = open_kb(kb)
    tagger = TaggerDetector.load(model)
    wanted = tagger.of_types(set(tagger.types) & set(there.manifest.types)).detect(TEXT)
    kept = [m for m in wanted if m.type in {"Disease", "Chemical"}]
    assert (found["n_predicted"], found["detector"], found["tagger"]) == (
        len(kept),
        "tagger",
        model,
    )
    names = [m for m in DictionaryDetector(there).detect(TEXT) if m.type in {"Disease", "Chemical"}]
    by_names = (*how[:4], "--detector", "dictionary")
    plain = output("evaluate", "mentions", "--corpus", str(corpus), "--json", *by_names)
    assert plain["n_predicted"] == len(names) == 3 and "tagger" not in plain
    linked = output(
        "evaluate", "end-to-end", "--corpus", str(corpus), "--linker", "lexical", "--json", *how
    )
    assert linked["tagger"] == model
    document = output("annotate", str(note), "--linker", "lexical", *how)
    told = [(m["text"], round(m["score"], 4)) for m in document["mentions"]]
    assert told == [(m.text, round(m.score, 4)) for m in wanted]


def test_tagger_alone_is_asked_for_the_types_of_the_corpus(model, tmp_path) -> None:
    corpus = tmp_path / "dev.pubtator"
    tagger = TaggerDetector.load(model)
    command = ["evaluate", "mentions", "--corpus", str(corpus), "--detector", "tagger", "--json"]
    for gold in ("GeneOrGeneProduct", "Disease"):
        corpus.write_text(CORPUS.replace("Chemical", gold))
        wanted = [each for each in tagger.types if each in {"Disease", entity_type(gold)}]
        found = output(*command, "--tagger", model)
        assert found["types"] == wanted
        assert found["n_predicted"] == len(tagger.of_types(wanted).detect(TEXT))
        assert "pipeline" not in found
    corpus.write_text(CORPUS.replace("Chemical", "Device").replace("Disease", "Device"))
    refused = CliRunner().invoke(app, [*command, "--tagger", model])
    assert refused.exit_code == 2
    assert "the corpus has Device; the tagger finds" in refused.output.replace("\n", " ")


def test_wrong_detector_is_told(kb, model, tmp_path) -> None:
    corpus = tmp_path / "dev.pubtator"
    corpus.write_text(CORPUS)
    command = ["evaluate", "mentions", "--corpus", str(corpus), "--kb", kb]
    for given, message in (
        (["--detector", "taggr"], "Did you mean 'tagger'"),
        (["--tagger", model, "--detector", "dictionary"], "has no model"),
        (["--detector", "tagger", "--tagger", "nonesuch"], "no tagger 'nonesuch'"),
    ):
        result = CliRunner().invoke(app, [*command, *given])
        assert result.exit_code == 2 and message in result.output.replace("\n", " ")
