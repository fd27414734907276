"""A section model: its folder, what it finds, and what it does with odd texts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from biotk.errors import InputError, UnknownNameError
from biotk.sections import model as module
from biotk.sections.features import text_features
from biotk.sections.hashing import title_rows
from biotk.sections.loading import load_segmenter
from biotk.sections.model import (
    CONFIG,
    WEIGHTS,
    SectionConfig,
    SectionModel,
    best_titles,
    write_model,
)
from biotk.sections.network import SHAPES, Networks, TitleVectors, windows
from biotk.sections.segmenter import SectionSegmenter
from biotk.sections.titles import category_of

NOTE = "Seen today.\r\nPLAN: Rest.\r\nHISTORY The man coughs.\r\n\r\n## Labs\r\nNa: 138\r\n"


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    drawn = {
        name: rng.normal(0, 0.3, shape).astype(np.float16).astype(np.float32)
        for name, shape in SHAPES.items()
    }
    # So that about half of the candidates are titles.
    scores = Networks(drawn).line_scores(text_features([NOTE]))
    bias = np.float16(drawn["title.bias"] - np.median(scores))
    drawn["title.bias"] = np.asarray(bias, np.float32)
    return drawn


@pytest.fixture(scope="module")
def folder(weights: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("model")
    write_model(place, weights, SectionConfig(unknown_below=0.2))
    return place


def test_model_is_read_as_it_was_written(folder: Path, weights: dict[str, np.ndarray]) -> None:
    loaded = SectionModel.load(folder)
    assert loaded.config == SectionConfig(unknown_below=0.2)
    assert all(np.array_equal(loaded.weights[name], weights[name]) for name in SHAPES)
    assert (folder / WEIGHTS).stat().st_size < 5e6


def test_headings_are_those_of_a_loop_over_lines(
    weights: dict[str, np.ndarray],
) -> None:
    found = SectionModel(weights, SectionConfig()).headings([NOTE])[0]
    features = text_features([NOTE])
    scores = Networks(weights).line_scores(features)
    expected = []
    for n, outer in enumerate(features.outer.tolist()):
        some = [(float(s), c) for s, c, at in zip(scores, features.found, features.at) if at == n]
        if some and sum(np.exp(s) for s, _ in some) > 1:
            best = max(some, key=lambda each: each[0])[1]
            expected.append((outer, *best[:2].tolist()))
    assert [(h.start, h.title_start, h.title_end) for h in found] == expected
    assert 0 < len(expected) < len(features.outer)


def test_vectors_of_titles_are_means_of_their_rows(weights: dict[str, np.ndarray]) -> None:
    table = weights["pieces"]
    titles = ["PLAN", "", "Family history", "family  HISTORY", "PLAN", "Έλεγχος", "a/b & c"]
    found = TitleVectors(table)
    assert found.of([]).shape == (0, table.shape[1])
    for some in (titles[:2], titles):
        expected = [table[list(title_rows(title))].mean(0) for title in some]
        np.testing.assert_allclose(found.of(some), expected, atol=1e-6)


def test_best_titles_take_the_first_of_the_best_of_each_line() -> None:
    features = text_features(["", "PLAN: Rest\nHE **IS** Well - so\n", "x"])
    at = features.at
    assert features.n_found[0] == 0
    scores = np.where(np.arange(len(at)) % 2 == 0, 1.0, 2.0).astype(np.float32)
    scores[at == at[-1]] = -9.0
    found = best_titles(features, scores)
    assert [len(titles) for titles in found] == [0, 2, 0]
    for title, line in zip(found[1], np.unique(at)):
        rows = [n for n in range(len(at)) if at[n] == line]
        best = max(rows, key=lambda n: (scores[n], -n))
        assert title == (features.outer[line], *features.found[best])
    assert best_titles(features, np.full(len(at), -9.0, np.float32)) == [[], [], []]


def test_headings_do_not_hang_on_the_batch(
    weights: dict[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = SectionModel(weights, SectionConfig())
    texts = [NOTE, "", "\n \n", "No heading at all here", NOTE * 3, "心电图：\n正常\n"]
    together = model.headings(texts)
    assert together == [model.headings([text])[0] for text in texts]
    monkeypatch.setattr(module, "_BATCH_CHARACTERS", 30)
    assert model.headings(texts) == together


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "\n", "\r\n\r\n", "x" * 1_000_000, "PLAN:\n" * 2000, "\tPLAN:\tRest\t\n",
        "Αξιολόγηση: καλά\nПЛАН: покой\n診断：肺炎\n", "a\u2028PLAN: b\x0cLABS: c",
        ":\n::\n#\n**\n",
        "PLAN: " + "word " * 100_000,
    ],
)  # fmt: skip
def test_segmenter_tiles_any_text(weights: dict[str, np.ndarray], text: str) -> None:
    sections = SectionSegmenter(SectionModel(weights, SectionConfig())).segment(text)
    assert "".join(text[s.start : s.end] for s in sections) == text
    assert all(s.start <= s.title_start <= s.title_end <= s.end for s in sections)


def test_long_lines_are_not_read_to_their_end(weights: dict[str, np.ndarray]) -> None:
    model = SectionModel(weights, SectionConfig())
    short = "PLAN: " + "rest " * 400
    assert model.headings([short + "x" * 500_000]) == model.headings([short + "y" * 500_000])


def test_where_the_model_is_not_sure_rules_name_the_title_and_the_whole_its_parts(
    weights: dict[str, np.ndarray],
) -> None:
    bold = SectionModel(weights, SectionConfig(unknown_below=0.0)).headings([NOTE])[0]
    shy = SectionModel(weights, SectionConfig(unknown_below=1.1)).headings([NOTE])[0]
    assert [h[:3] for h in bold] == [h[:3] for h in shy]
    assert all(h.category is not None for h in bold)
    whole = None
    for heading in shy:
        known = category_of(NOTE[heading.title_start : heading.title_end])
        assert heading.category == (known or (whole if heading.is_part else None))
        whole = whole if heading.is_part else heading.category
    assert SectionModel(weights, SectionConfig(1.1)).categorise(["He coughs."]) == [None]
    assert len(SectionModel(weights, SectionConfig()).categorise(["He coughs.", ""])) == 2


def test_windows_stay_within_their_text() -> None:
    assert windows([2, 1], 1).tolist() == [[3, 0, 1], [0, 1, 3], [3, 2, 3]]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda facts: facts.update(format="other"), "not a section model"),
        (lambda facts: facts.update(version=99), "version 99"),
        (lambda facts: facts.update(categories=["plan"]), "its categories are not those"),
        (lambda facts: facts.update(unknown_below="high"), "unknown_below is 'high'"),
        (lambda facts: facts.pop("unknown_below"), "unknown_below is None"),
    ],
)
def test_load_refuses_another_model(folder: Path, tmp_path: Path, change, told: str) -> None:
    facts = json.loads((folder / CONFIG).read_text())
    change(facts)
    (tmp_path / CONFIG).write_text(json.dumps(facts))
    (tmp_path / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes())
    with pytest.raises(InputError, match=told):
        SectionModel.load(tmp_path)


def test_load_refuses_damaged_weights(
    folder: Path, weights: dict[str, np.ndarray], tmp_path: Path
) -> None:
    (tmp_path / CONFIG).write_text((folder / CONFIG).read_text())
    with pytest.raises(InputError, match="not readable as safetensors"):
        SectionModel.load(tmp_path)
    (tmp_path / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-100])
    with pytest.raises(InputError, match="not readable as safetensors"):
        SectionModel.load(tmp_path)
    broken = {**weights, "title.weight": np.full(SHAPES["title.weight"], np.nan, np.float32)}
    write_model(tmp_path, broken, SectionConfig())
    with pytest.raises(InputError, match=r"title\.weight holds numbers that are not finite"):
        SectionModel.load(tmp_path)
    (tmp_path / CONFIG).write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        SectionModel.load(tmp_path)


def test_load_segmenter_knows_rules_folders_and_names(folder: Path) -> None:
    assert load_segmenter("rules").segment("PLAN: Rest.")[0].source == "rules"
    assert isinstance(load_segmenter(folder).finder, SectionModel)
    with pytest.raises(UnknownNameError, match="section model"):
        load_segmenter("biotk-section")
