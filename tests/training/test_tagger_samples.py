"""Labels of units: what a corpus says, and nothing of what it does not annotate."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import numpy as np
import pytest
from tiny_tagger import tiny_tagger_form

from biotk.document import Document, Mention, span_text
from biotk.errors import InputError
from biotk.nn.tagger_format import recased
from biotk.training.tagger_samples import (
    BEGIN,
    INSIDE,
    OUTSIDE,
    UNKNOWN,
    TaggerSamples,
    labels_of,
    with_types,
)

FORM = tiny_tagger_form()
TYPES = ("Disease", "Chemical")
TEXT = "breast and ovarian cancer, IL-2 hypertension"
O, B, I, X = OUTSIDE, BEGIN, INSIDE, UNKNOWN  # noqa: E741


def mention(*spans, type_="D") -> Mention:
    return Mention(spans, span_text(TEXT, spans), type_)


def column(mentions, *, type_="Disease", names=None, unreached=None) -> list[int]:
    units, names = FORM.units_of(TEXT), names or {"D": "Disease"}
    labels = labels_of(mentions, units, types=TYPES, names=names, unreached=unreached)
    assert labels.shape == (9, 2)
    return labels[:, TYPES.index(type_)].tolist()


def test_units_of_a_mention_begin_and_go_on() -> None:
    assert column([mention((11, 25)), mention((27, 31))]) == [O, O, B, I, O, B, I, I, O]


def test_type_that_a_corpus_does_not_annotate_is_unknown() -> None:
    assert column([mention((11, 25))], type_="Chemical") == [X] * 9
    assert column([], names={"D": "Disease", "C": "Chemical"}, type_="Chemical") == [O] * 9
    assert column([mention((11, 25), type_="Other")]) == [O] * 9


def test_of_mentions_within_one_another_the_longest_counts() -> None:
    assert column([mention((19, 25)), mention((11, 25))]) == [O, O, B, I, O, O, O, O, O]


def test_types_may_overlap() -> None:
    names = {"D": "Disease", "C": "Chemical"}
    both = [mention((27, 31)), mention((27, 29), type_="C")]
    assert column(both, names=names) == [O, O, O, O, O, B, I, I, O]
    assert column(both, names=names, type_="Chemical") == [O, O, O, O, O, B, O, O, O]


def test_what_units_cannot_tell_is_unknown_and_counted() -> None:
    unreached = Counter()
    parts = [mention((0, 6), (19, 25)), mention((37, 44))]
    assert column(parts, unreached=unreached) == [X, X, X, X, O, O, O, O, X]
    assert unreached == {"several parts": 1, "within a unit": 1}
    # What is known goes before what is not.
    assert column([*parts, mention((19, 25))])[:4] == [X, X, X, B]


def samples(**options) -> TaggerSamples:
    documents = [
        Document("a", TEXT * 3, (mention((11, 25)),)),
        Document("b", "  "),
        Document("c", "no fever", ()),
    ]
    given = {"short": 0.0, "recase": 0.0, "window": 30} | options
    return TaggerSamples(documents, form=FORM, types=TYPES, names={"D": "Disease"}, **given)


def test_same_seed_draws_the_same_samples_and_another_others() -> None:
    def drawn(seed: int) -> list:
        stream = samples().stream(np.random.default_rng(seed))
        return [(s.piece.window, s.labels.tolist()) for s in islice(stream, 30)]

    assert drawn(1) == drawn(1) != drawn(2)


def test_windows_fit_and_all_units_come() -> None:
    seen = set()
    for sample in islice(samples(short=0.5).stream(np.random.default_rng(0)), 300):
        assert 0 < sample.piece.length <= 30
        assert len(sample.labels) == sample.piece.window.end - sample.piece.window.start
        seen |= {
            (sample.piece.text, unit)
            for unit in range(sample.piece.window.start, sample.piece.window.end)
        }
    assert seen == {(0, unit) for unit in range(25)} | {(1, 0), (1, 1)}


def test_mention_that_is_cut_off_in_front_is_unknown() -> None:
    cut = whole = 0
    for sample in islice(samples(window=24).stream(np.random.default_rng(0)), 400):
        labels = sample.labels[:, 0].tolist()
        if sample.piece.text == 0 and sample.piece.window.start == 3:
            assert labels[0] == UNKNOWN and INSIDE not in labels
            cut += 1
        whole += BEGIN in labels
        assert not labels or labels[0] != INSIDE
    assert cut and whole


def test_windows_are_read_in_other_cases_too() -> None:
    kinds = Counter()
    plain = FORM.units_of(TEXT * 3).shapes
    for sample in islice(samples(recase=0.4).stream(np.random.default_rng(0)), 200):
        if sample.piece.text:
            continue
        shapes = sample.piece.units.shapes
        for name, want in (
            ("plain", plain),
            ("capitals", recased(plain, capitals=True)),
            ("small", recased(plain, capitals=False)),
        ):
            kinds[name] += bool((shapes == want).all())
    assert kinds["capitals"] > kinds["small"] > 0 < kinds["plain"]


def test_reach_is_the_share_of_mentions_that_units_tell() -> None:
    documents = [Document("a", TEXT, (mention((11, 25)), mention((37, 44))))]
    found = TaggerSamples(documents, form=FORM, types=TYPES, names={"D": "Disease"}, window=30)
    assert (found.n_mentions, found.reach) == (2, 0.5)


def test_nothing_to_draw_is_told() -> None:
    with pytest.raises(InputError, match="no document with a text"):
        TaggerSamples([Document("b", " ")], form=FORM, types=TYPES, names={}, window=30)


def test_documents_come_down_to_the_types_that_are_known() -> None:
    document = Document("a", TEXT, (mention((11, 25)), mention((27, 31), type_="Other")))
    (kept,) = with_types(document, {"D": "Disease"}).mentions
    assert (kept.type, kept.spans) == ("Disease", ((11, 25),))
