"""``biotk evaluate partial-kb``: several parts at once, as if each were alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tiny import build_tiny
from tiny_calibration import made_calibration
from tiny_generator import tiny_generator
from tiny_tagger import write_tagger
from typer.testing import CliRunner

from biotk.cli import app
from biotk.cli.evaluate_corpus import annotated_by
from biotk.cli.evaluate_partial_kb import _CALLED, _linked
from biotk.components.parts import PartFinder
from biotk.document import Document, Link, Mention
from biotk.io import write_documents
from biotk.kb import open_kb, read_subset
from biotk.linking import Query
from biotk.linking.calibration import Calibration
from biotk.linking.parts import LinkersOfParts
from biotk.linking.registry import LinkerOptions, make_linker
from biotk.linking.remembering import RememberingLinker
from biotk.training.kb_parts import random_halves

GOLD = {
    "Heart failure": "MESH:D006333",
    "kidney cancer": "MESH:D007680",
    "fever": "MESH:D005334",
    "aspirin": "MESH:D001241",
    "Lasix": "MESH:D005665",
    "IL-2": "HGNC:6001",
    "yeti disease": None,
}
TYPES = {"aspirin": "Chemical", "Lasix": "Chemical", "IL-2": "Gene"}


def note(number: int) -> Document:
    text, mentions = "", []
    for step in range(4):
        name = list(GOLD)[(number + step) % len(GOLD)]
        text += f"Note {number}: "
        span = ((len(text), len(text) + len(name)),)
        link = Link(GOLD[name], route="gold")
        mentions.append(Mention(span, name, TYPES.get(name, "Disease"), (link,)))
        text += f"{name}, acetylsalicylic acids and nephropathy. "
    return Document(f"n{number}", text, tuple(mentions))


NOTES = [note(number) for number in range(14)]


@pytest.fixture(scope="module")
def kb_path(tmp_path_factory):
    return build_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture(scope="module")
def kb(kb_path):
    return open_kb(kb_path)


@pytest.fixture(scope="module")
def tagger(tmp_path_factory):
    return write_tagger(tmp_path_factory.mktemp("models") / "tagger", spread=3)


@pytest.fixture(scope="module")
def calibration(tmp_path_factory):
    path = tmp_path_factory.mktemp("calibration") / "calibration.json"
    path.write_text(made_calibration().to_json())
    return path


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "dev.jsonl"
    write_documents(NOTES, path)
    return path


def parts_of(kb):
    """Halves, one type, and a part of one concept, whose type the tagger does not seek else."""
    return [
        *random_halves(kb, 2, seed=3),
        kb.subset(types=["Chemical"]),
        kb.subset(ids=["HGNC:6001"]),
        kb.subset(),
    ]


@pytest.mark.parametrize("detector", ["dictionary", "tagger", "both", None])
@pytest.mark.parametrize("pipeline", ["literature", "clinical"])
def test_parts_are_read_as_if_each_were_alone(kb, tagger, pipeline, detector):
    model = None if detector == "dictionary" else str(tagger)
    finder = PartFinder(pipeline, kb, detector=detector, tagger=model)
    alone = detector or {"literature": "tagger", "clinical": "both"}[pipeline]
    several = []
    for part in parts_of(kb):
        found = finder.find(NOTES, part)
        slow = annotated_by(
            pipeline, str(kb.path), NOTES, linked=False, subset=part, detector=alone, tagger=model
        )
        assert found == slow
        several.append([[m.spans for m in document.mentions] for document in found])
    assert several[0] != several[2], "these parts have something else to be found"


def test_model_reads_each_text_once_for_all_parts(kb, tagger, monkeypatch):
    from biotk.nn.tagger import TaggerModel

    read: list[str] = []
    label = TaggerModel.label
    monkeypatch.setattr(
        TaggerModel, "label", lambda model, texts: read.extend(texts) or label(model, texts)
    )
    finder = PartFinder("literature", kb, detector="both", tagger=str(tagger))
    for part in parts_of(kb):
        finder.find(NOTES, part)
    assert sorted(read) == sorted(document.text for document in NOTES)


@pytest.mark.parametrize("linker", ["lexical", "cascade"])
def test_linkers_of_parts_share_the_whole_and_answer_as_if_alone(kb, linker):
    options = LinkerOptions(model=None if linker == "lexical" else tiny_generator())
    made_with = {"linker": linker} if linker == "lexical" else {"linker": linker, "model": "tiny"}
    fitted = made_calibration(**made_with)
    if linker == "cascade":
        options = replace(options, model=replace(tiny_generator(), name="tiny"))
    options = replace(options, nil="calibrated", calibration=fitted)
    linkers = LinkersOfParts(linker, kb, options=options, remember=True)
    for part in parts_of(kb):
        fast = linkers.of(part)
        slow = make_linker(linker, kb, subset=part, options=options)
        of_both = [_linked(each, NOTES) for each in (fast, slow)]
        assert of_both[0] == of_both[1]
        assert list(of_both[0]) == list(_CALLED.values())


def test_remembered_links_are_the_linkers_own(kb):
    slow, asked = make_linker("lexical", kb), []

    class Counted:
        kb = slow.kb

        def link_batch(self, queries, *, exhaustive=False):
            asked.extend(queries)
            return slow.link_batch(queries, exhaustive=exhaustive)

    remembered = RememberingLinker(Counted())
    queries = [Query("fever"), Query("cold"), Query("fever"), Query("colds", "Chemical")]
    for exhaustive in (False, True, False):
        found = remembered.link_batch(queries, exhaustive=exhaustive)
        assert found == slow.link_batch(queries, exhaustive=exhaustive)
    assert remembered.link("fever") == slow.link("fever")
    assert len(asked) == 6, "each query once, exhaustively and not"


def run(*arguments: object):
    return CliRunner().invoke(app, [str(each) for each in arguments])


@pytest.fixture
def how(corpus, kb_path, calibration):
    return ["evaluate", "partial-kb", "--corpus", corpus, "--kb", kb_path, "--linker", "lexical",
            "--calibration", calibration, "--detector", "dictionary", "--json"]  # fmt: skip


def test_each_drawn_part_can_be_looked_at_and_run_alone(how, kb, calibration, tmp_path):
    assert Calibration.read(calibration).thresholds
    folder = tmp_path / "parts"
    done = run(*how, "--random-halves", 3, "--seed", 7, "--write-parts", folder)
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"part-{number:02}.subset" for number in (1, 2, 3)
    ]
    halves = random_halves(kb, 3, seed=7)
    for number, part in enumerate(report["parts"], 1):
        path = folder / f"part-{number:02}.subset"
        assert read_subset(kb, path) == halves[number - 1]
        assert part["concepts"] == len(halves[number - 1]) == report["concepts"][number - 1]
        one = json.loads(run(*how, "--subset", path).stdout)
        for called in _CALLED.values():
            assert one[called] == part[called]
    for called in _CALLED.values():
        for figure in ("precision", "recall", "f1", "mention_f1"):
            mean = sum(part[called][figure] for part in report["parts"]) / 3
            assert report[called][figure] == pytest.approx(mean)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("mean over 3 parts: F1 direct ")
    assert f"calibrated {report['calibrated']['f1']:.3f}" in last
    other = json.loads(run(*how, "--random-halves", 3, "--seed", 8).stdout)
    assert other["parts"][0]["fingerprint"] != report["parts"][0]["fingerprint"]


def test_types_and_branches_are_parts(how, kb):
    report = json.loads(run(*how, "--by-type").stdout)
    assert [part["name"] for part in report["parts"]] == ["Chemical", "Disease", "Gene"]
    assert report["n_gold"] == [
        sum(GOLD[m.text] is not None and m.type == own for d in NOTES for m in d.mentions)
        for own in ("Chemical", "Disease", "Gene")
    ]
    branches = json.loads(run(*how, "--same-type", "Disease").stdout)
    names = {part["name"] for part in branches["parts"]}
    assert "MESH:D006331 Heart Diseases" in names


@pytest.mark.parametrize(
    ("further", "message"),
    [
        ([], "name one part"),
        (["--random-halves", "2", "--by-type"], "name one part"),
        (["--by-type", "--complement"], "--complement is of a part that is named"),
        (["--same-type", "Diseas"], "Did you mean 'Disease'"),
        (["--types", "Chemicals"], "Did you mean 'Chemical'"),
        (["--same-type", "Gene"], "no branch of Gene"),
    ],
)
def test_parts_that_cannot_be_made_are_told(how, further, message):
    done = run(*how, *further)
    assert done.exit_code == 2 and message in done.stderr


def test_table_leaves_out_what_was_told_part_by_part(how):
    done = run(*how[:-1], "--random-halves", 2)
    assert done.exit_code == 0 and "half 2" in done.stderr and "parts" not in done.stdout.split()
