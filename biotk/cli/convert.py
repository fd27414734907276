"""``biotk convert``: files of others made into what BioTK reads."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.convert_sections import sections_cli
from biotk.cli.output import counted, progress_bar, say

if TYPE_CHECKING:
    from biotk.nn.convert import Conversion

app = typer.Typer(
    help="Make what BioTK reads of the files of others.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command("sections")(sections_cli)

#: Of a list of names, so many are shown.
_SHOWN = 5


class Dtype(StrEnum):
    """The dtypes that weights are stored in."""

    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


@app.callback()
def _convert() -> None:
    """Make what BioTK reads of the files of others."""


@app.command("checkpoint")
def checkpoint_cli(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A folder with config.json and pytorch_model.bin or model.safetensors, in parts "
            "too; or the name of a hub model, owner/name, which is fetched.",
        ),
    ],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="The folder to make.")],
    dtype: Annotated[
        Dtype, typer.Option(help="Of the weights; the smaller ones take half of the room.")
    ] = Dtype.float32,
    tokenizer: Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            help="A folder or hub model to take the tokenizer from, where SOURCE has none.",
        ),
    ] = None,
    revision: Annotated[str | None, typer.Option(help="Of a hub model.")] = None,
    drop_extra: Annotated[
        bool,
        typer.Option("--drop-extra", help="Leave out weights that the model has no place for."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a checkpoint that is there.")
    ] = False,
) -> None:
    """Make safetensors of an encoder–decoder's checkpoint: BioBART, GenBioEL, BART, mBART, T5, mT5.

    A .bin file is a pickle, and may run a program when it is read. Here it is read by an unpickler
    that knows weights alone, once, and never again. Every weight is checked, the result is loaded
    and compared with what was read. Nothing is at TARGET before all of it is.

    For example:

    biotk convert checkpoint GanjinZero/biobart-base biobart-base

    biotk convert checkpoint runs/checkpoint-20000 mine --tokenizer facebook/bart-large
    """
    from biotk.nn.convert import convert_checkpoint

    with progress_bar() as show:
        done = convert_checkpoint(
            source, target, dtype=dtype.value, tokenizer=tokenizer, revision=revision,
            drop_extra=drop_extra, overwrite=force, progress=show,
        )  # fmt: skip
    _tell(done)


def _tell(done: Conversion) -> None:
    say(f"read from {_some([path.name for path in done.files])}")
    if done.renaming.removed:
        say(f"{done.renaming.removed!r} was taken off the names of weights")
    if done.renaming.added:
        say(f"{done.renaming.added!r} was put before the names of weights")
    for name in done.made:
        say(f"{name} was not there; it is zeros then")
    if done.left_out:
        left_out = counted(len(done.left_out), "weight")
        say(f"left out, with no place in the model: {left_out}: {_some(done.left_out)}")
    if done.passed_over:
        say(f"left out, no weights: {_some(done.passed_over)}")
    typer.echo(f"{done.folder}: {done.n_parameters:,} parameters, {done.dtype}")
    typer.echo(f"model.safetensors: {done.n_bytes / 1e6:,.1f} MB, sha256 {done.sha256}")


def _some(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
