from __future__ import annotations

import errno
import shutil
import stat

import pytest
from tiny import build_tiny, open_tiny

from biotk.candidates.learned import LearnedNames
from biotk.candidates.names import match_names
from biotk.candidates.neighbours import open_neighbours, similarity
from biotk.document import Document, Link, Mention
from biotk.errors import FormatError, InputError, KbCorruptError
from biotk.kb import open_kb


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return open_tiny(tmp_path_factory.mktemp("kb"))


@pytest.mark.parametrize(
    ("text", "concept_id", "route"),
    [
        ("Heart Failure", "MESH:D006333", "identical"),
        ("heart failure", "MESH:D006333", "case"),
        ("heart-failure", "MESH:D006333", "exact"),
        ("cardiac failures", "MESH:D006333", "plural"),
        ("type II diabetes mellitus", "MESH:D003924", "word-order"),
        ("tumours of the kidney", "MESH:D007680", "word-order"),
        ("il 2", "HGNC:6001", "exact"),
        ("diabetic, maturity-onset", "MESH:D003924", "reworded"),
        ("feveral", "MESH:D005334", "reworded"),
        ("renal toxicity", "MESH:D007674", "reworded"),
        ("furo-semide", "MESH:D005665", "reworded"),
    ],
)
def test_match_names_says_what_was_normalised_away(kb, text, concept_id, route):
    match = match_names(kb, text)[0]
    assert (kb.id_of(match.concept_idx), match.route) == (concept_id, route)


def test_match_names_gives_all_ids_of_a_homonym(kb):
    found = {kb.id_of(match.concept_idx) for match in match_names(kb, "cold")}
    assert found == {"MESH:D000001", "MESH:D003080"}


def test_match_names_looks_further_where_the_subset_has_no_closer_name(kb):
    chemicals = kb.subset(types=["Chemical"]).mask
    found = [kb.id_of(m.concept_idx) for m in match_names(kb, "cold", allowed=chemicals)]
    assert found == ["MESH:D003080"]
    assert match_names(kb, "fever", allowed=chemicals) == []


@pytest.mark.parametrize("text", ["", " ", "+", "quux"])
def test_match_names_of_an_unknown_string_is_empty(kb, text):
    assert match_names(kb, text) == []


def test_learned_names_count_concepts_and_learn_long_forms(kb):
    text = "Congestive cardiac insufficiency (CCI) was seen; CCI again. Flu-like heat."
    document = Document(
        "d",
        text,
        mentions=(
            Mention(((34, 37),), "CCI", "Disease", (Link("MESH:D006333"),)),
            Mention(((49, 52),), "CCI", "Disease", (Link("MESH:D006333"),)),
            Mention(((60, 73),), "Flu-like heat", "Disease", (Link("MESH:D005334"),)),
            Mention(((0, 10),), "Congestive", "Disease", (Link(None),)),
            Mention(((11, 18),), "cardiac", "Disease", (Link("MESH:D1"), Link("MESH:D2"))),
            Mention(((0, 10),), "Congestive", "Disease", (Link("MESH:D424242"),)),
        ),
    )
    assert [text[m.start : m.end] for m in document.mentions] == [m.text for m in document.mentions]
    learned = LearnedNames.from_documents(kb, [document])
    failure, fever = kb.index_of("D006333"), kb.index_of("D005334")
    assert learned.concepts("congestive cardiac insufficiency") == {failure: 2}
    assert learned.concepts("CCI") == {}
    assert learned.concepts("heat, flu-like") == {fever: 1}
    assert len(learned) == 2


def test_learned_names_survive_a_file(kb, tmp_path):
    learned = LearnedNames(kb)
    learned.add("sugar  sickness", "MESH:D003920", count=3)
    learned.add("sugar sickness", "MESH:D003924")
    learned.write(tmp_path / "names.tsv")
    back = LearnedNames.read(kb, tmp_path / "names.tsv")
    assert back.concepts("sugar sickness") == learned.concepts("sugar sickness")
    assert list(back.concepts("sugar sickness").values()) == [3, 1]


@pytest.mark.parametrize("row", ["fever", "fever\tD005334", "fever\tD005334\tmany", "\tD005334\t1"])
def test_learned_names_name_a_bad_row(kb, tmp_path, row):
    (tmp_path / "names.tsv").write_text(f"mention\tconcept_id\tcount\n{row}\n")
    with pytest.raises(FormatError, match=r"names.tsv:2: expected mention"):
        LearnedNames.read(kb, tmp_path / "names.tsv")


def test_learned_names_of_another_kb_are_refused(kb, tmp_path):
    (tmp_path / "names.tsv").write_text("fever\tX:1\t1\n")
    with pytest.raises(InputError, match="none of its ids"):
        LearnedNames.read(kb, tmp_path / "names.tsv")


def test_neighbours_find_a_misspelling(kb):
    search = open_neighbours(kb)
    best = search.search("furosemid", k=3, min_score=0.3)[0]
    assert kb.keys("plural").key(best.key_idx) == "furosemide"


def test_neighbours_of_a_subset_equal_those_of_a_kb_built_from_it(kb, tmp_path):
    from biotk.kb import KbBuilder

    subset = kb.subset(types=["Disease"])
    builder = KbBuilder("part")
    builder.add(kb.concept(idx) for idx in subset.indices.tolist())
    part = open_kb(builder.write(tmp_path / "part"))
    found = {
        kb.keys("plural").key(n.key_idx)
        for n in open_neighbours(kb).search("kidney failure", k=50, min_score=0.05, subset=subset)
    }
    expected = {
        part.keys("plural").key(n.key_idx)
        for n in open_neighbours(part).search("kidney failure", k=50, min_score=0.05)
    }
    # The scores differ with the inverse frequencies of the two; what is reachable does not.
    assert found == expected
    assert found


def test_index_is_kept_beside_the_kb_and_bound_to_its_content(tmp_path):
    kb = open_tiny(tmp_path)
    open_neighbours(kb)
    (folder,) = (kb.path / "derived").iterdir()
    assert folder.name.endswith(kb.fingerprint)
    open_kb(kb.path, verify=True)


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EDQUOT])
def test_folder_that_cannot_be_written_keeps_the_index_in_memory(
    tmp_path, caplog, monkeypatch, code
):
    path = build_tiny(tmp_path)
    kb = open_kb(path)
    real = type(path).mkdir

    def refuse(self, *args, **kwargs):
        if "derived" in self.parts:
            raise OSError(code, "no", str(self))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(type(path), "mkdir", refuse)
    search = open_neighbours(kb)
    assert search.search("fevr", k=1, min_score=0.2)
    assert "stays in memory" in caplog.text
    assert stat.S_ISDIR(path.stat().st_mode)
    assert not (path / "derived").exists()


@pytest.mark.parametrize("file", ["grams.arrow", "texts.arrow", "postings.arrow"])
def test_damaged_index_says_that_it_may_be_removed(tmp_path, file):
    kb = open_tiny(tmp_path)
    open_neighbours(kb)
    (folder,) = (kb.path / "derived").iterdir()
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(KbCorruptError, match="remove that folder, it is made again"):
        open_neighbours(kb)
    shutil.rmtree(folder)
    assert open_neighbours(kb).search("fevr", k=1, min_score=0.2)


def words(text):
    return frozenset(text.split())


def test_similarity_grows_with_common_words():
    one = similarity(words("renal disease"), words("renal disease"), cosine=0.8)
    half = similarity(words("renal disease"), words("renal stone"), cosine=0.8)
    wider = similarity(words("brittle asthma"), words("asthma"), cosine=0.8)
    narrower = similarity(words("asthma"), words("brittle asthma"), cosine=0.8)
    assert wider > narrower
    none = similarity(words("renal"), words("adrenal"), cosine=0.8)
    assert one > half
    assert none == pytest.approx(0.64)
