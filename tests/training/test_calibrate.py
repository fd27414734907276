"""Calibrations fitted to a linker's answers, and the command that does so."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tiny import build_tiny
from typer.testing import CliRunner

from biotk.cli import app
from biotk.document import Document, Link, Mention
from biotk.errors import InputError, UnknownNameError
from biotk.io import write_documents
from biotk.kb import open_kb
from biotk.linking.calibration import NIL, OTHER, RIGHT, Calibration
from biotk.linking.registry import LinkerOptions, make_linker, sharing
from biotk.training.calibrate import (
    Answers,
    PartAnswers,
    asked_of,
    best_threshold,
    calibration_figures,
    fit_calibration,
    joined,
)
from biotk.training.kb_parts import (
    random_halves,
    random_parts,
    same_type_branches,
    typed_parts,
)

NAMES = {
    "heart failure": "MESH:D006333",
    "kidney cancers": "MESH:D007680",
    "pyrexia": "MESH:D005334",
    "coughs": "MESH:D003371",
    "lasix": "MESH:D005665",
    "acetylsalicylic acids": "MESH:D001241",
    "diabetes": "MESH:D003920",
    "colds": "MESH:D000001",
    "heart weakness": "MESH:D006333",
    "yeti disease": None,
}


def note(number: int) -> Document:
    names = [list(NAMES)[(number + step) % len(NAMES)] for step in range(3)]
    text, mentions = "", []
    for name in names:
        text += "He has "
        span = ((len(text), len(text) + len(name)),)
        mentions.append(Mention(span, name, "Disease", (Link(NAMES[name], route="gold"),)))
        text += f"{name}. "
    return Document(f"n{number}", text, tuple(mentions))


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return build_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture(scope="module")
def kb(kb_path):
    return open_kb(kb_path)


@pytest.fixture(scope="module")
def notes():
    return [note(number) for number in range(120)]


@pytest.fixture(scope="module")
def answers(kb, notes):
    options = sharing("lexical", LinkerOptions())
    made = PartAnswers(
        kb,
        asked_of(kb, notes),
        lambda part: make_linker("lexical", kb, subset=part, options=options),
    )
    views = {"kb": [made.of(None)["kb"]]}
    for part in random_halves(kb, 6, seed=3):
        for view, own in made.of(part).items():
            views.setdefault(view, []).append(own)
    return {view: joined(each) for view, each in views.items()}


def test_outcomes_are_what_the_gold_says_in_the_part(kb, notes):
    part = kb.subset(ids=["MESH:D006333", "MESH:D003371"])
    options = sharing("lexical", LinkerOptions())
    made = PartAnswers(
        kb,
        asked_of(kb, notes[:10]),
        lambda part: make_linker("lexical", kb, subset=part, options=options),
    )
    own = made.of(part)["whole"]
    direct = make_linker("lexical", kb, subset=part, options=options)
    at = 0
    for each in notes[:10]:
        for mention in each.mentions:
            (gold,) = [link.concept_id for link in mention.links]
            best = direct.candidates(mention.text, type="Disease")
            if gold not in ("MESH:D006333", "MESH:D003371"):
                expected = NIL
            else:
                expected = RIGHT if best and best[0].concept_id == gold else OTHER
            assert own.outcomes[at] == expected
            at += 1
    assert at == len(own.outcomes) and set(own.outcomes.tolist()) >= {RIGHT, NIL}


def test_fitted_calibration_is_right_about_itself(kb, answers):
    lines: list[str] = []
    fitted = fit_calibration(answers, made_with={"linker": "lexical"}, say=lines.append)
    assert [line.split(":")[0] for line in lines] == ["whole", "part", "kb"]
    for view in ("whole", "part"):
        figures = calibration_figures(fitted.calibration, answers[view], view=view, coverage=0.9)
        assert figures["ece"] < 0.1 and figures["nil"]["f1"] > 0.8
        assert figures["coverage_at_90"] > 0.85 and 1 <= figures["mean_set_size"] < 4


def test_threshold_is_the_one_with_the_highest_f1(answers):
    own = answers["part"]
    n_gold = (own.outcomes != NIL).sum()

    def f1(least):
        said = own.scores >= least
        return 2 * (said & (own.outcomes == RIGHT)).sum() / (said.sum() + n_gold)

    assert f1(best_threshold(own)) == max(map(f1, np.unique(own.scores)))


def test_mentions_of_ids_that_the_kb_does_not_have_are_left_out(kb):
    text = "gout"
    known = Mention(((0, 4),), text, "Disease", (Link("MESH:D005334", route="gold"),))
    renumbered = Mention(((0, 4),), text, "Disease", (Link("MESH:D777777", route="gold"),))
    unlinked = Mention(((0, 4),), text, "Disease")
    documents = [Document("a", text, (each,)) for each in (known, renumbered, unlinked)]
    assert len(asked_of(kb, documents)) == 1
    # What a detector finds there is left out too; what it finds elsewhere is NIL.
    found = [Document("a", text, (Mention(((0, 3),), "gou", "Disease"), unlinked))] * 3
    asked = asked_of(kb, documents, found)
    assert [each.query.text for each in asked] == ["gout", "gou", "gout", "gou", "gou"]
    assert [len(each.gold) for each in asked] == [1, 0, 1, 0, 0]


def test_too_few_mentions_are_told(answers):
    few = {view: Answers(*(part[:5] for part in own)) for view, own in answers.items()}
    with pytest.raises(InputError, match="too few to calibrate"):
        fit_calibration(few, made_with={})


def test_random_parts_depend_on_the_seed_alone_and_part_the_gold(kb, notes):
    gold = [each.gold for each in asked_of(kb, notes) if each.gold]
    parts = random_parts(kb, gold, 8, seed=1)
    assert parts == random_parts(kb, gold, 8, seed=1) != random_parts(kb, gold, 8, seed=2)
    for part in parts[1::2]:
        inside = sum(any(idx in part for idx in each) for each in gold)
        assert 0 < inside < len(gold)


def test_branches_of_one_type_stay_within_it(kb, notes):
    gold = [each.gold for each in asked_of(kb, notes) if each.gold]
    branches = same_type_branches(kb, gold, 5, type="Disease", seed=0)
    typed = kb.subset(types=["Disease"])
    assert branches and all(part.subset <= typed for part in branches)
    for part in branches:
        root = part.name.split()[0]
        assert part.subset == kb.subset(branch=[root]) & typed
        assert kb.preferred_name(kb.index_of(root)) in part.name
    assert branches == same_type_branches(kb, gold, 5, type="Disease", seed=0)
    few = [part.name for part in same_type_branches(kb, gold, 1, type="Disease", seed=0)]
    assert len(few) == 1 and few[0] in [part.name for part in branches]
    with pytest.raises(UnknownNameError, match="Did you mean 'Disease'"):
        same_type_branches(kb, gold, 5, type="Diseases", seed=0)


def test_typed_parts_are_the_types_that_mentions_have(kb, notes):
    gold = [each.gold for each in asked_of(kb, notes) if each.gold]
    parts = typed_parts(kb, gold)
    assert [part.name for part in parts] == ["Chemical", "Disease"]
    assert [part.subset for part in parts] == [kb.subset(types=[part.name]) for part in parts]
    (il2,) = kb.resolve("HGNC:6001")
    assert len(typed_parts(kb, [*gold, [il2]])) == 2, "one gene among hundreds makes no figure"
    assert [part.name for part in typed_parts(kb, [*gold, *([[il2]] * 40)])][-1] == "Gene"


def test_commands_fit_measure_and_use_a_calibration(kb_path, tmp_path):
    corpus, out = tmp_path / "dev.jsonl", tmp_path / "calibration.json"
    notes = [note(number) for number in range(240)]
    write_documents(notes, corpus)

    def run(*arguments) -> str:
        result = CliRunner().invoke(app, [str(each) for each in arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    how = ("--corpus", corpus, "--kb", kb_path, "--linker", "lexical")
    told = run("calibrate", *how, "--pipeline", "none", "--parts", 4, "-o", out)
    assert told.strip() == str(out)
    made_with = Calibration.read(out).made_with
    assert (made_with["linker"], made_with["half"], made_with["parts"]) == ("lexical", "tuning", 4)
    for picture in ("reliability", "risk"):
        assert "<polyline" in out.with_suffix(f".{picture}.svg").read_text()

    report = json.loads(
        run("evaluate", "calibration", *how, "--calibration", out, "--parts", 2,
            "--half", "reported", "--json")
    )  # fmt: skip
    assert {"ece", "brier", "auroc", "coverage_at_95", "mean_set_size"} <= report.keys()
    assert report["nil"]["f1"] > 0.7 and report["part"]["n"] == report["n"] > 100

    ids = tmp_path / "ids.txt"
    ids.write_text("MESH:D006333\nMESH:D005334\n")
    part = ("--subset-ids", ids, "--calibration", out, "--detector", "dictionary", "--json")
    partial = json.loads(run("evaluate", "partial-kb", *how, *part))
    rest = json.loads(run("evaluate", "partial-kb", *how, *part, "--complement"))
    for name in ("direct", "threshold", "prune", "mass", "calibrated", "calibrated_part"):
        assert {"precision", "recall", "f1", "mention_f1"} == partial[name].keys()
    assert partial["concepts"] == [2] and rest["concepts"] == [13]
    assert partial["n_gold"][0] + rest["n_gold"][0] == sum(
        NAMES[m.text] is not None for d in notes for m in d.mentions
    )
    halves = json.loads(run("evaluate", "partial-kb", *how, *part[2:], "--random-halves", 3))
    assert halves["n_parts"] == 3

    link = json.loads(
        run("link", "pyrexia", "--kb", kb_path, "--linker", "lexical", "--ids", "MESH:D005334",
            "--calibration", out, "--json")
    )  # fmt: skip
    assert link["concept_id"] == "MESH:D005334" and 0.5 < link["probability"] <= 1
    assert len(link["sets"]["levels"]) == len(link["candidates"]) + 1


def test_command_asks_for_one_part(kb_path, tmp_path, notes):
    corpus = tmp_path / "dev.jsonl"
    write_documents(notes[:10], corpus)
    how = ["evaluate", "partial-kb", "--corpus", str(corpus), "--kb", str(kb_path)]
    for further in ([], ["--random-halves", "2", "--ids", "MESH:D005334"]):
        result = CliRunner().invoke(app, [*how, *further])
        assert result.exit_code == 2 and "name one part" in result.stderr
