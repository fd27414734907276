"""Concepts of one name: what separates them, what does not, and that all linkers do it."""

from __future__ import annotations

import math
import random

import pytest
from tiny_generator import tiny_generator
from tiny_vectors import LetterEncoder

from biotk.candidates.learned import LearnedNames
from biotk.document import Candidate
from biotk.kb import KbBuilder, open_kb
from biotk.linking import (
    CascadeConfig,
    CascadeLinker,
    DenseConfig,
    DenseLinker,
    FusedConfig,
    FusedLinker,
    GenerativeConfig,
    GenerativeLinker,
    LexicalLinker,
    Query,
)
from biotk.linking.homonyms import Homonyms
from biotk.text.normalize import plural_key
from biotk.types import Concept

GENES = [
    Concept("G:1", "TBX1", ("TS", "thromboxane synthase 1"), ("Gene",)),
    Concept("G:2", "TYM", ("TS", "thymidylate synthetase", "Tsase"), ("Gene",)),
    Concept("G:3", "CAC1", ("TS", "calcium channel alpha"), ("Gene",)),
    Concept("G:4", "PLCE1", ("PLCE",), ("Gene",)),
    Concept("G:5", "QQL", ("PLCE",), ("Gene",)),
    Concept("D:1", "Tuberous sclerosis", ("TS",), ("Disease",)),
    Concept("P:1", "opioid receptors"),
    Concept("P:2", "glutathione transferases"),
    Concept("M:1", "MU", parents=("P:1",)),
    Concept("M:2", "MU", parents=("P:2",)),
    Concept("W:1", "lump", parents=("W:3",)),
    Concept("W:2", "lumpy swelling", parents=("W:4",)),
    Concept("W:3", "hard lump", ("lump",), parents=("W:2",)),
    Concept("W:4", "swelling of a part", ("lump",)),
    Concept("N:1", "Carcinoma", ("Cancer of glands",), parents=("N:3",)),
    Concept("N:2", "Neoplasms", ("Malignancy",)),
    Concept("N:3", "Neoplasms, Glandular", parents=("N:2",)),
    Concept("X:1", "gout"),
    Concept("X:2", "gout"),
]


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    builder = KbBuilder("homonyms")
    builder.add(GENES)
    return open_kb(builder.write(tmp_path_factory.mktemp("kb") / "x"))


def ask(text: str, passage: str = "", **given) -> Query:
    at = passage.index(text) if passage else 0
    return Query(text, passage=passage, start=at, end=at + len(text) if passage else 0, **given)


def linked(kb, query: Query, **parts):
    return LexicalLinker(kb, **parts).link_batch([query])[0]


@pytest.mark.parametrize(
    ("text", "passage", "concept_id", "reason"),
    [
        ("TS", "TS, or Tsase, was low.", "G:2", "another of its names: Tsase"),
        ("TS", "TS makes thymidylates.", "G:2", "words of its name thymidylate synthetase"),
        ("TS", "Calcium channels: TS, but not all.", "G:3", "words of its name calcium channel"),
        ("PLCE", "", "G:4", "most like the name: PLCE1"),
        ("MU", "MU is no Glutathione Transferase.", "M:2", "of its parent: glutathione trans"),
    ],
)
def test_evidence_decides_and_is_told(kb, text, passage, concept_id, reason):
    link = linked(kb, ask(text, passage, type="Gene" if text != "MU" else None))
    assert link.concept_id == concept_id
    assert reason in link.reasons["homonym"]
    assert "tie" not in link.reasons
    assert not link.is_tied
    assert (link.candidates[0].concept_id, link.name) == (concept_id, kb[concept_id].name)


def test_long_form_is_evidence_and_the_name_itself_is_none(kb):
    query = Query("TS", "Gene", "maker of thymidylate")
    assert linked(kb, query).concept_id == "G:2"
    # The name stands there again, which speaks for none of them.
    link = linked(kb, ask("MU", "MU and MU MU."))
    assert (link.concept_id, link.is_tied) == ("M:1", True)
    assert link.reasons == {"tie": "another concept was as good"}


def test_names_are_not_read_across_the_mention(kb):
    link = linked(kb, ask("MU", "The glutathione MU transferases."))
    assert (link.concept_id, link.is_tied) == ("M:1", True)


def test_what_nothing_separates_stays_a_tie_whatever_the_passage(kb):
    link = linked(kb, ask("gout", "Opioid receptors in gout; Tsase was low."))
    assert [(c.concept_id, c.tied) for c in link.candidates] == [("X:1", True), ("X:2", True)]
    assert "homonym" not in link.reasons


def test_type_and_preferred_name_go_before_evidence(kb, tmp_path):
    passage = "Tsase, or TS, and nothing else."
    assert linked(kb, ask("TS", passage, type="Disease")).concept_id == "D:1"
    builder = KbBuilder("x")
    builder.add([Concept("A:1", "FAS"), Concept("A:2", "FASN", ("FAS", "fatty acid synthase"))])
    other = open_kb(builder.write(tmp_path / "x"))
    link = linked(other, ask("FAS", "FAS, fatty acid synthase."))
    assert (link.concept_id, link.is_tied, dict(link.reasons)) == ("A:1", False, {})


def test_wider_concept_is_meant_unless_the_passage_says_otherwise(kb):
    # W:1 has the name as the preferred one; W:4 is two steps above W:3.
    assert linked(kb, Query("lump")).concept_id == "W:1"
    link = linked(kb, Query("lump"), subset=kb.subset(ids=["W:3", "W:4"]))
    assert link.concept_id == "W:4"
    assert link.reasons["homonym"] == "it is wider than another concept of the name"
    passage = "A lump, or hard lump of lumpy swelling."
    link = linked(kb, ask("lump", passage), subset=kb.subset(ids=["W:3", "W:4"]))
    assert link.concept_id == "W:3"


def test_names_that_stand_for_one_another_are_homonyms_and_evidence(kb):
    link = linked(kb, Query("tumors"))
    assert (link.concept_id, link.route, link.is_tied) == ("N:2", "word-order", False)
    assert "wider" in link.reasons["homonym"]
    assert (
        linked(kb, ask("tumors", "Tumors: a carcinoma, a cancer of glands.".lower())).concept_id
        == "N:1"
    )


def test_training_mentions_decide(kb):
    learned = LearnedNames(kb)
    for _ in range(3):
        learned.add("the receptor", "M:2")
    link = linked(kb, Query("MU"), learned=learned)
    assert link.concept_id == "M:2"
    assert link.reasons["homonym"] == "annotators meant it by other mentions"
    # What they meant by this very mention goes before all else: seen once, it stands below a name.
    learned.add("Mu", "M:1")
    link = linked(kb, ask("MU", "MU, a glutathione transferase"), learned=learned)
    assert link.concept_id == "M:1"
    assert link.reasons["homonym"] == "annotators meant it by this mention"
    assert learned.count(kb.index_of("M:2")) == 3


def test_passage_far_away_says_nothing(kb):
    far = "MU. " + "and so on " * 200 + "Glutathione transferases."
    assert linked(kb, ask("MU", far)).is_tied
    near = "MU. " + "and so on " * 20 + "Glutathione transferases."
    assert linked(kb, ask("MU", near)).concept_id == "M:2"


def test_no_text_of_the_note_is_told(kb):
    passage = "Mrs Zyxwv: THYMIDYLATES by TS."
    told = str(linked(kb, ask("TS", passage, type="Gene")))
    assert "Zyxwv" not in told
    assert "THYMIDYLATES" not in told


def test_kept_candidates_change_no_answer(kb):
    from biotk.linking import LexicalConfig

    query = ask("MU", "MU, a glutathione transferase")
    assert linked(kb, query, config=LexicalConfig(n_kept=1)).concept_id == "M:2"


def test_nothing_is_computed_without_homonyms(kb, monkeypatch):
    linker = LexicalLinker(kb)
    monkeypatch.setattr(Homonyms, "_evidence", None)
    for text in ("Tsase", "TBX1", "opioid receptor", "PLCE1", "nothing of the kind"):
        linker.link_batch([ask(text, f"{text}, a glutathione transferase")])
    with pytest.raises(TypeError):
        linker.link("MU")


KINDS = ["lexical", "generative", "cascade", "combined", "dense", "fused"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_linker_resolves_and_tells(kb, kind):
    # Of these two names nothing but "MU" can be written.
    part = kb.subset(ids=["M:1", "M:2"])
    free = GenerativeConfig(least_share=0.0)
    linker = {
        "lexical": lambda: LexicalLinker(kb, subset=part),
        "generative": lambda: GenerativeLinker(kb, tiny_generator(), subset=part, config=free),
        "cascade": lambda: CascadeLinker(kb, tiny_generator(), subset=part),
        "combined": lambda: CascadeLinker(
            kb, tiny_generator(), subset=part, config=CascadeConfig(keep=2.0, generative=free)
        ),
        "dense": lambda: DenseLinker(
            kb, LetterEncoder(), subset=part, config=DenseConfig(threshold=0.0)
        ),
        "fused": lambda: FusedLinker(
            kb, LetterEncoder(), subset=part, config=FusedConfig(keep=2.0, least_share=0.0)
        ),
    }[kind]()
    asked = [ask("MU", "MU is one of the glutathione transferases."), ask("MU", "MU, again.")]
    apart, tie = linker.link_batch(asked, exhaustive=True)
    assert (apart.concept_id, apart.is_tied) == ("M:2", False)
    assert "glutathione transferases" in apart.reasons["homonym"]
    assert (tie.concept_id, tie.is_tied) == ("M:1", True)
    assert "tie" in tie.reasons
    assert [c.concept_id for c in apart.candidates] == ["M:2", "M:1"]


def slow_evidence(kb, query: Query, name: str, concept_id: str, group: list[str], learned) -> float:
    """What speaks for a concept, by words one after the other."""
    own = plural_key(name).split()
    passage, start, end = query.place
    parts = [passage[:start], passage[end:], query.long_form or ""]
    words = [each for part in parts for each in [*plural_key(part).split(), "|"]]
    at = 0
    while at < len(words):
        if words[at : at + len(own)] == own:
            words[at : at + len(own)] = ["|"]
        at += 1

    def stands(key: list[str]) -> bool:
        return any(words[i : i + len(key)] == key for i in range(len(words)))

    def keys(concept):
        found = [plural_key(each).split() for each in (concept.name, *concept.synonyms)]
        return [key for key in found if key != own and len(" ".join(key)) >= 4]

    concept = kb[concept_id]
    named = any(map(stands, keys(concept)))
    shares = [0.0]
    for key in keys(concept):
        telling = {word for word in key if len(word) >= 4 and word not in own}
        if telling:
            shares.append(len(telling & set(words)) / math.sqrt(len(telling)))
    parent = any(stands(key) for each in concept.parents for key in keys(kb[each]))

    def pieces(key):
        padded = f" {key.replace(' ', '')} "
        return {padded[i : i + 3] for i in range(len(padded) - 2)}

    one, other = pieces(plural_key(concept.name)), pieces(plural_key(name))
    alike = 2 * len(one & other) / (len(one) + len(other))
    counts = {each: learned.count(kb.index_of(each)) for each in group}
    idx = kb.index_of(concept_id)
    wider = any(idx in kb.hierarchy.ancestors(kb.index_of(each)) for each in group)
    seen = counts[concept_id] / (sum(counts.values()) + 1)
    return named + max(shares) + parent + alike + wider + seen


def test_settling_is_what_slow_counting_says(kb):
    drawn = random.Random(7)
    words = sorted(
        {word for each in GENES for word in " ".join([each.name, *each.synonyms]).split()}
    )
    words += ["Thymidylates", "and", "|", "was", "Receptor"]
    learned = LearnedNames(kb)
    learned.add("a channel", "G:3")
    learned.add("a transferase", "M:2")
    homonyms = Homonyms(kb, learned=learned)
    groups = {
        "TS": ["G:1", "G:2", "G:3"],
        "PLCE": ["G:4", "G:5"],
        "MU": ["M:1", "M:2"],
        "lump": ["W:3", "W:4"],
        "gout": ["X:1", "X:2"],
    }
    ties = 0
    for _ in range(400):
        name, group = drawn.choice(list(groups.items()))
        before, behind = (" ".join(drawn.choices(words, k=drawn.randrange(6))) for _ in "ab")
        long_form = drawn.choice([None, "calcium channels", "thymidylate synthetase"])
        passage = f"{before} {name} {behind}"
        type_, at = "Gene" if group[0][0] == "G" else None, len(before) + 1
        query = Query(name, type_, long_form, passage, at, at + len(name))
        want = {each: slow_evidence(kb, query, name, each, group, learned) for each in group}
        candidates = [Candidate(each, name, 1.0, "identical", tied=True) for each in group]
        drawn.shuffle(candidates)
        settled, reason = homonyms.settle(query, candidates)
        best = max(want.values())
        tied = sorted(each for each in group if best - want[each] < 0.1)
        assert settled[0].concept_id == tied[0], (query, want)
        assert settled[0].tied == (len(tied) > 1) == (reason is None)
        assert sorted(c.concept_id for c in settled) == group
        # The same again, and from whatever order.
        assert homonyms.settle(query, settled) == (settled, reason)
        ties += settled[0].tied
    assert 40 < ties < 360


def test_those_that_do_not_stand_equal_are_left_where_they_are(kb):
    query = ask("MU", "MU, a glutathione transferase")
    homonyms = Homonyms(kb)
    first, second = (Candidate(each, "MU", 1.0, "identical") for each in ("M:1", "M:2"))
    for other in (
        Candidate("M:2", "MU", 0.9, "identical"),
        Candidate("M:2", "MU", 1.0, "training"),
        Candidate("M:2", "mu", 1.0, "identical"),
    ):
        assert homonyms.settle(query, [first, other]) == ((first, other), None)
    assert homonyms.settle(query, []) == ((), None)
    assert homonyms.settle(query, [first]) == ((first,), None)
    settled, _ = homonyms.settle(query, [first, second, Candidate("X:1", "gout", 0.5, "ngram")])
    assert [each.concept_id for each in settled] == ["M:2", "M:1", "X:1"]


def test_names_that_are_not_the_same_stay_tied(kb):
    # Two names were found to be as near: of one of them two concepts can be told apart.
    query = ask("MU", "MU, a glutathione transferase")
    found = [Candidate(each, kb[each].name, 0.7, "ngram", True) for each in ("M:1", "M:2", "X:1")]
    settled, reason = Homonyms(kb).settle(query, found)
    assert [(each.concept_id, each.tied) for each in settled] == [
        ("M:2", True),
        ("M:1", True),
        ("X:1", True),
    ]
    assert reason is None
