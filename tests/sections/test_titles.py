"""What titles are about, by rules."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.sections.titles import (
    CATEGORIES,
    category_of,
    expressions,
    is_part,
    normal_title,
)


@pytest.mark.parametrize(
    ("title", "category"),
    [
        ("CHIEF COMPLAINT:", "chief_complaint"),
        ("HPI", "history_of_present_illness"),
        ("History of Present Illness", "history_of_present_illness"),
        ("PAST MEDICAL AND SURGICAL HISTORY", "past_medical_history"),
        ("Past Surgical Hx", "past_surgical_history"),
        ("DISCHARGE MEDICATIONS", "medications"),
        ("ALLERGIES TO MEDICATIONS", "allergies"),
        ("Family and Social History", "family_history"),
        ("ROS", "review_of_systems"),
        ("Vital Signs", "vital_signs"),
        ("MENTAL STATUS EXAMINATION", "physical_exam"),
        ("LABORATORY DATA", "labs"),
        ("INDICATIONS FOR PROCEDURE", "indication"),
        ("DESCRIPTION OF PROCEDURE", "procedure"),
        ("ESTIMATED BLOOD LOSS", "operative_details"),
        ("OPERATIVE FINDINGS", "findings"),
        ("POSTOPERATIVE DIAGNOSES", "diagnosis"),
        ("IMPRESSION", "assessment"),
        ("A/P", "assessment_and_plan"),
        ("IMPRESSION AND PLAN", "assessment_and_plan"),
        ("EMERGENCY DEPARTMENT COURSE", "hospital_course"),
        ("CONDITION ON DISCHARGE", "disposition"),
        ("DISCHARGE SUMMARY", "administrative"),
        ("SUMMARY", "assessment"),
        ("Progress Note", "administrative"),
        ("PROGRESS", "hospital_course"),
        ("OPERATIVE NOTE", "procedure"),
        ("WHAT THE DOG SAW", None),
        ("HEENT", None),
        ("", None),
    ],
)
def test_category_of_names_titles_by_their_first_words(title: str, category: str | None) -> None:
    assert category_of(title) == category


def slow_category(title: str) -> str | None:
    """The category of the expression that matches first, each tried at each word."""
    words = normal_title(title)
    if is_part(title):
        return None
    for start in (found.start() for found in re.finditer(r"\w+", words)):
        for category, some in expressions():
            if any(re.compile(rf"(?:{each})(?!\w)").match(words, start) for each in some):
                return category
    return None


WORDS = sorted(
    {word for _, some in expressions() for each in some for word in re.findall("[a-z]+", each)}
)


@given(st.lists(st.sampled_from([*WORDS, "dog", "3", "état"]), max_size=4).map(" ".join))
def test_category_of_is_that_of_the_expression_that_matches_first(title: str) -> None:
    assert category_of(title) == slow_category(title)


def test_is_part_knows_organ_systems_and_no_sections() -> None:
    assert all(map(is_part, ("HEENT", "Lungs:", "HEAD AND NECK", "Genitourinary", "Skin")))
    assert not any(map(is_part, ("ALLERGIES", "PLAN", "VITAL SIGNS", "", "The lungs are clear")))


def test_normal_title_is_words_in_lower_case() -> None:
    assert normal_title("Past  Medical & Surgical Hx:") == "past medical and surgical hx"


def test_titles_file_holds_every_category_and_only_those() -> None:
    lines = files("biotk.sections").joinpath("titles.txt").read_text("utf-8").splitlines()
    named = {line[1:-1] for line in lines if line.startswith("[")}
    assert named == set(CATEGORIES)
    patterns = [line for line in lines if line and line[0] not in "[#"]
    assert all(re.compile(pattern) for pattern in patterns)
    # One that matches nothing would name every title that is not otherwise known.
    assert not any(re.search(rf"(?<!\w)(?:{p})(?!\w)", "zzz") for p in patterns)
