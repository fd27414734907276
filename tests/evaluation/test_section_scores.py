from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from biotk.document import Document, Section
from biotk.errors import InputError
from biotk.evaluation import score_sections
from biotk.evaluation.section_counts import line_labels, text_lines, window_diff

NOTE = "Seen today.\n\nPLAN: Rest.\nWalk.\nDIET:\nSalt-free.\n  # Labs\nNormal.\n"


def document(*sections, text=NOTE, name="d1", **meta):
    """Make a document of (title, category): each opens with its line, the first with the text."""
    made, starts = [], []
    for title, category in sections:
        title_start = text.index(title)
        start = text.rfind("\n", 0, title_start) + 1 if title else 0
        starts.append(start)
        made.append(Section(start, 0, title_start, title_start + len(title), category))
    ends = [*starts[1:], len(text)]
    tiled = tuple(replace(s, end=end) for s, end in zip(made, ends, strict=True))
    return Document(name, text, sections=tiled, meta=meta)


GOLD = document(("", None), ("PLAN", "plan"), ("DIET", "instructions"), ("Labs", "labs"))


def score(*pairs, **options):
    return score_sections(pairs, resamples=20, **options)


def prf(figures):
    return (figures.precision, figures.recall, figures.f1)


def test_perfect_prediction_scores_one():
    scores = score((GOLD, GOLD))
    assert (scores.n_documents, scores.n_sections, scores.n_predicted) == (1, 4, 4)
    assert (scores.line_accuracy, scores.window_diff) == (1.0, 0.0)
    assert prf(scores.boundary) == prf(scores.title) == (1.0, 1.0, 1.0)
    assert (scores.category.accuracy, scores.category.macro_f1, scores.category.n) == (1.0, 1.0, 3)
    assert scores.by_format == {}
    assert scores.unseen is None


def test_figures_by_hand():
    predicted = document(
        ("", None), ("PLAN", "plan"), ("Walk", None), ("DIET", "plan")
    )  # Labs is missed, "Walk" is no heading
    scores = score((GOLD, predicted))
    assert prf(scores.boundary) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    # 7 lines with text; "Walk." is taken for a heading alone, "# Labs" for text.
    assert scores.line_accuracy == pytest.approx(5 / 7)
    # 7 lines, 4 segments: windows of 1. They disagree where Walk begins and where Labs does.
    assert scores.window_diff == pytest.approx(2 / 6)
    assert (scores.category.n, scores.category.accuracy) == (2, 0.5)
    # plan: one right of two predicted; instructions: never.
    assert scores.category.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert scores.category.by_category["plan"].n == 1


def test_title_needs_its_whole_span_and_a_boundary_does_not():
    predicted = document(("", None), ("PLAN: Rest", "plan"), ("DIET", None), ("Labs", None))
    scores = score((GOLD, predicted))
    assert prf(scores.boundary) == (1.0, 1.0, 1.0)
    assert prf(scores.title) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    # Behind "PLAN: Rest" only a full stop is left, so that the heading is held to be alone.
    assert scores.line_accuracy == pytest.approx(6 / 7)


def test_blank_lines_before_a_heading_may_belong_to_either_section():
    early = list(GOLD.sections)
    early[0] = replace(early[0], end=11)
    early[1] = replace(early[1], start=11)
    assert score((GOLD, replace(GOLD, sections=tuple(early)))).boundary.f1 == 1.0


def test_marks_before_a_title_belong_to_its_section():
    late = list(GOLD.sections)
    late[3] = replace(late[3], start=late[3].title_start)
    assert prf(score((GOLD, replace(GOLD, sections=tuple(late)))).boundary) == pytest.approx(
        (2 / 3, 2 / 3, 2 / 3)
    )


def test_note_without_headings():
    plain = document(("", None))
    scores = score((plain, plain))
    assert prf(scores.boundary) == (0.0, 0.0, 0.0)  # nothing to count
    assert (scores.line_accuracy, scores.window_diff, scores.category.n) == (1.0, 0.0, 0)
    scores = score((plain, GOLD))
    assert prf(scores.boundary) == (0.0, 0.0, 0.0)
    assert scores.line_accuracy == pytest.approx(4 / 7)
    # One segment of 7 lines: windows of 4; each of the 3 holds a boundary.
    assert scores.window_diff == 1.0


def test_empty_documents_count_nothing():
    empty = Document("e", "")
    scores = score((empty, empty))
    assert (scores.line_accuracy, scores.window_diff, scores.n_sections) == (0.0, 0.0, 0)
    assert score((GOLD, GOLD), (empty, empty)).line_accuracy == 1.0
    blank = Document("b", " \n\n", sections=(Section(0, 3, 0, 0),))
    assert score((GOLD, GOLD), (blank, blank)).boundary.f1 == 1.0


def test_no_documents_and_wrong_pairs_are_refused():
    with pytest.raises(InputError, match="no documents"):
        score()
    with pytest.raises(InputError, match="text"):
        score((GOLD, replace(GOLD, text="other")))


def test_none_is_a_category():
    gold = document(("PLAN", None), ("DIET", "instructions"), text=NOTE[13:])
    predicted = document(("PLAN", None), ("DIET", None), text=NOTE[13:])
    category = score((gold, predicted)).category
    assert category.accuracy == 0.5
    assert category.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert list(category.by_category) == ["none", "instructions"]


def test_by_format_parts_the_documents():
    bold = replace(GOLD, id="d2", meta={"format": "bold"})
    missed = replace(bold, sections=GOLD.sections[:2])
    plain = replace(GOLD, id="d3", meta={"format": "plain"})
    scores = score((bold, missed), (plain, plain), (GOLD, GOLD))
    assert {name: part.n for name, part in scores.by_format.items()} == {"bold": 3, "plain": 3}
    assert prf(scores.by_format["bold"].boundary) == pytest.approx((1.0, 1 / 3, 0.5))
    assert scores.by_format["plain"].boundary.f1 == 1.0


def test_unseen_counts_the_titles_that_are_not_known():
    predicted = document(("", None), ("PLAN", "plan"), ("Walk", None), ("DIET", None))
    known = {"PLAN", "Walk"}.__contains__
    unseen = score((GOLD, predicted), is_known=known).unseen
    # DIET is found, Labs missed; the wrong "Walk" is a known title.
    assert (unseen.n, prf(unseen.boundary)) == (2, pytest.approx((1.0, 0.5, 2 / 3)))
    unseen = score((GOLD, predicted), is_known={"PLAN"}.__contains__).unseen
    assert prf(unseen.boundary) == pytest.approx((0.5, 0.5, 0.5))
    # A title that was cut goes by gold's.
    cut = document(("", None), ("PLA", None), ("DI", None), ("Labs", None))
    unseen = score((GOLD, cut), is_known=known).unseen
    assert prf(unseen.boundary) == (1.0, 1.0, 1.0)


def body(text, category, name="r", **meta):
    section = Section(0, len(text), 0, 0, category)
    return Document(name, text, sections=(section,), meta={"categories_only": True, **meta})


def test_documents_without_headings_count_for_categories_alone():
    rows = [
        (body("No cough.", "review_of_systems"), body("No cough.", "review_of_systems")),
        (body("Rest.", "plan"), body("Rest.", None)),
    ]
    scores = score(*rows)
    assert scores.boundary is scores.title is scores.window_diff is scores.line_accuracy is None
    assert (scores.category.accuracy, scores.category.macro_f1) == (0.5, 0.5)
    assert set(scores.ci) == {"category.accuracy"}
    mixed = score(*rows, (GOLD, GOLD))
    assert mixed.boundary.f1 == mixed.line_accuracy == 1.0
    assert (mixed.category.n, mixed.category.accuracy) == (5, pytest.approx(4 / 5))


@pytest.mark.parametrize(
    ("got", "accuracy", "counted"),
    [
        ("social_history", 1.0, "social_history"),
        ("family_history", 1.0, "family_history"),
        ("plan", 0.0, "family_history"),
    ],
)
def test_any_of_several_categories_is_right(got, accuracy, counted):
    both = ["family_history", "social_history"]
    gold = body("Mother: asthma.", "family_history", categories=both)
    category = score((gold, body("Mother: asthma.", got))).category
    assert category.accuracy == accuracy
    assert list(category.by_category) == [counted]


def test_to_dict_is_json_with_the_keys_of_the_contract():
    data = score((GOLD, GOLD)).to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["boundary"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert data["category"] == {"accuracy": 1.0, "macro_f1": 1.0}
    assert (data["line_accuracy"], data["window_diff"], data["by_format"]) == (1.0, 0.0, {})
    assert data["ci"]["line_accuracy"] == data["ci"]["boundary"]["f1"] == [1.0, 1.0]
    assert data["ci"]["category"]["accuracy"] == [1.0, 1.0]


def test_intervals_resample_documents():
    wrong = replace(GOLD, id="d2", sections=GOLD.sections[:1])
    pairs = [(GOLD, GOLD), (replace(GOLD, id="d2"), wrong)]
    low, high = score_sections(pairs, resamples=400).ci["boundary.recall"]
    # Both the right one, one of each, both the wrong one.
    assert (low, high) == (0.0, 1.0)
    low, high = score_sections(pairs * 200, resamples=400).ci["boundary.recall"]
    assert 0.4 < low < 0.5 < high < 0.6


# -- Slow oracles -------------------------------------------------------------------------------


def literal_window_diff(gold, predicted):
    """WindowDiff as the paper has it: boundaries stand between units i and i + 1."""
    after_gold, after_predicted = gold[1:], predicted[1:]
    k = max(1, round(len(gold) / (sum(after_gold) + 1) / 2))
    wrong = total = 0
    for at in range(len(gold) - k):
        total += 1
        wrong += sum(after_gold[at : at + k]) != sum(after_predicted[at : at + k])
    return (wrong, total)


def test_window_diff_equals_the_definition():
    rng = random.Random(1)
    for _ in range(500):
        n = rng.randint(0, 30)
        gold, predicted = ([rng.random() < 0.2 for _ in range(n)] for _ in range(2))
        expected = literal_window_diff(gold, predicted) if n > 1 else (0, 0)
        assert tuple(window_diff(gold, predicted)) == expected


def literal_labels(document):
    labels = []
    at = 0
    for line in document.text.splitlines(keepends=True):
        titles = sorted(
            (s.title_start, s.title_end)
            for s in document.sections
            if s.title_start < s.title_end and at <= s.title_start < at + len(line.rstrip())
        )
        if line.strip():
            rest = document.text[titles[0][1] : at + len(line)] if titles else ""
            inline = any(c.isalnum() for c in rest)
            labels.append(("inline" if inline else "heading") if titles else "body")
        at += len(line)
    return labels


def test_labels_and_boundaries_equal_a_literal_count_on_random_documents():
    rng = random.Random(2)

    def some(text):
        sections = []
        for _ in range(rng.randint(0, 6)):
            a, b, c = sorted(rng.randint(0, len(text)) for _ in range(3))
            sections.append(Section(a, len(text), b, c, rng.choice(["plan", "labs", None])))
        return Document("r", text, sections=tuple(sorted(sections, key=lambda s: s.start)))

    for _ in range(400):
        text = "".join(rng.choice("ab :\n\n ") for _ in range(rng.randint(0, 40)))
        gold, predicted = some(text), some(text)
        lines = text_lines(text)
        labels = [line_labels(each, lines) for each in (gold, predicted)]
        assert labels == [literal_labels(gold), literal_labels(predicted)]
        first = []
        for each in (gold, predicted):
            firsts = set()
            for s in each.sections:
                if s.title_start < s.title_end:
                    blank = text[s.start : s.end]
                    stripped = blank.lstrip()
                    firsts.add(s.start + (len(blank) - len(stripped) if stripped else 0))
            first.append(firsts)
        right = len(first[0] & first[1])
        scores = score((gold, predicted))
        assert scores.boundary.precision == pytest.approx(right / len(first[1]) if first[1] else 0)
        assert scores.boundary.recall == pytest.approx(right / len(first[0]) if first[0] else 0)
        assert scores.category.n == right
        same = sum(map(str.__eq__, *labels))
        assert scores.line_accuracy == pytest.approx(same / len(lines) if lines else 0)
