"""What is counted for all lines at once is what loops over lines count."""

from __future__ import annotations

import numpy as np

from biotk.sections import candidates as module
from biotk.sections.features import (
    N_CANDIDATE,
    N_LINE,
    section_features,
    text_features,
)
from biotk.sections.titles import CATEGORIES, category_of, is_part

TEXTS = [
    "Seen today.\n\n  PLAN: Rest, fluids.\nHISTORY OF PRESENT ILLNESS The man coughs.\n-----\n",
    "",
    "1. Past Medical Hx/Allergies (old):\n\t2 drugs;\n## HEENT\n心电图：正常\n",
    "😀 Unusual letters: yes\nÄRZTLICHE NOTIZ: nein",
]
AWKWARD = [
    "PLAN:\r\nRest,\r\n\r\n\tFLUIDS\tTwo litres;\r\n \t \r\n"
    "**Diet OFF:** none\x0cLabs - Na 138\u2028x",
    "A    B: two\n__ Odd Start __ x\nDIET Off:x\nDiet Of Him:\n"
    "Diet of Him: x\nEXAM\nÉtat Général: bon",
    "=" * 300 + " PLAN\n" + "Я́ЗВА ЖЕЛУДКА: да\n診断：肺炎\n٣ Αξιολόγηση: καλά\n\ud800 Lone: x",
    "\n\n-----\n\nPlan - rest\n=====\n\n",
    "Long " * 60 + "PLAN: x",
    "Plan: " + "x" * 1_000_000,
    "No end\nV",
]
_LAST = {".": (1, 0, 0), ":": (0, 1, 0), ",": (0, 0, 1), ";": (0, 0, 1)}


def slow(text: str) -> list[list[float]]:
    """What is told of each candidate, by loops."""
    lines = list(module_lines(text))
    rows = []
    for k, (line, blank) in enumerate(lines):
        some = module.candidates(text, line.start, line.end)
        before = text[lines[k - 1][0].end - 1] if k else ""
        n = len(lines)
        for number, c in enumerate(some):
            title = text[c.start : c.end]
            # A blank at its beginning, as behind "__ ", counts as a word.
            words = len(title.split()) + title[0].isspace()
            letters = max(1, sum(ch.isalpha() for ch in title))
            upper = sum(ch.isupper() for ch in title) / letters
            rest = text[c.body] if c.body < line.end else ""
            rows.append([
                not rest, min(words / 8, 1.5), len(title) / 60, upper, upper == 1,
                is_titled(text, c), title[0].isupper(), any(ch.isdigit() for ch in title),
                "," in title,
                "/" in title or "(" in title, rest.isupper(), rest.islower(), rest.isdigit(),
                min((line.end - c.body) / 200, 2), number / len(some),
                blank and k > 0, k + 1 < n and lines[k + 1][1], line.start > line.outer, k == 0,
                k + 1 == n, before == ".",
                before == ":", before in (",", ";"), k / n, *known(title, c.ends),
            ])  # fmt: skip
    return rows


def is_titled(text: str, candidate: module.Candidate) -> bool:
    """Whether its words of more than three letters, and its first word, begin with capitals."""
    start, end = candidate.start, candidate.end
    begins = [
        at for at in range(start + 1, end) if text[at - 1].isspace() and not text[at].isspace()
    ]
    long = [
        at for at in begins if len(text[at : at + 4]) == 4 and len(text[at : at + 4].split()) == 1
        and not text[at + 3].isspace()
    ]  # fmt: skip
    first_is_long = end - start > 3 and not any(at < start + 5 for at in begins)
    return (first_is_long or bool(long)) and all(text[at].isupper() for at in [start, *long])


def slow_lines(text: str) -> list[list[float]]:
    """What is told of each line, by loops."""
    lines = list(module_lines(text))
    rows = []
    for k, (line, blank) in enumerate(lines):
        head = text[line.start : min(line.end, line.start + 160)]
        rows.append([
            min((line.end - line.start) / 100, 3), *_LAST.get(text[line.end - 1], (0, 0, 0)),
            head[0].islower(), sum(c.isupper() for c in head) / len(head),
            sum(c.isdigit() for c in head) / len(head), blank and k > 0,
            k + 1 < len(lines) and lines[k + 1][1], line.start > line.outer, k == 0,
            head.count(":") > 0, k / len(lines),
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
        parting = line.end == line.start or module.is_rule(text, line.start, line.end)
        if not parting:
            yield line, blank
        blank = parting


def test_text_features_are_those_of_loops() -> None:
    texts = TEXTS + AWKWARD
    found = text_features(texts)
    rows = [row for text in texts for row in slow(text)]
    assert found.candidate.shape == (len(rows), N_CANDIDATE)
    np.testing.assert_allclose(found.candidate, np.array(rows, float), atol=1e-6)
    rows = [row for text in texts for row in slow_lines(text)]
    assert found.line.shape == (len(rows), N_LINE)
    np.testing.assert_allclose(found.line, np.array(rows, float), atol=1e-6)
    assert found.n_lines == [len(list(module_lines(text))) for text in texts]


def test_text_features_tell_where_lines_and_candidates_stand() -> None:
    texts = TEXTS + AWKWARD
    found = text_features(texts)
    places = [
        (line.outer, c.start, c.end, c.body)
        for text in texts
        for line, _ in module_lines(text)
        for c in module.candidates(text, line.start, line.end)
    ]
    assert np.concatenate((found.outer[found.at, None], found.found), 1).tolist() == [
        list(place) for place in places
    ]
    assert found.first.tolist() == [n for n, at in enumerate(found.at) if at not in found.at[:n]]
    assert sum(found.n_found) == len(places)


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


def test_section_features_tell_layout_and_read_titles_and_bodies() -> None:
    text = "Hi.\nPLAN:\nrest"
    found = section_features([(text, [(0, 0, 0, 4), (4, 8, 10, 14)]), (text, [(4, 8, 10, 14)])])
    assert found.n_sections == [2, 1]
    assert found.titles == ["", "PLAN", "PLAN"]
    np.testing.assert_allclose(found.section[0, :8], [0, 4 / 500, 0, 0, 1, 0, 0, 0])
    np.testing.assert_allclose(found.section[1, :8], [1, 4 / 500, 0, 0.5, 0, 1, 0, 0.1])
    assert found.section[0, 8:].sum() == 0
    assert found.section[1, 8 + CATEGORIES.index("plan")] == found.section[1, 8:].sum() == 1
    bodies = np.split(found.bodies.rows, found.bodies.starts[1:])
    assert bodies[1].tolist() == bodies[2].tolist() != bodies[0].tolist()
