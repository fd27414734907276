"""Mentions of the tagger: exact places, types, overlaps; both detectors together."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import open_tiny
from tiny_tagger import WordModel, write_tagger

from biotk.detection import BothDetector, Detector, DictionaryDetector, TaggerDetector
from biotk.detection.tagger import best_of_overlapping, tagger_place, without_dose
from biotk.document import Mention
from biotk.errors import InputError, UnknownNameError

TEXT = "Fever, (IL-2), kidney cancer \u2013 and gout."


@pytest.fixture(scope="module")
def model():
    return WordModel(
        Disease={"Fever": 0.9, "kidney cancer": 0.8, "gout": 0.6},
        Chemical={"IL-2": 0.7},
        Gene={"IL-2": 0.95, "kidney": 0.7, "\u2013": 0.9},
    )


def found(mentions) -> list[tuple[str, str]]:
    for mention in mentions:
        assert TEXT[mention.start : mention.end] == mention.text
    return [(mention.text, mention.type) for mention in mentions]


def test_of_types_that_overlap_the_surer_stays(model) -> None:
    mentions = TaggerDetector(model).detect(TEXT)
    assert found(mentions) == [
        ("Fever", "Disease"), ("IL-2", "Gene"), ("kidney cancer", "Disease"), ("gout", "Disease"),
    ]  # fmt: skip
    assert [round(m.score, 2) for m in mentions] == [0.9, 0.95, 0.8, 0.6]


def test_all_types_are_kept_if_asked_for_and_marks_alone_are_none(model) -> None:
    assert found(TaggerDetector(model, overlaps="all").detect(TEXT)) == [
        ("Fever", "Disease"), ("IL-2", "Chemical"), ("IL-2", "Gene"), ("kidney", "Gene"),
        ("kidney cancer", "Disease"), ("gout", "Disease"),
    ]  # fmt: skip


def test_types_and_threshold_leave_out(model) -> None:
    detector = TaggerDetector(model, types=["Chemical", "Disease"], threshold=0.65)
    assert found(detector.detect(TEXT)) == [
        ("Fever", "Disease"), ("IL-2", "Chemical"), ("kidney cancer", "Disease"),
    ]  # fmt: skip
    assert found(detector.of_types(["Chemical"]).detect(TEXT)) == [("IL-2", "Chemical")]


@pytest.mark.parametrize("text", ["", " \n", "!?; (\u2013)", "\u200b"])
def test_text_without_a_word_has_no_mention(model, text) -> None:
    assert TaggerDetector(model).detect(text) == ()


def test_wrong_options_are_told(model) -> None:
    with pytest.raises(UnknownNameError, match="Chemical, Disease, Gene"):
        TaggerDetector(model, types=["Drug"])
    with pytest.raises(InputError, match="0 to 1"):
        TaggerDetector(model, threshold=2)
    with pytest.raises(InputError, match="no tagger 'nonesuch'"):
        tagger_place("nonesuch")


def test_surest_of_overlapping_is_that_of_trying_one_after_the_other() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        starts = rng.integers(0, 20, 8)
        mentions = [
            Mention(((int(a), int(a) + int(n)),), "x", "T", score=float(s))
            for a, n, s in zip(starts, rng.integers(1, 6, 8), rng.integers(1, 4, 8) / 4)
        ]
        slow: list[Mention] = []
        for each in sorted(mentions, key=lambda m: (-m.score, m.start - m.end, m.start)):
            if all(each.end <= other.start or other.end <= each.start for other in slow):
                slow.append(each)
        assert best_of_overlapping(mentions) == sorted(slow, key=lambda m: m.start)


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory):
    return DictionaryDetector(open_tiny(tmp_path_factory.mktemp("kb")))


def test_both_add_names_where_the_tagger_finds_nothing(model, dictionary) -> None:
    text = "Fever, heart failure and kidney cancers"
    tagger = TaggerDetector(WordModel(Disease={"Fever": 0.9, "cancers": 0.85}))
    both = BothDetector(tagger, dictionary)
    got = [(m.text, m.score is not None) for m in both.detect(text)]
    assert got == [("Fever", True), ("heart failure", False), ("cancers", True)]
    every = BothDetector(tagger, dictionary, overlaps="all").detect(text)
    assert [m.text for m in every].count("Fever") == 1
    assert {"kidney cancers", "cancers"} <= {m.text for m in every}


def test_both_prefer_a_longer_name_to_a_part_that_the_tagger_is_not_sure_of(dictionary) -> None:
    text = "Fever, heart failure and kidney cancers"

    def found(**words) -> list[str]:
        tagger = TaggerDetector(WordModel(**words))
        return [m.text for m in BothDetector(tagger, dictionary).detect(text)]

    assert found(Disease={"cancers": 0.7}) == ["Fever", "heart failure", "kidney cancers"]
    assert found(Chemical={"cancers": 0.7}) == ["Fever", "heart failure", "cancers"]
    assert found(Disease={"Fever": 0.6, "heart": 0.9}) == ["Fever", "heart", "kidney cancers"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """:returns: a model with random weights, which finds all kinds of things."""
    return TaggerDetector.load(write_tagger(tmp_path_factory.mktemp("m") / "model", spread=3))


@pytest.fixture(params=["dictionary", "tagger", "both", "both-all"])
def detector(request, dictionary, trained) -> Detector:
    return {
        "dictionary": dictionary, "tagger": trained, "both": BothDetector(trained, dictionary),
        "both-all": BothDetector(trained, dictionary, overlaps="all"),
    }[request.param]  # fmt: skip


def test_detectors_conform(detector) -> None:
    texts = [
        TEXT,
        "",
        TEXT * 8,
        "\u7cd6\u5c3f\u75c5\u3068\u71b1\u3002 Fi\u00e8vre \U0001f912 fever",
        "...",
        "fever",
    ]
    assert isinstance(detector, Detector)
    together = detector.detect_batch(texts)
    assert any(together)
    for text, mentions in zip(texts, together, strict=True):
        alone = detector.detect(text)
        assert [(m.spans, m.type) for m in mentions] == [(m.spans, m.type) for m in alone]
        assert list(mentions) == sorted(mentions, key=lambda m: (m.start, m.end, m.type))
        for mention in mentions:
            assert text[mention.start : mention.end] == mention.text
            assert mention.score is None or 0 <= mention.score <= 1
    assert detector.detect_batch([]) == []


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("lisinopril 20 mg daily", 13, "lisinopril"),
        ("Carvedilol 12.5 mg", 13, "Carvedilol"),
        ("insulin 10 units", 10, "insulin"),
        ("potassium 40 mEq", 12, "potassium"),
        ("carbon 14 was", 9, "carbon 14"),
        ("IL 2 levels", 4, "IL 2"),
        ("lisinopril20 mg", 12, "lisinopril20"),
    ],
)
def test_dose_is_no_part_of_a_name(text, end, expected) -> None:
    assert text[: without_dose(text, 0, end)] == expected


def test_lists_and_doses_are_read_as_they_stand_in_notes() -> None:
    tagger = TaggerDetector.load("biotk-tagger", types=["Disease", "Chemical"])
    lists = ("Gout\nHypertension\nCOPD", "- fever\n- cough\n- rash", "fever\tcough\trash",
             "1. Asthma\n2. Gout\n3. Hypertension")  # fmt: skip
    for text in lists:
        names = [each.strip("-123. ") for each in text.replace("\t", "\n").split("\n")]
        assert [m.text for m in tagger.detect(text)] == names
    text = "MEDICATIONS: lisinopril 20 mg daily, Carvedilol 12.5 mg twice a day."
    assert [m.text for m in tagger.detect(text)] == ["lisinopril", "Carvedilol"]
