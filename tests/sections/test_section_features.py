"""What is counted for all lines at once is what loops over lines count."""

from __future__ import annotations

import numpy as np
import pytest
from biotk.sections.characters import Characters
from hypothesis import given
from hypothesis import strategies as st

from biotk.sections import candidates as module
from biotk.sections.features import N_CANDIDATE, N_LINE, section_features, text_features
from biotk.sections.titles import CATEGORIES, category_of, is_part

TEXTS = [
    "Seen today.\n\n  PLAN: Rest, fluids.\nHISTORY OF PRESENT ILLNESS The man coughs.\n-----\n",
    "",
    "1. Past Medical Hx/Allergies (old):\n\t2 drugs;\n## HEENT\n心电图：正常\n",
    "😀 Unusual letters: yes\nÄRZTLICHE NOTIZ: nein",
]


def slow(text: str) -> list[list[float]]:
    """What is told of each candidate, by loops."""
    lines = list(module_lines(text))
    rows = []
    for k, (line, blank) in enumerate(lines):
        some = module.candidates(text, line)
        before = text[lines[k - 1][0].end - 1] if k else ""
        n = len(lines)
        for number, c in enumerate(some):
            title = text[c.start : c.end]
            letters = max(1, sum(ch.isalpha() for ch in title))
            upper = sum(ch.isupper() for ch in title) / letters
            rest = text[c.body] if c.body < line.end else ""
            rows.append([
                not rest, min(len(title.split()) / 8, 1.5), len(title) / 60, upper, upper == 1,
                None, title[0].isupper(), any(ch.isdigit() for ch in title), "," in title,
                "/" in title or "(" in title, rest.isupper(), rest.islower(), rest.isdigit(),
                min((line.end - c.body) / 200, 2), number / len(some),
                blank and k > 0, k + 1 < n and lines[k + 1][1], line.start > line.outer, k == 0,
                k + 1 == n, before == ".",
                before == ":", before in (",", ";"), k / n, *known(title, c.ends),
            ])  # fmt: skip
    return rows


def known(title: str, ends: int) -> tuple[bool, bool]:
    if not ends & (module.COLON | module.CLOSER | module.DASH):
        return False, False
    return category_of(title) is not None, is_part(title)


def module_lines(text: str):
    from biotk.text.lines import split_lines

    blank = False
    for line in split_lines(text):
        parting = line.end == line.start or module.is_rule(text, line)
        if not parting:
            yield line, blank
        blank = parting


def test_text_features_of_candidates_are_those_of_loops() -> None:
    found = text_features(TEXTS)
    rows = [row for text in TEXTS for row in slow(text)]
    assert found.candidate.shape == (len(rows), N_CANDIDATE)
    for told, row in zip(found.candidate.tolist(), rows):
        for column, (is_told, wanted) in enumerate(zip(told, row)):
            if wanted is not None:
                assert is_told == pytest.approx(float(wanted), abs=1e-6), column


def test_text_features_know_titles_in_title_case() -> None:
    def told(line: str) -> float:
        return float(text_features([line]).candidate[0, 5])

    assert told("Past Medical History: no") == 1.0
    assert told("Past medical history: no") == 0.0
    assert told("past Medical History: no") == 0.0
    assert told("PMH: no") == 0.0


def test_text_features_do_not_hang_on_the_texts_around() -> None:
    together = text_features(TEXTS)
    assert together.n_lines == [3, 0, 4, 2]
    at = found = 0
    for text, lines, candidates in zip(TEXTS, together.n_lines, together.n_found):
        alone = text_features([text])
        np.testing.assert_array_equal(alone.line, together.line[at : at + lines])
        np.testing.assert_array_equal(
            alone.candidate, together.candidate[found : found + candidates]
        )
        at, found = at + lines, found + candidates
        assert alone.line.shape == (lines, N_LINE)


@given(st.lists(st.text(max_size=30), max_size=4), st.integers(0, 20), st.integers(0, 20))
def test_characters_count_as_python_does(texts: list[str], start: int, size: int) -> None:
    joined = "\n".join(texts) + "\n"
    characters = Characters(texts)
    start = min(start, len(joined))
    stretch = "".join(c for c in joined)[start : start + size]
    if any(ord(c) > 0x3000 for c in stretch):
        return  # kinds beyond are told roughly
    ends = np.array([start]), np.array([min(start + size, len(joined))])
    assert characters.count("upper", *ends)[0] == sum(c.isupper() for c in stretch)
    assert characters.count("digit", *ends)[0] == sum(c.isdigit() for c in stretch)
    assert characters.count("letter", *ends)[0] == sum(c.isalpha() for c in stretch)
    assert characters.count("comma", *ends)[0] == stretch.count(",")


def test_section_features_tell_layout_and_read_titles_and_bodies() -> None:
    text = "Hi.\nPLAN:\nrest"
    found = section_features([(text, [(0, 0, 0, 4), (4, 8, 10, 14)]), (text, [(4, 8, 10, 14)])])
    assert found.n_sections == [2, 1]
    assert found.titles == ["", "PLAN", "PLAN"]
    np.testing.assert_allclose(found.section[0, :8], [0, 4 / 500, 0, 0, 1, 0, 0, 0])
    np.testing.assert_allclose(found.section[1, :8], [1, 4 / 500, 0, 0.5, 0, 1, 0, 0.1])
    assert found.section[0, 8:].sum() == 0
    assert found.section[1, 8 + CATEGORIES.index("plan")] == found.section[1, 8:].sum() == 1
    assert found.bodies[1] == found.bodies[2] != found.bodies[0]
