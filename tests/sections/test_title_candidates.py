"""Where a title could stand on a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.sections.candidates import (
    CLOSER,
    COLON,
    WHOLE,
    candidates,
    is_rule,
    slow_candidates,
)
from biotk.sections.formats import FORMATS, Block, render
from biotk.text.lines import split_lines


def titles(text: str) -> list[str]:
    (line,) = split_lines(text)
    return [text[c.start : c.end] for c in candidates(text, line.start, line.end)]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("PLAN: Rest.", "PLAN"),
        ("Past medical history:", "Past medical history"),
        ("HISTORY OF PRESENT ILLNESS This is a man.", "HISTORY OF PRESENT ILLNESS"),
        ("INDICATIONS A 55-year-old man.", "INDICATIONS"),
        ("## Past Medical History", "Past Medical History"),
        ("**Plan:** Rest.", "Plan"),
        ("**Plan**: Rest.", "Plan"),
        ("__Plan__", "Plan"),
        ("<b>PLAN:</b> Rest.", "PLAN"),
        ("[ASSESSMENT]", "ASSESSMENT"),
        ("== Plan ==", "Plan"),
        ("*** PLAN ***", "PLAN"),
        ("3. Social History - None", "Social History"),
        ("IV. PLAN", "PLAN"),
        ("Plan\tRest", "Plan"),
        ("Hemodynamics. Normal.", "Hemodynamics"),
        ("   PLAN   ", "PLAN"),
        ("S: He is well.", "S"),
    ],
)
def test_candidates_hold_the_title(line: str, title: str) -> None:
    assert title in titles(line)


@pytest.mark.parametrize("line", ["----------", "12/03/2008", "He was seen " * 20, "=====", "..."])
def test_candidates_of_what_can_be_no_title_are_none(line: str) -> None:
    assert titles(line) == []


def test_candidates_do_not_reach_over_a_sentence() -> None:
    assert titles("He is well. Last visit: March.") == ["He is well"]
    assert titles("Plan: rest. Diet: salt-free") == ["Plan"]


def test_candidates_of_a_sentence_alone_are_short_ones_without_their_stop() -> None:
    assert titles("Coronary angiography.") == ["Coronary angiography"]
    assert titles("He is very well today.") == titles("**He is very well today.") == []
    assert titles("He is very well today") == ["He is very well today"]


def test_candidates_do_not_end_in_a_time_of_day() -> None:
    assert titles("At 10:30 he left the ward and went to the park with his dog, and came back "
                  "late in the evening") == []  # fmt: skip


def test_candidates_tell_what_ends_them_and_where_the_body_goes_on() -> None:
    text = "2. **PLAN:** Rest."
    (line,) = split_lines(text)
    found = {text[c.start : c.end]: c for c in candidates(text, line.start, line.end)}["PLAN"]
    assert found.ends & COLON
    assert found.ends & CLOSER
    assert text[found.body :] == "Rest."
    text = "# PLAN"
    (line,) = split_lines(text)
    (found,) = candidates(text, line.start, line.end)
    assert (found.ends, found.body) == (WHOLE, len(text))


@pytest.mark.parametrize("name", FORMATS)
def test_candidates_hold_the_headings_of_every_format(name: str) -> None:
    from random import Random

    blocks = [
        Block("PAST MEDICAL HISTORY", ("He has had asthma.", "No surgery."), None, False, True),
        Block("HEENT", ("Clear.",), None, True, True),
    ]
    for seed in range(20):
        document = render("n", blocks, name, rng=Random(seed))
        lines = split_lines(document.text)
        offered = {
            (c.start, c.end)
            for line in lines
            for c in candidates(document.text, line.start, line.end)
        }
        assert {(s.title_start, s.title_end) for s in document.sections} <= offered


@pytest.mark.parametrize(
    "line",
    ["PLAN: Rest.", "PLAN:", "PLAN: ** Rest", "PLAN : Rest", "Past medical history: none", "PLAN:x",
     "AT 10:30 he", "A PLAN B: x", "HEAD AND NECK:Clear", "plan: x", "Plan: - x", "PLAN:  \t Rest",
     "I. PLAN: x", "VERY " * 17 + "LONG: x", "VERY " * 18 + "LONG: x", "PLAN: " + "x" * 200,
     "II PLAN: x", "EXAM CT: x",
     "He is well.", "He is well", "He is . well", "Of 0.5 mg. More", "He  is well.", "He - well.",
     "He is well ]", "He is **", "1. He is well.", "2) PLAN: x", "1.  Plan", "A) PLAN: x",
     "A) PLAN:", "III) PLAN:", "Iv. he", "I", "x", "Was " * 22 + "so",
     "Was " * 23 + "so.", "Was " * 24 + " a.",
     "She" + "e" * 94 + ". X",
     "He\u00a0is.", "He is.\u00a0No", "1. " + "Was " * 21 + "all.", "Ab\tcd",
     "Motor/Gait Exam:  x", "Iv He: x", "Iv/X: x", "EARS, NOSE, MOUTH:  x", "EARS,: x", "A,B: x",
     "MRI " * 22 + "AB:", "MRI " * 22 + "AB: ", "MRI " * 22 + "A: " + " " * 9 + "x",
     "Was " * 22 + "a:", "Was " * 3 + "so:", "Was " * 12 + "so:", "Was " * 4 + "so.",
     "Was " * 3 + "so.",
     "E.R. COURSE: x", "O'BRIEN (OLD): x", "PLAN: strong"],
)  # fmt: skip
def test_candidates_of_plain_headings_are_those_of_the_slow_way(line: str) -> None:
    (only,) = split_lines(line)
    assert candidates(line, only.start, only.end) == slow_candidates(line, only.start, only.end)


@given(
    st.text(alphabet="AbPL :.-*1\t[]#>—<)", max_size=24)
    | st.lists(
        st.sampled_from(["Ab", "PL", "IV", "was", "1. ", "x", ".", " ", ": ", "-", ")", "]", "\t"]),
        max_size=30,
    ).map("".join)
)
def test_candidates_of_any_line_are_those_of_the_slow_way(text: str) -> None:
    for start, stop, _ in split_lines(text):
        if start < stop:
            assert candidates(text, start, stop) == slow_candidates(text, start, stop)


def test_is_rule_knows_lines_that_are_drawn() -> None:
    for text, drawn in (("-----", True), ("= = =", True), ("--a--", False), ("ab", False)):
        (line,) = split_lines(text)
        assert is_rule(text, line.start, line.end) is drawn
