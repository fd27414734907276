from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.text.abbreviations import find_abbreviations, is_short_form


def pairs(text):
    return {(a.short, a.long) for a in find_abbreviations(text)}


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("Heart failure (HF) was seen.", "HF", "Heart failure"),
        ("angiotensin converting enzyme inhibitors (ACEIs)", "ACEIs",
         "angiotensin converting enzyme inhibitors"),
        ("glucose-6-phosphate dehydrogenase (G6PD)", "G6PD", "glucose-6-phosphate dehydrogenase"),
        ("G6PD (glucose-6-phosphate dehydrogenase) is", "G6PD",
         "glucose-6-phosphate dehydrogenase"),
        ("an ejection fraction (EF, 20%) of", "EF", "ejection fraction"),
        ("methotrexate [MTX] was", "MTX", "methotrexate"),
        ("a congestive cardiac insufficiency (CCI)", "CCI", "congestive cardiac insufficiency"),
        ("pain of the lower back (PLB)", "PLB", "pain of the lower back"),
        ("premature ventricular contractions (PVCs)", "PVCs", "premature ventricular contractions"),
        ("non-steroidal anti-inflammatory drugs (NSAIDs)", "NSAIDs",
         "non-steroidal anti-inflammatory drugs"),
    ],
)  # fmt: skip
def test_definition_is_found(text, short, long):
    assert pairs(text) == {(short, long)}


@pytest.mark.parametrize(
    "text",
    [
        "patients (n = 20) were seen",
        "given twice (oral)",
        "as shown (see Table 2)",
        "the control group (CG7X) was",
        "Fever. (HF)",
        "",
        "(",
        "()",
        "( )",
    ],
)
def test_brackets_that_define_nothing_give_nothing(text):
    assert pairs(text) == set()


def test_every_later_use_is_found_and_plural_ones_too():
    text = "Transient ischemic attack (TIA) is brief. TIAs recur; a TIA passes. TIAX no."
    uses = [(a.start, a.end) for a in find_abbreviations(text)]
    assert [text[s:e] for s, e in uses] == ["TIA", "TIA", "TIA"]
    assert text[uses[1][0] : uses[1][1] + 1] == "TIAs"


def test_second_definition_holds_from_there_on():
    text = "Atrial fibrillation (AF) came. AF stayed. Amniotic fluid (AF) was clear. AF went."
    assert [a.long for a in find_abbreviations(text)] == [
        "Atrial fibrillation",
        "Atrial fibrillation",
        "Amniotic fluid",
        "Amniotic fluid",
    ]


def test_short_form_needs_a_capital():
    assert is_short_form("TNF-α")
    assert not is_short_form("mice")
    assert not is_short_form("X")


@given(st.text(alphabet="aAbB ()[],.;-\n İß𝒳", max_size=60))
def test_offsets_are_right_on_any_text(text):
    for a in find_abbreviations(text):
        assert text[a.start : a.end] == a.short
        assert text[a.long_start : a.long_end] == a.long
