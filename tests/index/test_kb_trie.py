from __future__ import annotations

import json
import logging
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny import open_tiny

from biotk.errors import (
    InputError,
    KbCorruptError,
    KbMismatchError,
    KbNotFoundError,
    KbVersionError,
    UnknownNameError,
)
from biotk.index import kb_trie
from biotk.index.kb_trie import (
    NameEncoder,
    build_token_trie,
    open_kb_trie,
    open_token_trie,
    write_token_trie,
)
from biotk.index.token_trie import TokenTrie
from biotk.index.token_trie_build import Sequences, build_arrays
from biotk.index.trie_arrays import MAX_TOKENS, map_arrays
from biotk.index.trie_info import TrieInfo, TrieReport
from biotk.kb import KbBuilder, open_kb
from biotk.kb.derived import derived_folder
from biotk.kb.manifest import SourceInfo
from biotk.kb.verify import iter_checks
from biotk.text.cleaning import clean_genbioel, clean_spaces
from biotk.types import Concept

GOLDEN = Path(__file__).parent / "golden" / "token-trie-1"
UNKNOWN = 1


class Letters:
    """A tokenizer whose tokens are characters; digits are unknown to it, some names more."""

    def __init__(self, fingerprint="letters1", calls=None):
        self.fingerprint = fingerprint
        self.calls = [] if calls is None else calls

    def encode_batch(self, texts):
        self.calls.append(len(texts))
        return [[UNKNOWN if char.isdigit() else ord(char) for char in text] for text in texts]


@pytest.fixture
def kb(tmp_path):
    return open_tiny(tmp_path)


def small_kb(folder, concepts, name="small"):
    builder = KbBuilder(name)
    builder.add(concepts, SourceInfo(name="S", file="", format="memory", sha256=""))
    return open_kb(builder.write(folder / name))


def names_by_tokens(kb, clean):
    found = {}
    for name_idx, name in enumerate(kb.iter_names()):
        tokens = tuple(Letters().encode_batch([clean(name)])[0])
        found.setdefault(tokens, []).append(name_idx)
    return found


@pytest.mark.parametrize(
    ("cleaning", "clean"), [("spaces", clean_spaces), ("genbioel", clean_genbioel)]
)
def test_trie_has_all_names_of_all_concepts(kb, cleaning, clean, monkeypatch):
    monkeypatch.setattr(kb_trie, "_NAMES", 4)  # several batches
    trie = open_kb_trie(kb, Letters(), cleaning=cleaning)
    expected = names_by_tokens(kb, clean)
    assert [tuple(tokens) for tokens, _ in trie] == sorted(expected)
    for tokens, names in expected.items():
        node = trie.find(tokens)
        assert trie.names_at(node).tolist() == names
        assert trie.concepts_at(node).tolist() == sorted({int(kb.name_concepts[n]) for n in names})


def test_homonym_keeps_all_its_concepts(kb):
    trie = open_kb_trie(kb, Letters())
    found = trie.concepts_at(trie.find([ord(char) for char in "Cold"]))
    assert [kb.id_of(idx) for idx in found] == ["MESH:D000001", "MESH:D003080"]


def test_opened_trie_is_the_built_one(kb):
    built, opened = build_token_trie(kb, Letters()), open_kb_trie(kb, Letters())
    assert opened.folder is not None
    assert opened.info == built.info
    for mine, other in zip(opened.arrays, built.arrays, strict=True):
        assert mine.dtype == other.dtype
        assert mine.tolist() == other.tolist()


def test_trie_is_built_once(kb):
    tokenizer = Letters()
    open_kb_trie(kb, tokenizer)
    n_calls = len(tokenizer.calls)
    assert n_calls
    open_kb_trie(kb, tokenizer)
    assert len(tokenizer.calls) == n_calls
    open_kb_trie(kb, Letters("letters2", tokenizer.calls))
    assert len(tokenizer.calls) > n_calls


def test_each_cleaning_has_a_trie_of_its_own(kb):
    plain, cleaned = open_kb_trie(kb, Letters()), open_kb_trie(kb, Letters(), cleaning="genbioel")
    assert plain.folder != cleaned.folder
    assert plain.find([ord("H")]) >= 0 > cleaned.find([ord("H")])
    with pytest.raises(UnknownNameError):
        open_kb_trie(kb, Letters(), cleaning="none")


def test_names_that_cannot_stand_in_a_trie_are_counted_and_told_once(tmp_path, caplog):
    kb = small_kb(
        tmp_path,
        [
            Concept("T:1", "(+)", ("plus", "IL-2")),
            Concept("T:2", "x" * (MAX_TOKENS + 1), ("il 2", "2-2")),
            Concept("T:3", "?"),
        ],
    )
    with caplog.at_level(logging.WARNING):
        trie = open_kb_trie(kb, Letters(), cleaning="genbioel", unknown_id=UNKNOWN)
    names = list(kb.iter_names())
    report = trie.info.report
    assert report.empty == 2
    assert [names[i] for i in report.first_empty] == ["(+)", "?"]
    assert report.too_long == len(report.first_too_long) == 1
    assert report.unknown == 3
    assert [names[i] for i in report.first_unknown] == ["IL-2", "il 2", "2-2"]
    assert (report.names, report.sequences, report.longest) == (4, 3, 4)
    assert report.names + report.empty + report.too_long == kb.n_names
    assert sorted(names[i] for i in trie.arrays.names) == ["2-2", "IL-2", "il 2", "plus"]
    assert caplog.messages == [
        f"the token trie of {kb.path}: of 7 names, 2 left out, with nothing to tokenise; 1 left "
        f"out, of more than {MAX_TOKENS:,} tokens; 3 in it with pieces unknown to the tokenizer, "
        "which names may share. Its info.report says which"
    ]
    caplog.clear()
    open_kb_trie(kb, Letters(), cleaning="genbioel", unknown_id=UNKNOWN)
    assert not caplog.messages


def test_names_beyond_a_bound_are_left_out_of_a_trie_of_its_own(tmp_path, caplog):
    kb = small_kb(tmp_path, [Concept("T:1", "plus", ("minuses", "no"))])
    bounded = open_kb_trie(kb, Letters(), longest=4)
    assert (bounded.info.report.names, bounded.info.report.too_long) == (2, 1)
    assert "1 left out, of more than 4 tokens" in caplog.text
    assert len(open_kb_trie(kb, Letters()).arrays.names) == 3
    assert len(open_kb_trie(kb, Letters(), longest=4).arrays.names) == 2


def test_trie_with_all_names_is_built_without_a_word(kb, caplog):
    open_kb_trie(kb, Letters())
    assert not caplog.messages


def test_kb_of_which_no_name_can_be_tokenised_makes_an_empty_trie(tmp_path):
    trie = open_kb_trie(small_kb(tmp_path, [Concept("T:1", "??")]), Letters(), cleaning="genbioel")
    assert (len(trie), trie.info.report.empty, list(trie)) == (0, 1, [])


def test_subset_leaves_the_names_of_its_concepts(kb):
    trie = open_kb_trie(kb, Letters())
    genes = kb.subset(types="Gene")
    subset = trie.subset(genes)
    allowed = [i for i, concept in enumerate(kb.name_concepts) if concept in genes]
    assert len(subset) == len(allowed) == 5
    reached, nodes = [], [trie.root]
    while len(nodes):
        reached += [name for node in nodes for name in subset.names_at(node)]
        nodes = subset.children(nodes).nodes
    assert sorted(reached) == allowed
    assert len(trie.subset(kb.subset())) == kb.n_names
    assert not trie.subset(kb.subset() - kb.subset()).allows([trie.root])[0]


def test_progress_is_told(kb):
    seen = []
    open_kb_trie(kb, Letters(), progress=lambda *step: seen.append(step))
    assert ("tokenising", kb.n_names, kb.n_names) in seen
    assert seen[-1] == ("sorting", 1, 1)


def test_pickled_trie_is_mapped_again(kb):
    trie = open_kb_trie(kb, Letters())
    data = pickle.dumps(trie)
    assert len(data) < 1000
    assert list(pickle.loads(data)) == list(trie)


def test_folder_that_cannot_be_written_to_gives_a_trie_in_memory(kb, monkeypatch, caplog):
    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with caplog.at_level(logging.WARNING):
        trie = open_kb_trie(kb, Letters())
    assert trie.folder is None
    assert len(trie) == kb.n_names
    assert "stays in memory" in caplog.text


def test_another_kb_or_tokenizer_is_refused(kb, tmp_path):
    folder = open_kb_trie(kb, Letters()).folder
    other = small_kb(tmp_path, [Concept("T:1", "fever")])
    with pytest.raises(KbMismatchError, match=f"KB {other.fingerprint}.*open_kb_trie"):
        open_token_trie(folder, kb=other)
    with pytest.raises(KbMismatchError, match=r"tokenizer letters2.*open_kb_trie"):
        open_token_trie(folder, kb=kb, tokenizer=Letters("letters2"))
    with pytest.raises(KbMismatchError, match="make it from this KB"):
        open_token_trie(folder).subset(other.subset())
    assert len(open_token_trie(folder, kb=kb, tokenizer=Letters())) == kb.n_names


@pytest.mark.parametrize("fingerprint", ["", "a/b", "../x", "sha256:ab", "a" * 65])
def test_fingerprint_that_is_no_name_is_refused(kb, fingerprint):
    with pytest.raises(InputError, match="letters and digits"):
        open_kb_trie(kb, Letters(fingerprint))


class Short(Letters):
    def encode_batch(self, texts):
        return super().encode_batch(texts)[1:]


class Negative(Letters):
    def encode_batch(self, texts):
        return [[-1] for _ in texts]


@pytest.mark.parametrize(
    ("tokenizer", "message"), [(Short, "token sequences for"), (Negative, "negative")]
)
def test_tokenizer_that_misbehaves_is_refused(kb, tokenizer, message):
    with pytest.raises(InputError, match=message):
        open_kb_trie(kb, tokenizer())
    assert not list((kb.path / "derived").glob("*"))


def test_protocol_is_what_a_tokenizer_must_have():
    assert isinstance(Letters(), NameEncoder)
    assert not isinstance(object(), NameEncoder)


# Damage


@pytest.fixture
def folder(kb):
    return open_kb_trie(kb, Letters()).folder


def test_trie_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(KbNotFoundError, match=r"open_kb_trie\(kb, tokenizer\)"):
        open_token_trie(tmp_path / "none")


@pytest.mark.parametrize("file", ["units.arrow", "tails.arrow", "names.arrow", "trie.json"])
def test_changed_byte_is_noticed(kb, folder, file):
    path = folder / file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(KbCorruptError, match=f"checksum of {file}.*Remove its folder"):
        open_token_trie(folder, verify=True)
    bad = [check.name for check in iter_checks(kb.path) if check.bad]
    assert bad == [f"derived/{folder.name}/{file}"]


@pytest.mark.parametrize(
    "file", ["units.arrow", "tails.arrow", "names.arrow", "trie.json", "files.json"]
)
@pytest.mark.parametrize("how", ["cut", "removed"])
def test_cut_or_removed_file_is_noticed_at_opening(kb, folder, file, how):
    path = folder / file
    data = path.read_bytes()
    path.unlink()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    with pytest.raises(KbCorruptError, match="Remove its folder"):
        open_kb_trie(kb, Letters())
    shutil.rmtree(folder)
    assert len(open_kb_trie(kb, Letters())) == kb.n_names


@pytest.mark.parametrize("file", ["units.arrow", "tails.arrow", "names.arrow"])
def test_file_of_another_trie_is_noticed(tmp_path, kb, folder, file):
    other = open_kb_trie(small_kb(tmp_path, [Concept("T:1", "fever")]), Letters()).folder
    shutil.copy(other / file, folder / file)
    with pytest.raises(KbCorruptError):
        map_arrays(folder)


def test_newer_format_is_refused(folder):
    raw = json.loads((folder / "trie.json").read_text())
    text = json.dumps(raw | {"format_version": 2}, indent=1, sort_keys=True) + "\n"
    (folder / "trie.json").write_text(text)
    with pytest.raises(KbVersionError, match="has format 2"):
        open_token_trie(folder)


def test_trie_is_found_where_the_kb_keeps_what_is_derived(kb, folder):
    assert folder == derived_folder(kb, "token-trie-spaces-letters1-1")
    assert all(check.status == "ok" for check in iter_checks(kb.path))


def golden_trie():
    """How ``golden/token-trie-1`` was made."""
    texts = ["cold", "cough", "cold ice", "cold", "fever"]
    arrays, n_sequences = build_arrays(
        Sequences.of([list(text.encode()) for text in texts]),
        names=np.arange(5),
        concepts=np.array([0, 1, 2, 2, 3]),
    )
    report = TrieReport(names=5, sequences=n_sequences, longest=8)
    return TokenTrie(arrays, info=TrieInfo("0123456789abcdef", "bytes", "spaces", report))


def test_trie_of_format_1_can_be_read():
    trie = open_token_trie(GOLDEN, verify=True)
    ends = [(bytes(tokens).decode(), [*trie.arrays.names[r.start : r.stop]]) for tokens, r in trie]
    assert ends == [("cold", [0, 3]), ("cold ice", [2]), ("cough", [1]), ("fever", [4])]
    assert trie.arrays.concepts.tolist() == [0, 2, 2, 1, 3]
    assert trie.remaining([0]).tolist() == [8]


def test_trie_of_format_1_comes_out_again(tmp_path):
    write_token_trie(tmp_path, golden_trie())
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (GOLDEN / path.name).read_bytes(), path.name
