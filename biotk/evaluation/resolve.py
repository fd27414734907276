"""Gold ids against the ids of a knowledge base, and whether the two fit at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable

from biotk.document import Document, Mention
from biotk.errors import InputError

#: The KB's own ids that a gold id stands for, through retired ids and cross references; empty
#: where the KB does not have it.
Resolve = Callable[[str], frozenset[str]]

#: The ids of one gold concept each, empty for one that the KB does not have.
Groups = tuple[frozenset[str], ...]


def resolved(mention: Mention, resolve: Resolve) -> Groups:
    """:returns: for each different gold id of a mention what it resolves to; NIL has none."""
    return tuple(resolve(concept_id) for concept_id in dict.fromkeys(mention.concept_ids))


def gold_ids(documents: Iterable[Document]) -> frozenset[str]:
    """:returns: all gold ids of documents, for the slice of concepts unseen in training."""
    return frozenset(i for doc in documents for m in doc.mentions for i in m.concept_ids)


def check_coverage(
    mentions: Iterable[Mention], *, resolve: Resolve, kb_prefixes: Collection[str] = ()
) -> None:
    """Stop where a corpus and a KB do not belong together; worth doing before anything is linked.

    :param mentions: gold mentions.
    :param resolve: the KB's ids of a gold id.
    :param kb_prefixes: prefixes of the KB's ids, for the message.
    :raises InputError: if fewer than half of the mentions that are not NIL have an id in the KB.
    """
    prefixes: Counter[str] = Counter()
    total = found = 0
    for mention in mentions:
        groups = resolved(mention, resolve)
        total += bool(groups)
        found += any(groups)
        prefixes.update({_prefix(concept_id) for concept_id in mention.concept_ids})
    if 2 * found >= total:
        return
    common = ", ".join(f"{name} ({count})" for name, count in prefixes.most_common(5))
    known = ", ".join(sorted(kb_prefixes)[:20]) or "not given"
    raise InputError(
        f"only {found} of {total} gold mentions have an id that is in the knowledge base. Prefixes"
        f" in the corpus: {common}; in the knowledge base: {known}. A wrong prefix, or the wrong"
        f" knowledge base? To score all the same, allow low coverage."
    )


def _prefix(concept_id: str) -> str:
    head, colon, _ = concept_id.partition(":")
    return head if colon else "(none)"
