"""Constrained beam search over a trie of names; see docs/constrained-decoding.md."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from biotk.decoding.batch import BatchSearch
from biotk.decoding.options import SearchOptions
from biotk.decoding.result import Decoded
from biotk.decoding.ways import View, check_tokens
from biotk.errors import InputError
from biotk.index.token_trie import TokenTrie
from biotk.index.trie_subset import TrieSubset
from biotk.nn.inputs import Seq2SeqInput
from biotk.nn.name_model import NameModel


class ConstrainedSearch:
    """Finds the names of a trie that a model holds most likely for mentions.

    :param model: an encoder–decoder.
    :param trie: the names, as tokens of the model's tokenizer and without END.
    :param options: how to search.
    :raises InputError: the trie, or the NIL token, does not fit the model.

    >>> search = ConstrainedSearch(Seq2Seq.load("models/linker"), trie)     # doctest: +SKIP
    >>> search.search([Seq2SeqInput(source=(0, 713, 2), prefix=(2, 16))])   # doctest: +SKIP
    """

    def __init__(
        self, model: NameModel, trie: TokenTrie, options: SearchOptions | None = None
    ) -> None:
        self.model, self.trie = model, trie
        self.options = SearchOptions() if options is None else options
        check_tokens(trie, model.vocabulary_size)
        self._view = View(trie)
        nil = self.options.nil_id
        if nil is not None:
            known = 0 <= nil < model.vocabulary_size
            if not known or nil in self._view.root.tokens:
                raise InputError(
                    f"nil_id is {nil}: it must be a token of the model with which no name begins"
                )
        tokens, runs = self._view.root.tokens_and(0 if nil is None else nil, int(nil is not None))
        self._root_rows = model.output_rows(tokens, runs)

    def search(
        self,
        inputs: Sequence[Seq2SeqInput],
        *,
        subset: TrieSubset | None = None,
        among: TrieSubset | None = None,
    ) -> list[Decoded]:
        """Decode mentions. Equal ones are decoded once.

        A batch that is too large for the memory is split, and the rest goes on.

        :param inputs: one a mention.
        :param subset: the only names that may be found, a part of the trie. What others have
            counts for NIL.
        :param among: the only names that come into question, such as those of one type. What
            others have is shared out, as if the trie were without them; in ``vocabulary``, where
            nothing is shared, they are just not found. Of a subset, only what is in both is found,
            and what lies below nodes with other names of both kinds is not looked into: names may
            then deserve a little more than they are given, within the interval of NIL.
        :returns: what was found, in the order of the inputs; nothing depends on which mentions
            are searched together, but for rounding.
        :raises InputError: an input is empty or too long, the subset is of another trie, or the
            model's scores are no numbers.
        :raises MemoryError: there is not even memory for one mention.
        """
        for number, each in enumerate(inputs):
            told = self.problem(each)
            if told is not None:
                raise InputError(f"input {number}: {told}")
        view = self._view
        if subset is not None or among is not None:
            view = view.of(_both(subset, among), among=among)
        # Of like length together: less padding for the encoder.
        different = sorted(dict.fromkeys(inputs), key=lambda each: (len(each[0]), each))
        found: dict[Seq2SeqInput, Decoded] = {}
        size = self.options.batch_size
        for start in range(0, len(different), size):
            batch = different[start : start + size]
            found.update(zip(batch, self._run(view, batch)))
        return [found[each] for each in inputs]

    def _run(self, view: View, inputs: Sequence[Seq2SeqInput]) -> list[Decoded]:
        try:
            with torch.inference_mode():
                search = BatchSearch(self.model, view, self._root_rows, self.options, inputs)
                return search.run()
        except (MemoryError, RuntimeError) as error:
            if not _is_memory(error):
                raise
            told = str(error)
        # Out of the except block, which would keep what was computed so far alive.
        if len(inputs) == 1:
            raise MemoryError(
                f"no memory for one mention of {len(inputs[0].source)} tokens: {told}"
            )
        if self.model.device.type == "cuda":
            torch.cuda.empty_cache()
        half = len(inputs) // 2
        return self._run(view, inputs[:half]) + self._run(view, inputs[half:])

    def problem(self, each: Seq2SeqInput) -> str | None:
        """:returns: why an input cannot be searched, in words; None if it can."""
        limit = self.model.max_length
        lengths = {
            "source": len(each.source),
            # The names go on behind the prefix, and the positions must last for the longest.
            "prefix": len(each.prefix),
        }
        for name, length in lengths.items():
            if not length:
                return f"its {name} is empty"
            most = (
                None if limit is None else limit - (self._view.deepest if name == "prefix" else 0)
            )
            if most is not None and length > most:
                cut = "Cut the mention" if name == "prefix" else "Cut the context, or the mention"
                return (
                    f"its {name} has {length} tokens; the model has {limit} positions, which "
                    f"leaves {max(most, 0)}. {cut}"
                )
        return None


def _both(one: TrieSubset | None, other: TrieSubset | None) -> TrieSubset:
    parts = [part for part in (one, other) if part is not None]
    return parts[0] if len(parts) == 1 else parts[0] & parts[1]


def _is_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return "allocate memory" in str(error) or "out of memory" in str(error)
