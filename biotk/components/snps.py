"""``biotk_snps``: variants, found by rules."""

from __future__ import annotations

from spacy.tokens import Doc, Span

from biotk.components.extensions import add_getter
from biotk.components.plain import get_variants, set_variants, variant_of
from biotk.components.spans import split_tokens, whole_span
from biotk.genomics import Variant, find_variants

#: Where they stand in ``doc.spans``, if nothing else is asked for.
SPANS_KEY = "variants"


class SnpComponent:
    """Sets ``doc._.variants``, and ``span._.variant`` on each.

    ``doc.spans[spans_key]`` gets all of them, ``doc.ents`` those that may stand there; the
    ``kb_id_`` of each is its normalised form. A variant that starts or ends inside a token splits
    it. Put the component behind ``biotk_linker``, or give the linker ``labels``: it would seek
    variants in its KB.

    :param name: its name in the pipeline.
    :param label: the label of the spans.
    :param spans_key: where they stand in ``doc.spans``.
    :param set_ents: whether they are entities too.
    :param overwrite_ents: whether entities that a variant overlaps give way; else it does.
    """

    def __init__(
        self,
        name: str,
        *,
        label: str = "Variant",
        spans_key: str = SPANS_KEY,
        set_ents: bool = True,
        overwrite_ents: bool = False,
    ) -> None:
        self.name = name
        self.label = label
        self.spans_key = spans_key
        self.set_ents = set_ents
        self.overwrite_ents = overwrite_ents
        _add_getters()

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        # A process that was spawned has not seen the constructor.
        _add_getters()

    def __call__(self, doc: Doc) -> Doc:
        """Find the variants of a document."""
        variants = find_variants(doc.text)
        doc = split_tokens(doc, (offset for v in variants for offset in (v.start, v.end)))
        set_variants(doc, variants)
        spans = [self._span(doc, variant) for variant in variants]
        doc.spans[self.spans_key] = spans
        if self.set_ents:
            doc.ents = self._entities(doc, spans)
        return doc

    def _span(self, doc: Doc, variant: Variant) -> Span:
        span = whole_span(doc, variant.start, variant.end, self.label)
        return Span(doc, span.start, span.end, label=self.label, kb_id=variant.normalised)

    def _entities(self, doc: Doc, spans: list[Span]) -> list[Span]:
        first, second = (spans, doc.ents) if self.overwrite_ents else (doc.ents, spans)
        taken = {token.i for span in first for token in span}
        return [*first, *(span for span in second if taken.isdisjoint(range(span.start, span.end)))]


def _add_getters() -> None:
    add_getter(Doc, "variants", get_variants)
    add_getter(Span, "variant", variant_of)
