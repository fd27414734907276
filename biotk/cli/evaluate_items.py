"""Gold mentions given to a linker, in batches of documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biotk.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from biotk.cli.output import ShowProgress
    from biotk.document import Document, Mention
    from biotk.evaluation import LinkingItem
    from biotk.linking import Linker, Query
    from biotk.linking.registry import LinkerOptions

_DOCUMENTS = 32  # linked together
_WITH_SHORTLIST = ("generative", "cascade")


def linked_items(
    linker: Linker,
    documents: Sequence[Document],
    *,
    abbreviations: bool,
    show: ShowProgress = lambda step, done, total: None,
) -> tuple[list[LinkingItem], int]:
    """Link the gold mentions of a corpus.

    :param abbreviations: whether short forms are written out.
    :param show: told how many documents are done.
    :returns: an item each, and how many mentions a model could not be given.
    """
    from biotk.evaluation import LinkingItem
    from biotk.linking.generative import REFUSED

    items: list[LinkingItem] = []
    n_refused = 0
    for start in range(0, len(documents), _DOCUMENTS):
        batch = documents[start : start + _DOCUMENTS]
        asked = list(_asked(batch, abbreviations=abbreviations))
        links = linker.link_batch([query for _, _, query, _ in asked], exhaustive=True)
        for (document, mention, _, is_short), link in zip(asked, links, strict=True):
            n_refused += REFUSED in link.reasons
            items.append(
                LinkingItem(
                    document.id,
                    mention,
                    link.candidates,
                    predicted_nil=link.is_nil,
                    is_abbreviation=is_short,
                )
            )
        show("linking", start + len(batch), len(documents))
    return items, n_refused


def _asked(
    documents: Sequence[Document], *, abbreviations: bool
) -> Iterator[tuple[Document, Mention, Query, bool]]:
    from biotk.linking.long_forms import LongForms, long_form_of
    from biotk.linking.query import query_of
    from biotk.text.abbreviations import find_abbreviations

    for document in documents:
        forms = LongForms(find_abbreviations(document.text))
        for mention in document.mentions:
            query = query_of(document.text, mention, forms if abbreviations else None)
            yield document, mention, query, long_form_of(mention, forms) is not None


def linker_options(
    linker: str,
    *,
    model: str | None,
    shortlist: str | None,
    encoder: str | None = None,
    fusion: Path | None = None,
) -> LinkerOptions:
    """:returns: what the command line said of a linker.

    :raises InputError: a short list for a model was asked of the lexical linker.
    :raises UnknownNameError: there is no such shortlist.
    """
    from biotk.linking.registry import LinkerOptions
    from biotk.linking.shortlist import SHORTLISTS

    if linker not in _WITH_SHORTLIST and shortlist is not None:
        raise InputError(
            f"--shortlist is for a model, and the {linker} linker has no use for it: "
            "choose the linker generative or cascade"
        )
    chosen = next((each for each in SHORTLISTS if each == shortlist), None)
    if shortlist is not None and chosen is None:
        raise UnknownNameError("shortlist", shortlist, SHORTLISTS)
    return LinkerOptions(model=model, shortlist=chosen, encoder=encoder, fusion=fusion)


def model_report(linker: Linker, n_refused: int) -> dict[str, Any]:
    """:returns: what a report says of a linker's model and encoder; nothing where it has none."""
    from biotk.linking import CascadeLinker, DenseLinker, FusedLinker, GenerativeLinker

    generative = linker.generative if isinstance(linker, CascadeLinker | FusedLinker) else linker
    dense = linker.dense if isinstance(linker, FusedLinker) else linker
    report: dict[str, Any] = {}
    if isinstance(dense, DenseLinker):
        encoder = dense.search.encoder
        report["encoder"] = {"fingerprint": encoder.fingerprint, "dim": encoder.dim}
    if not isinstance(generative, GenerativeLinker):
        return report
    options = generative.options
    return report | {
        "model": {
            "name": generative.generator.name,
            "normalisation": options.normalisation,
            "beams": options.beams,
            "shortlist": generative.config.shortlist,
            "n_refused": n_refused,
        }
    }
