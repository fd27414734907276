"""Concepts by their ids and exact names, in one KB or several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from biotk.kb import KnowledgeBase
from biotk.kb.readers.vocabularies import xref_curie
from biotk.text.normalize import plural_key

#: Of concepts of one name, those of the earlier vocabularies are meant: the GWAS Catalog names
#: traits as EFO does, which takes diseases from MONDO. ``type II diabetes mellitus`` is that
#: disease, and not the phenotype of HPO that has this for its preferred name.
VOCABULARIES = (("EFO", "MONDO"), ("DOID", "Orphanet", "OBA"), ("HP", "MESH", "GO"))
_LOCAL = re.compile(r"([A-Za-z]+)_([A-Za-z0-9]+)")


def curie_of(text: str) -> str | None:
    """Make a CURIE of an ontology's web address, or of what is one already.

    :returns: it; None for what is no id.

    >>> curie_of("http://www.ebi.ac.uk/efo/EFO_0001360"), curie_of("hp_0001250"), curie_of("none")
    ('EFO:0001360', 'HP:0001250', None)
    """
    bare = text.strip().rstrip("/")
    if "://" in bare:
        bare = re.split(r"[/#=]", bare)[-1]
    if found := _LOCAL.fullmatch(bare):
        prefix = found[1] if found[1] != found[1].lower() else found[1].upper()
        bare = f"{prefix}:{found[2]}"
    return xref_curie(bare) if ":" in bare else None


class ConceptFinder:
    """Looks concepts up in some KBs, the first of which that has an answer is heard.

    :param kbs: the KBs.
    """

    def __init__(self, kbs: Sequence[KnowledgeBase]) -> None:
        self.kbs = tuple(kbs)
        self._ids: dict[str, str | None] = {}

    def by_id(self, concept_id: str) -> str | None:
        """Find the concept that an id, a retired one or a cross-reference stands for.

        :returns: its own id; None where no KB knows it, or it stands for several.
        """
        if concept_id not in self._ids:
            self._ids[concept_id] = self._by_id(concept_id)
        return self._ids[concept_id]

    def _by_id(self, concept_id: str) -> str | None:
        found = [kb.id_of(only[0]) for kb in self.kbs if len(only := kb.resolve(concept_id)) == 1]
        # The vocabulary's own concept goes before another one's that refers to it.
        prefix = concept_id.partition(":")[0]
        own = (each for each in found if each.partition(":")[0] == prefix)
        return next(own, found[0] if found else None)

    def name_of(self, concept_id: str) -> str:
        """:returns: the preferred name of a concept by its own id; empty for an unknown one."""
        for kb in self.kbs:
            found = kb.resolve(concept_id)
            if len(found) == 1 and kb.id_of(found[0]) == concept_id:
                return kb.preferred_name(found[0])
        return ""

    def by_name(
        self, name: str, *, types: Sequence[str] = (), but: Sequence[str] = ()
    ) -> str | None:
        """Find the one concept of a name, case, number and punctuation aside.

        :param types: semantic types, any of which it must have; empty for any.
        :param but: semantic types that it must not have.
        :returns: its id; None where no KB has it, or several concepts have it equally.
        """
        key = plural_key(name)
        for kb in self.kbs if key else ():
            found = {
                name_idx: int(kb.name_concepts[name_idx])
                for name_idx in kb.keys("plural").rows(key).tolist()
                if _fits(kb.types_of(int(kb.name_concepts[name_idx])), types, but)
            }
            if concept_idx := _one_of(kb, name, found):
                return kb.id_of(concept_idx[0])
        return None


def fingerprints(kbs: Sequence[KnowledgeBase]) -> dict[str, str]:
    """:returns: name → fingerprint of some KBs; of those of one name the later ones say both."""
    named: dict[str, str] = {}
    for kb in kbs:
        name = kb.manifest.name
        known = named.get(name, kb.fingerprint) == kb.fingerprint
        named[name if known else f"{name} {kb.fingerprint}"] = kb.fingerprint
    return named


def _fits(types: Sequence[str], wanted: Sequence[str], unwanted: Sequence[str]) -> bool:
    if wanted and not set(wanted).intersection(types):
        return False
    return not set(unwanted).intersection(types)


def _one_of(kb: KnowledgeBase, name: str, found: Mapping[int, int]) -> tuple[int, ...]:
    """Choose among concepts of one name.

    The very letters go before like ones, then the vocabularies that :data:`VOCABULARIES` has first,
    then a preferred name before a synonym, then the vocabulary that stands first among its like.

    :param found: the names that match → their concepts.
    :returns: the one concept, or none where several are left.
    """

    def rank(name_idx: int) -> tuple[bool, int, bool, int]:
        prefix = kb.id_of(found[name_idx]).partition(":")[0]
        last = len(VOCABULARIES), 0
        like = ((n, each.index(prefix)) for n, each in enumerate(VOCABULARIES) if prefix in each)
        tier, at = next(like, last)
        unlike = kb.name(name_idx).lower() != name.lower()
        return unlike, tier, not kb.is_preferred(name_idx), at

    if not found:
        return ()
    best = min(map(rank, found))
    concepts = {concept_idx for name_idx, concept_idx in found.items() if rank(name_idx) == best}
    return tuple(concepts) if len(concepts) == 1 else ()
