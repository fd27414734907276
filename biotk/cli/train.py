"""``biotk train``: models made of knowledge bases, annotated corpora and raw text."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.output import progress_bar, say
from biotk.cli.train_tagger import WRITTEN, tagger_cli
from biotk.errors import InputError

if TYPE_CHECKING:
    from biotk.training.places import Sources
    from biotk.training.recipe import Recipe

app = typer.Typer(
    help="Train models on your own knowledge base.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
app.command("tagger")(tagger_cli)

Run = Annotated[Path, typer.Option("--out", "-o", metavar="RUN", help="The run's folder.")]
Root = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="ROOT",
        help="Where the recipe's paths begin.",
        show_default="its own folder",
    ),
]


@app.callback()
def _train() -> None:
    """Train models on your own knowledge base."""


@app.command("linker")
def linker_cli(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/training.md.")
    ],
    out: Run,
    data: Root = None,
    processes: Annotated[
        int, typer.Option(min=1, help="That train together, each with batches of its own.")
    ] = 1,
    threads: Annotated[int, typer.Option(min=1, help="In each process.")] = 1,
    device: Annotated[
        str, typer.Option(help="cpu, or a GPU as torch names it: cuda. There one process trains.")
    ] = "cpu",
    stage: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Train this stage only; those before it are finished."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--fresh",
            help="Go on from the last checkpoint, or throw away what was trained (with --stage: "
            "of that stage and all after it).",
        ),
    ] = True,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.0, metavar="M", help="Stop after so many, with a checkpoint."),
    ] = None,
) -> None:
    """Train a generative linker, stage by stage, as a recipe says.

    The first time, the recipe's knowledge bases are built into RUN/kb. Each stage writes its
    figures to RUN/STAGE/log.jsonl, curves beside it, and checkpoints: after a kill the same command
    goes on from the last one, and comes to the same end. The model is RUN/model; its folder is the
    one line on stdout.

    For example:

    biotk train linker models/biotk-mini/recipe.toml --data data --out runs/mini --processes 2

    biotk link --model runs/mini/model --kb kb/mesh "kidney failure"
    """
    from biotk.training.places import check_places
    from biotk.training.recipe_file import read_recipe
    from biotk.training.run import RunOptions, check_device, train

    read = read_recipe(recipe, data=data)
    check_device(device, processes=processes)
    check_places(read, out)
    if not resume:
        _forget(read, out, stage)
    _build_kbs(read, out)
    options = RunOptions(
        processes=processes, threads=threads, device=device, stage=stage, minutes=minutes
    )
    try:
        with progress_bar(of_steps=True) as show:
            finished = train(read, out, options, say=say, show=show)
    except KeyboardInterrupt:
        say("stopped; the same command goes on from the last checkpoint")
        raise
    if finished:
        typer.echo(str(out / "model"))
    else:
        say("not finished; the same command goes on from the last checkpoint")


@app.command("encoder")
def encoder_cli(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/training-encoder.md.")
    ],
    out: Run,
    data: Root = None,
    threads: Annotated[int, typer.Option(min=1, help="Of torch.")] = 1,
    device: Annotated[str, typer.Option(help="cpu, or a GPU as torch names it: cuda.")] = "cpu",
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--fresh",
            help="Go on from the last checkpoint, or throw away what was trained.",
        ),
    ] = True,
    minutes: Annotated[
        float | None,
        typer.Option(min=0.0, metavar="M", help="Stop after so many, with a checkpoint."),
    ] = None,
) -> None:
    """Train a synonym encoder on the names of knowledge bases, as a recipe says.

    The first time, the recipe's knowledge bases are built into RUN/kb. Figures on concepts that
    are held out, and on tuning halves, are in RUN/pairs/log.jsonl, curves beside it: after a kill
    the same command goes on from the last checkpoint, and comes to the same end. The model is
    RUN/model; its folder is the one line on stdout.

    For example:

    biotk train encoder models/biotk-encoder/recipe.toml --data data --out runs/encoder --threads 2

    biotk kb search "kidney failure" --kb kb/mesh --encoder runs/encoder/model
    """
    import time

    from biotk.training.encoder import STAGE, EncoderTraining
    from biotk.training.encoder_recipe import read_encoder_recipe
    from biotk.training.places import check_sources
    from biotk.training.run import check_device

    until = None if minutes is None else time.monotonic() + 60 * minutes
    read = read_encoder_recipe(recipe, data=data)
    check_device(device, processes=1)
    check_sources(read, out)
    if not resume:
        _forget_stage(out, STAGE)
    _build_kbs(read, out)
    with progress_bar(of_steps=True) as show:
        training = EncoderTraining(read, out, device=device, threads=threads, say=say, show=show)
        finished = training.run(until=until)
    if finished:
        typer.echo(str(out / "model"))
    else:
        say("not finished; the same command goes on from the last checkpoint")


@app.command("fusion")
def fusion_cli(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/dense.md.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The JSON to write.")],
    data: Root = None,
) -> None:
    """Fit what the fused linker weighs, on the tuning halves of annotated documents.

    For example:

    biotk train fusion fusion.toml --data data --out fusion.json

    biotk evaluate linking --corpus dev.pubtator --kb mesh --linker fused --fusion fusion.json
    """
    from biotk.io.files import atomic_writer
    from biotk.training.fusion import fit_fusion, read_fusion_recipe

    weights = fit_fusion(read_fusion_recipe(recipe, data=data), say=say)
    with atomic_writer(out) as file:
        file.write(weights.to_json())
    typer.echo(str(out))


@app.command("sections")
def sections_cli(
    recipe: Annotated[
        Path, typer.Argument(metavar="RECIPE", help="A TOML file; docs/sections.md.")
    ],
    out: Run,
    data: Root = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            "--leave-out",
            metavar="FORMAT",
            help="A format of headings not to train on; repeatable. Tells how well the others "
            "carry over to it.",
        ),
    ] = None,
) -> None:
    """Train a section model, in minutes on one core; the same command makes the same weights.

    The model is RUN/model; its folder is the one line on stdout. Figures on held notes are in
    RUN/metrics.json, the titles that it was trained on in RUN/titles.txt: for `biotk evaluate
    sections --known`.

    For example:

    biotk train sections models/biotk-sections/recipe.toml --data data --out runs/sections

    biotk evaluate sections --corpus notes.jsonl --segmenter runs/sections/model
    """
    from biotk.training.section_recipe import read_section_recipe, without_formats
    from biotk.training.sections import train_sections

    read = without_formats(read_section_recipe(recipe, data=data), leave_out or ())
    train_sections(read, out, say=say)
    typer.echo(str(out / "model"))


def _forget(recipe: Recipe, out: Path, stage: str | None) -> None:
    names = [each.name for each in recipe.stages]
    for name in names[names.index(stage) :] if stage in names else names:
        _forget_stage(out, name)


def _forget_stage(out: Path, name: str) -> None:
    # Nothing but what a run has written is ever removed.
    for file in WRITTEN:
        (out / name / file).unlink(missing_ok=True)
    for model in ("model", ".model.draft"):
        shutil.rmtree(out / model, ignore_errors=True)


def _build_kbs(recipe: Sources, out: Path) -> None:
    """Build the recipe's KBs that are not there yet.

    :raises InputError: a source is not there, or gives no concept.
    """
    from biotk.cli.kb_build import build
    from biotk.kb.manifest import MANIFEST
    from biotk.training.places import kb_place

    for kb in recipe.kbs:
        place = kb_place(recipe, kb, out)
        if kb.build is None or place is None or (place / MANIFEST).is_file():
            continue
        if place.exists():
            raise InputError(f"{place} is there, and no knowledge base: take it away")
        say(f"building {place}")
        with progress_bar() as show:
            build(kb.build, place, name=kb.name, progress=show)
