from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from tiny import open_tiny
from tiny_mini import piece, tiny_form

from biotk.document import Document, Link, Mention
from biotk.training.corpus_samples import CorpusSamples, CorpusSampling
from biotk.training.names import KbNames

FORM = tiny_form(window=6, max_mention=40)
TEXT = "A heart attack of hf, then coughs."


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> KbNames:
    return KbNames(open_tiny(tmp_path_factory.mktemp("kb")), FORM)


def mention(text: str, part: str, *ids: str | None, kind: str = "Disease") -> Mention:
    start = text.index(part)
    links = tuple(Link(each, route="gold") for each in ids)
    return Mention(((start, start + len(part)),), part, kind, links)


def samples_of(names, document: Document, **options) -> CorpusSamples:
    sampling = CorpusSampling(**options.pop("sampling", {}))
    return CorpusSamples(names, FORM, [document], sampling, **options)


def pieces(names: KbNames, name: str) -> tuple[int, ...]:
    return tuple(FORM.encode_batch([name])[0])


def drawn(samples: CorpusSamples, n: int = 200) -> list:
    stream = samples.stream(np.random.default_rng(0))
    return [next(stream) for _ in range(n)]


def test_plain_target_is_the_name_most_like_the_mention(names) -> None:
    document = Document("1", "cardiac failures", (mention("cardiac failures", "cardiac failures",
                                                          "D006333"),))  # fmt: skip
    (sample,) = samples_of(names, document).plain()
    assert sample.target.pieces == pieces(names, "Cardiac Failure")
    assert sample.target.hidden == ()


@pytest.mark.parametrize(
    ("targets", "n"), [("nearest", {1}), ("top-3", {3}), ("random", {4}), ("shortest", {1})]
)
def test_targets_are_as_many_names_as_asked_for(names, targets, n) -> None:
    text = "cardiac failures"
    document = Document("1", text, (mention(text, text, "D006333"),))
    sampling = {"targets": targets, "nil": 0.0, "hide_name": 0.0}
    found = Counter(s.target.pieces for s in drawn(samples_of(names, document, sampling=sampling)))
    assert {len(found)} == n
    if targets == "shortest":
        every = [names.pieces(r) for r in names.ranks(names.kb.resolve("D006333")[0])]
        assert len(next(iter(found))) == min(map(len, every))


def test_hidden_names_are_not_right_and_nil_hides_the_concept(names) -> None:
    document = Document("1", "heart failure", (mention("heart failure", "heart failure",
                                                       "D006333"),))  # fmt: skip
    sampling = {"nil": 0.2, "hide_name": 0.4}
    exact = pieces(names, "Heart Failure")
    kinds = Counter()
    for sample in drawn(samples_of(names, document, sampling=sampling), 400):
        target = sample.target
        if not target.pieces:
            kinds["nil"] += 1
            assert set(target.hidden) == set(names.ranks(names.kb.resolve("D006333")[0]))
        elif target.hidden:
            kinds["hidden"] += 1
            assert target.pieces != exact
            assert {names.pieces(rank) for rank in target.hidden} == {exact}
        else:
            assert target.pieces == exact
    assert abs(kinds["nil"] / 400 - 0.2) < 0.07 and abs(kinds["hidden"] / 400 - 0.4) < 0.08


def test_what_teaches_nothing_is_counted(names) -> None:
    text = TEXT
    split = Mention(((2, 7), (18, 20)), "heart hf", "Disease", (Link("D006333"),))
    document = Document(
        "1",
        text,
        (
            mention(text, "heart attack", "D006333", "D005334"),
            split,
            mention(text, "hf", "D888888"),
            mention(text, "then", None),
            mention(text, "coughs", "D003371"),
            mention(text, "A", "D001241", kind="Chemical"),
        ),
    )
    samples = samples_of(names, document, types=["Disease"])
    assert len(samples) == 2
    assert samples.left_out == {
        "composite, discontinuous or not linked": 2,
        "id not in the KB": 1,
    }
    assert [bool(sample.target.pieces) for sample in samples.plain()] == [False, True]
    without = samples_of(names, document, types=["Disease"], nil=False)
    assert len(without) == 1
    assert without.left_out["NIL, which the model does not have"] == 1


def test_mention_that_the_model_cannot_read_is_left_out_before_training(names) -> None:
    text = "Of \u200b\u200b, a heart attack."  # nothing that has a piece
    document = Document(
        "1",
        text,
        (mention(text, "\u200b\u200b", "D006333"), mention(text, "heart attack", "D006333")),
    )
    samples = samples_of(names, document)
    assert len(samples) == 1
    assert samples.left_out == {"blank to the model, or too long for it": 1}
    assert drawn(samples, 5)


def test_abbreviations_are_written_out(names) -> None:
    text = "heart failure (HF) and HF"
    start = text.rindex("HF")
    use = Mention(((start, start + 2),), "HF", "Disease", (Link("D006333"),))
    document = Document("1", text, (use,))
    (sample,) = samples_of(names, document).plain()
    assert sample.input.prefix[1:-1] == pieces(names, "heart failure")
    (sample,) = samples_of(names, document, sampling={"abbreviations": False}).plain()
    assert sample.input.prefix[1:-1] == (piece("h"), piece("##f"))


def test_words_between_mentions_are_nil(names) -> None:
    document = Document("1", TEXT + " Nothing else happened.", (mention(TEXT, "hf", "D006333"),))
    found = drawn(samples_of(names, document, sampling={"outside": 0.5, "nil": 0.0}))
    nil = [each for each in found if not each.target.pieces]
    assert 60 < len(nil) < 140
    said = pieces(names, "happened")
    assert any(each.input.prefix[1:-1] == said for each in nil)
    assert all(each.input.prefix[1:-1] != pieces(names, "hf") for each in nil)
