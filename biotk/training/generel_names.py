"""What concepts and genes are called where a space of SNPs and concepts is trained."""

from __future__ import annotations

from collections.abc import Iterable

from biotk.genomics.pairs import Trait, trait_kind
from biotk.kb import KnowledgeBase


class ConceptNames:
    """Names of concepts in some KBs, the first that knows an id is heard.

    :param kbs: the KBs.
    """

    def __init__(self, kbs: Iterable[KnowledgeBase]) -> None:
        self._kbs = tuple(kbs)
        self._found: dict[str, tuple[str, ...]] = {}

    def of(self, concept_id: str) -> tuple[str, ...]:
        """:returns: all names, the preferred one first; none of an unknown concept."""
        if concept_id not in self._found:
            places = ((kb, kb.resolve(concept_id)) for kb in self._kbs)
            kb, at = next(((kb, at[0]) for kb, at in places if at), (None, 0))
            names = () if kb is None else (kb.preferred_name(at), *kb.names_of(at))
            self._found[concept_id] = tuple(dict.fromkeys(names))
        return self._found[concept_id]

    def named(self, trait: Trait) -> Trait:
        """:returns: a trait by the names of its concepts, where all have one; else by its words."""
        names = [self.of(each) for each in trait.concept_ids]
        if not names or not all(names):
            return trait
        name = ", ".join(each[0] for each in names)
        aliases = names[0][1:] if len(names) == 1 else ()
        return Trait(trait.key, name, trait_kind(name), trait.concept_ids, aliases)

    def parts(self, traits: Iterable[Trait]) -> list[Trait]:
        """:returns: concepts that are parts of traits and none themselves, each once."""
        alone = {each.concept_ids[0] for each in traits if len(each.concept_ids) == 1}
        parts = {part for each in traits for part in each.concept_ids} - alone
        found = [(part, self.of(part)) for part in sorted(parts)]
        return [
            Trait(part, names[0], trait_kind(names[0]), (part,), names[1:])
            for part, names in found
            if names
        ]


class GeneNames:
    """What the encoder reads of a gene: its symbol and its name, which tells what it does.

    :param kb: the KB of genes; None where there is none, and symbols alone are read.
    """

    def __init__(self, kb: KnowledgeBase | None) -> None:
        self._texts: dict[str, str] = {}
        self._symbols: dict[str, str] = {}
        if kb is None:
            return
        others: dict[str, set[tuple[str, str]]] = {}
        for concept in kb:
            symbol, names = concept.name, concept.synonyms
            text = f"{symbol}, {names[0]}" if names else symbol
            self._texts[symbol] = self._texts[concept.concept_id] = text
            self._symbols[symbol] = symbol
            for name in names[1:]:
                others.setdefault(name, set()).add((symbol, text))
        for name, meant in others.items():
            # What two genes were called once, tells neither.
            if len(meant) == 1 and name not in self._texts:
                ((symbol, text),) = meant
                self._texts[name], self._symbols[name] = text, symbol

    def text(self, symbol: str) -> str:
        """:returns: what is read of a gene, by its symbol or id; empty for an unknown one."""
        return self._texts.get(symbol, "")

    def symbol(self, name: str) -> str:
        """:returns: the symbol of a gene by that or another name; the name of one that is
        unknown, or that several genes have.
        """
        return self._symbols.get(name, name)
