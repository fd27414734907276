from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import open_tiny
from tiny_tagger import WordModel

from biotk.detection import DictionaryDetector, NameGuard, TaggerDetector
from biotk.detection.dictionary import _clauses
from biotk.errors import KbMismatchError
from biotk.kb import KbBuilder, open_kb
from biotk.text.abbreviations import find_abbreviations
from biotk.text.normalize import plural_key
from biotk.types import Concept


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


@pytest.fixture(scope="module")
def detector(kb):
    return DictionaryDetector(kb)


def found(detector, text):
    mentions = detector.detect(text, abbreviations=find_abbreviations(text))
    return [(text[m.start : m.end], m.type) for m in mentions]


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        ("DOB: 3/4/1950", False),
        ("Smith, DOB 03/04/1950, fever", False),
        ("DOB #: x", False),
        ("took DOB 2 mg", True),
        ("took DOB.", True),
    ],
)
def test_label_of_a_field_is_no_name(tmp_path, text, is_name):
    builder = KbBuilder("x")
    builder.add([Concept("X:1", "brolamfetamine", ("DOB",), ("Chemical",))])
    kb = open_kb(builder.write(tmp_path / "x"))
    assert ("DOB" in [m.text for m in DictionaryDetector(kb).detect(text)]) == is_name
    tagger = TaggerDetector(WordModel(Chemical={"DOB": 0.9}))
    assert ("DOB" in [m.text for m in tagger.detect(text)]) == is_name


def test_longest_name_wins(detector):
    assert found(detector, "He has congestive heart failures and a fever.") == [
        ("congestive heart failures", "Disease"),
        ("fever", "Disease"),
    ]


def test_all_overlaps_on_request(kb):
    detector = DictionaryDetector(kb, overlaps="all")
    text = "congestive heart failure"
    assert [m.text for m in detector.detect(text)] == ["congestive heart failure", "heart failure"]


@pytest.mark.parametrize(
    "text",
    [
        "heart. Failure",
        "heart.,failure",
        "heart, failure",
        "heart\n\nfailure",
        "heart (failure",
        "heart: failure",
    ],
)
def test_name_does_not_go_on_over_the_end_of_a_clause(detector, text):
    assert found(detector, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Diabetes mellitus, type 2.", ["Diabetes mellitus, type 2"]),
        ("Diabetes mellitus, type 2, cough", ["Diabetes mellitus, type 2", "cough"]),
        ("diabetes mellitus, type 2 errors", ["diabetes mellitus"]),
        ("heart, failure", []),
    ],
)
def test_name_goes_on_over_a_comma_only_where_it_has_one(detector, text, expected):
    assert [t for t, _ in found(detector, text)] == expected


@pytest.mark.parametrize("text", ["heart\nfailure", "heart-failure", "heart  failure"])
def test_name_goes_on_over_a_line_break_and_a_hyphen(detector, text):
    assert found(detector, text) == [(text, "Disease")]


def test_gene_symbol_needs_its_capitals(detector):
    assert found(detector, "The cat had CAT activity.") == [("CAT", "Gene")]
    assert found(detector, "CATS ARE SLEEPING IN THE CAT HOUSE") == []


def test_heading_of_a_section_is_no_mention(tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "Hypersensitivity", ("Allergy",), ("Disease",))])
    detector = DictionaryDetector(open_kb(builder.write(tmp_path / "x")))
    assert found(detector, "ALLERGIES: penicillin") == []
    assert found(detector, "He has allergies.") == [("allergies", "Disease")]


def test_acronyms_stand_in_a_line_of_acronyms(tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "Lung disease", ("COPD",)), Concept("A:2", "y", ("CHF",))])
    detector = DictionaryDetector(open_kb(builder.write(tmp_path / "x")))
    assert [t for t, _ in found(detector, "PMH: COPD, CHF.")] == ["COPD", "CHF"]


def test_short_form_follows_its_long_form(detector):
    text = "Kidney cancer (KC) and a home telephone (CAT) rang. KC; CAT."
    assert [t for t, _ in found(detector, text)] == ["Kidney cancer", "KC", "CAT", "KC", "CAT"]
    # "home telephone" cannot be CAT's long form, so CAT stays the gene; this one can:
    text = "Computed axial tomography (CAT) was done. CAT again."
    assert found(detector, text) == []


def test_short_form_follows_the_head_of_its_long_form(detector):
    text = "Drug-resistant fever (DRF) came. DRF left. A fever clinic (FC) opened. FC closed."
    assert [t for t, _ in found(detector, text)] == ["fever", "DRF", "DRF", "fever"]


def test_subset_limits_what_is_sought(kb):
    detector = DictionaryDetector(kb, subset=kb.subset(types=["Chemical"]))
    assert found(detector, "fever, aspirin") == [("aspirin", "Chemical")]


def test_subset_of_another_kb_is_refused(kb, tmp_path):
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "one")])
    with pytest.raises(KbMismatchError):
        DictionaryDetector(kb, subset=open_kb(builder.write(tmp_path / "x")).subset())


@pytest.mark.parametrize("text", ["", " ", "...", "日本語 𝒳", "5 mg"])
def test_text_without_names_has_none(detector, text):
    assert found(detector, text) == []


WORDS = "heart failure congestive cough fever kidney cancer il 2 il2 IL-2 and of cardiac".split()
WORDS += ["diabetes mellitus", "type 2"]


def slow_matches(kb, text):
    """Every run of words of every clause, looked up on its own: the oracle."""
    keys = kb.keys("plural")
    spans = set()
    for clause in _clauses(text):
        for first in range(len(clause)):
            for last in range(first, len(clause)):
                start, end = clause[first].start, clause[last].end
                names = [kb.name(int(row)) for row in keys.rows(plural_key(text[start:end]))]
                if ", " in text[start:end]:
                    rest = text[end : clause[-1].end].lstrip()
                    names = [n for n in names if "," in n and (not rest or rest[0] == ",")]
                if names:
                    spans.add((start, end))
    return spans


@given(st.lists(st.sampled_from([*WORDS, ", ", ". ", "\n\n", "-", "é", "𝒳"]), max_size=14))
@settings(max_examples=150, deadline=None)
def test_all_matches_equal_brute_force(kb, parts):
    text = " ".join(parts)
    guard = NameGuard(min_chars=0, acronym_chars=0, words=frozenset())
    detector = DictionaryDetector(kb, guard=guard, overlaps="all")
    assert {(m.start, m.end) for m in detector.detect(text)} == slow_matches(kb, text)


@given(st.lists(st.sampled_from(WORDS), max_size=14))
@settings(max_examples=60, deadline=None)
def test_longest_matches_never_overlap(detector, parts):
    mentions = detector.detect(" ".join(parts))
    assert all(a.end <= b.start for a, b in pairwise(mentions))


@pytest.mark.parametrize(
    ("surface", "name", "accepted"),
    [
        ("was", "WAS", False),
        ("Was", "WAS", False),
        ("WAS", "WAS", False),
        ("IMPACT", "IMPACT", True),
        ("impact", "IMPACT", False),
        ("ice", "ice", False),
        ("fever", "Fever", True),
        ("x", "X", False),
        ("12", "12", False),
        ("9 mg", "9 Mg", False),
        ("a 10", "A 10", False),
        ("A 10", "A 10", False),
        ("A 23187", "A 23187", True),
        ("DVTs", "DVT", True),
        ("dvts", "DVT", False),
        ("pre", "Pres", False),
        ("burns", "Burn", True),
        ("PSA", "Psa", False),
        ("as leaven", "AS LEAVEN", False),
        ("vitamin d", "VITAMIN D", True),
        ("hypertension", "HYPERTENSION", True),
    ],
)
def test_guard_rules(surface, name, accepted):
    shouting = surface == "WAS"
    assert NameGuard().accepts(surface, name, shouting=shouting) is accepted
