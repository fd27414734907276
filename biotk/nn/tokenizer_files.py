"""The tokenizer of a checkpoint, loaded and checked.

transformers makes one that knows no piece, and so turns every text into nothing, where a folder has
no files of a tokenizer. Here that is an error.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from biotk.errors import InputError
from biotk.nn.checkpoint_files import told

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: What tokenizers are stored in; any of them is enough to be tried.
PIECES = (
    "tokenizer.json",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
)
#: What stands beside them.
SETTINGS = ("merges.txt", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json")


def load_tokenizer(name: str | Path, folder: Path, *, vocabulary_size: int) -> Tokenizer:
    """Load the tokenizer of a checkpoint; code that comes with it is not run.

    :param name: of the model, for messages.
    :param folder: where it is.
    :param vocabulary_size: how many tokens the model knows.
    :raises InputError: there is none, it cannot be read, or it has tokens that the model has not.
    """
    from transformers import AutoTokenizer

    if not any((folder / file).is_file() for file in PIECES):
        raise InputError(
            f"model {name}: the folder has no tokenizer ({', '.join(PIECES[:2])} …). Copy the "
            "files of the tokenizer that it was trained with into it"
        )
    try:
        loaded: Any = AutoTokenizer.from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,  # else it asks on stdin
        )
        tokenizer: Tokenizer = loaded.backend_tokenizer
        pieces: dict[str, int] = tokenizer.get_vocab()
    except Exception as error:  # a value of a wrong type may lead to any of them
        raise InputError(
            f"model {name}: its tokenizer cannot be read: {told(error)}. Take its files anew "
            "from where the model is from"
        ) from None
    plain = set(pieces) - set(loaded.all_special_tokens)
    if not plain:
        raise InputError(
            f"model {name}: its tokenizer has no pieces but special ones; its files are missing "
            "or empty. Take them anew from where the model is from"
        )
    above = sorted(piece for piece in plain if pieces[piece] >= vocabulary_size)
    if above:
        raise InputError(
            f"model {name}: {len(above)} tokens of its tokenizer are not among the "
            f"{vocabulary_size} that the model knows: {', '.join(map(repr, above[:3]))}. "
            "Take the tokenizer that it was trained with"
        )
    return tokenizer
