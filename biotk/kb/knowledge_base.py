"""An open knowledge base: ids, names, look-ups, subsets. Nothing is read before it is asked for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from biotk.errors import ConceptNotFoundError, KbCorruptError, KbError, UnknownNameError
from biotk.kb.arrow import Ragged, map_table, numbers
from biotk.kb.hierarchy import Hierarchy
from biotk.kb.id_lookup import IdLookup
from biotk.kb.keys import KeyTable
from biotk.kb.manifest import MANIFEST, Manifest, read_manifest
from biotk.kb.rows import is_id
from biotk.kb.schema import CONCEPTS, FURTHER, ID_TARGETS, NAMES
from biotk.kb.soundness import check_tables, damaged
from biotk.kb.subset import KbSubset
from biotk.kb.texts import TextLists, Texts
from biotk.kb.verify import iter_checks
from biotk.types import Concept

_SLICE = 50_000  # names that are made Python objects at once

#: The two stored levels of normalisation; see :mod:`biotk.text.normalize`.
KeyLevel = Literal["plural", "bag"]

# For how many seconds a KB that is replaced again and again is opened anew, and how long a look at
# it waits.
_PATIENCE, _PAUSE = 10.0, 0.02

# More ids than these are looked up together, which takes a fifth of a second at a million concepts.
_MANY_IDS = 20_000


def open_kb(path: Path | str, *, verify: bool = False) -> KnowledgeBase:
    """Memory-map a knowledge base.

    One that is replaced at this very moment (``--overwrite``) is opened anew, so that it is the
    old one or the new one and never a mixture.

    :param path: the artifact's directory.
    :param verify: check every checksum first; reads all files once.
    :raises KbNotFoundError: there is none.
    :raises KbVersionError: it was written in another version.
    :raises KbCorruptError: it is damaged.
    """
    path = Path(path)
    until = time.monotonic() + _PATIENCE
    while True:
        before = _which(path)
        try:
            kb = KnowledgeBase(path)
        except (KbError, OSError) as error:
            time.sleep(_PAUSE)
            replaced = _which(path) != before
            if replaced and time.monotonic() < until:
                continue
            if verify and isinstance(error, KbCorruptError):
                _verify(path)  # tells all that is damaged, not only what was met first
            raise
        if _which(path) == before or time.monotonic() >= until:
            break
    if verify:
        kb.verify()
    return kb


def _which(path: Path) -> tuple[int, int] | None:
    """:returns: what tells one KB at a place from the next, even one of the same content."""
    try:
        manifest = (path / MANIFEST).stat()
    except OSError:
        return None
    return manifest.st_ino, manifest.st_mtime_ns


def _verify(path: Path) -> None:
    bad = [f"{check.name} ({check.message})" for check in iter_checks(path) if check.bad]
    if bad:
        raise KbCorruptError(f"{path} is damaged: {'; '.join(bad)}. Build the KB again.")


class KnowledgeBase:
    """A read-only view of an artifact that :class:`~biotk.kb.KbBuilder` wrote.

    ``concept_idx`` and ``name_idx`` are row numbers of this artifact and mean nothing in another.
    Concepts are in order of their ids, and the names of a concept follow one another, the
    preferred one first. Copying or pickling one copies its path alone.

    :param path: the artifact's directory; better use :func:`open_kb`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: Manifest = read_manifest(path)
        self._sound = False
        try:
            self._map()
        except (IndexError, TypeError, ValueError) as error:
            raise damaged(path / "concepts.arrow", f"it cannot be mapped ({error})") from error

    def _map(self) -> None:
        path = self.path
        concepts = map_table(path / "concepts.arrow", CONCEPTS, further=FURTHER)
        names = map_table(path / "names.arrow", NAMES)
        self._ids = Texts(concepts.column("id"), path / "concepts.arrow")
        self._definitions = Texts(concepts.column("definition"), path / "concepts.arrow")
        self._xrefs = TextLists(concepts.column("xrefs"), path / "concepts.arrow")
        self._alt_ids = TextLists(concepts.column("alt_ids"), path / "concepts.arrow")
        self._source_idx: NDArray[np.int16] = numbers(concepts.column("source"))
        several = "sources" in concepts.schema.names
        self._sources = Ragged(concepts.column("sources")) if several else None
        self._types = Ragged(concepts.column("types"))
        self._first_name: NDArray[np.int64] = numbers(concepts.column("first_name"))
        self._names = Texts(names.column("name"), path / "names.arrow")
        self.name_concepts: NDArray[np.int32] = numbers(names.column("concept"))
        self.hierarchy = Hierarchy(
            Ragged(concepts.column("parents")), Ragged(concepts.column("children"))
        )
        self._keys = {level: self._key_table(level) for level in ("plural", "bag")}

    def _key_table(self, stem: str) -> KeyTable:
        info = self.manifest.files[f"{stem}.marisa"]
        return KeyTable(self.path, stem, sha256=info.sha256)

    def __reduce__(self) -> tuple[type[KnowledgeBase], tuple[Path]]:
        return type(self), (self.path,)

    def __repr__(self) -> str:
        counts = self.manifest.counts
        return (
            f"KnowledgeBase({self.manifest.name!r}, {counts['concepts']} concepts, "
            f"{counts['names']} names, {self.fingerprint})"
        )

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stand for the KB's whole content."""
        return self.manifest.fingerprint

    @property
    def n_names(self) -> int:
        """How many names all concepts have together."""
        return len(self.name_concepts)

    def __len__(self) -> int:
        return len(self._first_name)

    # Concepts

    def __iter__(self) -> Iterator[Concept]:
        return map(self.concept, range(len(self)))

    def __contains__(self, concept_id: str) -> bool:
        return bool(self.resolve(concept_id))

    def __getitem__(self, concept_id: str) -> Concept:
        return self.concept(self.index_of(concept_id))

    @cached_property
    def concept_ids(self) -> list[str]:
        """All concept ids, in the order of ``concept_idx``; made at first use."""
        ids: list[str] = self._ids.column().to_pylist()
        return ids

    def id_of(self, concept_idx: int) -> str:
        """:returns: the id of a concept."""
        return self._ids[concept_idx]

    def ids_of(self, concept_idx: NDArray[np.int64]) -> list[str]:
        """:returns: the ids of many concepts. *Shape of* ``concept_idx``: (concepts,)."""
        ids: list[str] = self._ids.column().take(pa.array(concept_idx)).to_pylist()
        return ids

    def positions(self, concept_ids: Sequence[str]) -> NDArray[np.int64]:
        """Find many of the KB's own ids at once; retired ids and cross-references are none.

        :returns: ``concept_idx`` of each, -1 where no concept has just that id. *Shape*: (ids,).
        """
        try:
            wanted = pa.array(concept_ids, pa.large_string())
        except UnicodeEncodeError:  # half a surrogate pair in one of them: no id has that
            storable = [each if is_id(each) else None for each in concept_ids]
            wanted = pa.array(storable, pa.large_string())
        found = pc.index_in(wanted, value_set=self._ids.column()).fill_null(-1)
        positions: NDArray[np.int64] = found.to_numpy(zero_copy_only=False).astype(np.int64)
        return positions

    def concept(self, concept_idx: int) -> Concept:
        """:returns: all that the KB knows of a concept."""
        name, *synonyms = self.names_of(concept_idx)
        source, *further_sources = self.sources_of(concept_idx)
        return Concept(
            concept_id=self.id_of(concept_idx),
            name=name,
            synonyms=tuple(synonyms),
            types=self.types_of(concept_idx),
            definition=self._definitions.get(concept_idx),
            parents=tuple(map(self.id_of, self.hierarchy.parents(concept_idx))),
            xrefs=self._xrefs[concept_idx],
            alt_ids=self._alt_ids[concept_idx],
            source=source,
            further_sources=tuple(further_sources),
        )

    def sources_of(self, concept_idx: int) -> tuple[str, ...]:
        """:returns: the vocabularies that have a concept, that of its preferred name first."""
        names = self.manifest.source_names
        if self._sources is None:
            return (names[self._source_idx[concept_idx]],)
        return tuple(names[source_idx] for source_idx in self._sources[concept_idx])

    def types_of(self, concept_idx: int) -> tuple[str, ...]:
        """:returns: the semantic types of a concept."""
        return tuple(self.manifest.types[type_idx] for type_idx in self._types[concept_idx])

    def preferred_name(self, concept_idx: int) -> str:
        """:returns: the preferred name of a concept."""
        return self.name(int(self._first_name[concept_idx]))

    def names_of(self, concept_idx: int) -> list[str]:
        """:returns: the names of a concept, the preferred one first."""
        return [self.name(name_idx) for name_idx in self.name_range(concept_idx)]

    def name_range(self, concept_idx: int) -> range:
        """:returns: the rows of a concept's names."""
        last = concept_idx + 1 == len(self)
        end = self.n_names if last else int(self._first_name[concept_idx + 1])
        return range(int(self._first_name[concept_idx]), end)

    # Names

    def name(self, name_idx: int) -> str:
        """:returns: one name, as its source writes it."""
        return self._names[name_idx]

    def iter_names(self) -> Iterator[str]:
        """:returns: all names, in the order of ``name_idx``."""
        names = self._names.column()
        for start in range(0, len(names), _SLICE):
            yield from names.slice(start, _SLICE).to_pylist()

    def is_preferred(self, name_idx: int) -> bool:
        """:returns: whether a name is the preferred one of its concept."""
        return bool(self._first_name[self.name_concepts[name_idx]] == name_idx)

    def keys(self, level: KeyLevel) -> KeyTable:
        """:returns: the table from normalised names to ``name_idx``."""
        return self._keys[level]

    # Ids

    @cached_property
    def _lookup(self) -> IdLookup:
        targets = map_table(self.path / "id_targets.arrow", ID_TARGETS)
        return IdLookup(self._key_table("ids"), targets, self.manifest)

    def resolve(self, concept_id: str) -> tuple[int, ...]:
        """Find the concepts that an id stands for.

        Tried in this order: the KB's own ids, retired and further ids, cross-references; then,
        for an id without a prefix, the same with each prefix of the KB, if just one answers. What
        is not found so is tried as other spellings have it: ``hp:0001250`` and ``HP_0001250`` are
        ``HP:0001250``, ``e11.9`` is ``E11.9``.

        :param concept_id: an id, as a CURIE or bare.
        :returns: concept indices, in order; none for an unknown id.
        """
        return self._lookup.resolve(concept_id)

    def index_of(self, concept_id: str) -> int:
        """:returns: the index of the one concept that an id stands for.

        :raises ConceptNotFoundError: it stands for none, or for several.
        """
        found = self.resolve(concept_id)
        if len(found) == 1:
            return found[0]
        if found:
            several = ", ".join(map(self.id_of, found))
            raise ConceptNotFoundError(f"{concept_id} stands for several concepts: {several}")
        if len(self._lookup.answers(concept_id)) > 1:
            raise ConceptNotFoundError(f"{concept_id} {self.why_unknown(concept_id)}")
        message = (
            f"{concept_id} is not in the KB {self.manifest.name!r} "
            f"(its ids start with {', '.join(self.manifest.prefixes)})."
        )
        raise ConceptNotFoundError(f"{message} {self._lookup.why_not(concept_id)}".rstrip())

    def why_unknown(self, concept_id: str) -> str:
        """:returns: why :meth:`resolve` finds no concept for an id, for a message."""
        answers = self._lookup.answers(concept_id)
        if len(answers) < 2:
            return f"not in the KB {self.manifest.name!r}"
        ids = [self.id_of(idx) for idx in sorted({idx for found in answers for idx in found})]
        named = [f"{each} ({self.preferred_name(self.index_of(each))})" for each in ids[:5]]
        rest = [f"{len(ids) - 5} more"] if len(ids) > 5 else []
        return f"may be any of {', '.join([*named, *rest])}: write it with its prefix"

    # Parts

    def subset(
        self,
        *,
        types: Iterable[str] | str | None = None,
        sources: Iterable[str] | str | None = None,
        ids: Iterable[str] | str | None = None,
        branch: Iterable[str] | str | None = None,
    ) -> KbSubset:
        """Make a part of the KB from any of four conditions, all of which must hold.

        :param types: semantic types, any of which will do.
        :param sources: source names, any of which will do; a concept that was joined of several
            belongs to each of them.
        :param ids: concept ids.
        :param branch: ids of concepts; they and all that is narrower are in.
        :returns: the subset; with no condition the whole KB.
        :raises UnknownNameError: a type or source that the KB does not have.
        :raises ConceptNotFoundError: an id that the KB does not have.
        """
        mask = np.ones(len(self), bool)
        if types is not None:
            mask &= self._mask_of_types(_several(types))
        if sources is not None:
            mask &= self._mask_of_sources(_several(sources))
        if ids is not None:
            mask &= self._mask_of_ids(list(_several(ids)))
        if branch is not None:
            inside = np.zeros(len(self), bool)
            for concept_id in _several(branch):
                root = self.index_of(concept_id)
                inside[root] = True
                inside[self.hierarchy.descendants(root)] = True
            mask &= inside
        return KbSubset(self.fingerprint, mask)

    def _resolve_or_raise(self, concept_id: str) -> tuple[int, ...]:
        return self.resolve(concept_id) or (self.index_of(concept_id),)

    def _mask_of_ids(self, concept_ids: list[str]) -> NDArray[np.bool_]:
        mask = np.zeros(len(self), bool)
        left = concept_ids
        if len(concept_ids) > _MANY_IDS:
            positions = self.positions(concept_ids)
            mask[positions[positions >= 0]] = True
            left = [concept_ids[at] for at in np.flatnonzero(positions < 0).tolist()]
        mask[[idx for concept_id in left for idx in self._resolve_or_raise(concept_id)]] = True
        return mask

    def _mask_of_types(self, types: Iterable[str]) -> NDArray[np.bool_]:
        known = self.manifest.types
        wanted = [_position("semantic type", name, known) for name in types]
        return _has_any(self._types, wanted, n=len(known))

    def _mask_of_sources(self, sources: Iterable[str]) -> NDArray[np.bool_]:
        known = self.manifest.source_names
        wanted = [_position("source", name, known) for name in sources]
        if self._sources is None:
            return np.isin(self._source_idx, wanted)
        return _has_any(self._sources, wanted, n=len(known))

    def check_tables(self) -> None:
        """Check once that every offset and number in the tables leads somewhere.

        What goes over whole tables does so first; damage that gives other values that are
        possible is found by :meth:`verify` only.

        :raises KbCorruptError: one does not.
        """
        if not self._sound:
            check_tables(self.path, self.manifest)
            self._sound = True

    def verify(self) -> None:
        """Check every file against its checksum; see also :func:`~biotk.kb.verify.iter_checks`.

        :raises KbCorruptError: some are damaged; the message names them all.
        """
        _verify(self.path)


def _has_any(numbers: Ragged, wanted: list[int], *, n: int) -> NDArray[np.bool_]:
    """:returns: which rows have one of the wanted numbers, all numbers being below ``n``."""
    is_wanted = np.zeros(n, bool)
    is_wanted[wanted] = True
    # A row has one of them where the count of all before it and with it goes up.
    counts = np.zeros(len(numbers.values) + 1, np.int32)
    np.cumsum(is_wanted[numbers.values], out=counts[1:])
    offsets = numbers.offsets
    mask: NDArray[np.bool_] = counts[offsets[1:]] > counts[offsets[:-1]]
    return mask


def _several(values: Iterable[str] | str) -> Iterable[str]:
    """A string alone is one value, not its letters."""
    return (values,) if isinstance(values, str) else values


def _position(kind: str, name: str, known: tuple[str, ...]) -> int:
    if name not in known:
        raise UnknownNameError(kind, name, known)
    return known.index(name)
