"""What a linker is asked: a mention, where it stands, and what else is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from biotk.document import Mention
from biotk.linking.long_forms import LongForms, long_form_of


@dataclass(frozen=True, slots=True)
class Query:
    """A mention in its passage.

    :param text: the mention; of one with several ranges, what stands in them.
    :param type: its entity type; concepts of that type are preferred.
    :param long_form: the mention with its short forms written out, if it has any.
    :param passage: the text around it. Empty: nothing is known of it, and the mention is taken for
        the whole.
    :param start: where the mention begins in the passage.
    :param end: where it ends.
    :param score: how sure a detector is of the mention; None where nobody has said so.

    >>> Query("HF", long_form="heart failure").looked_up
    'heart failure'
    """

    text: str
    type: str | None = None
    long_form: str | None = None
    passage: str = ""
    start: int = 0
    end: int = 0
    score: float | None = None

    @property
    def looked_up(self) -> str:
        """What is looked for: the mention written out."""
        return self.text if self.long_form is None else self.long_form

    @property
    def written_out(self) -> str | None:
        """The long form, where it is not the mention itself."""
        return None if self.long_form == self.text else self.long_form

    @property
    def place(self) -> tuple[str, int, int]:
        """The passage, and where the mention begins and ends in it."""
        if self.passage:
            return self.passage, self.start, self.end
        return self.text, 0, len(self.text)


def query_of(text: str, mention: Mention, forms: LongForms | None = None) -> Query:
    """Ask about a mention of a document.

    :param text: the document's text.
    :param mention: the mention.
    :param forms: writes its short forms out; None leaves them as they are.
    """
    long_form = None if forms is None else long_form_of(mention, forms)
    return Query(
        mention.text, mention.type, long_form, text, mention.start, mention.end, mention.score
    )
