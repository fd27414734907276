"""``biotk annotate``: files in, one line of JSON a document out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.detector_options import OtherDetector, Tagger
from biotk.cli.kb_argument import open_named
from biotk.cli.linker_options import (
    CalibrationOption,
    Dial,
    Encoder,
    Fusion,
    Learned,
    Model,
    Nil,
    OtherLinker,
    RouterOption,
)
from biotk.cli.output import FAILED, say
from biotk.cli.subset_options import (
    Branch,
    Ids,
    PartOptions,
    SectionTypes,
    Source,
    Subset,
    Types,
    section_subsets,
)
from biotk.errors import BioTKError

if TYPE_CHECKING:
    from biotk.batch import AnnotatorSpec, BatchOptions
    from biotk.batch.engine import MakeAnnotator
    from biotk.batch.progress import Tally
    from biotk.batch.results import Result
    from biotk.document import Document
    from biotk.kb import KnowledgeBase

INTERRUPTED = 130


def annotate_cli(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Files and folders: text, JSON Lines, PubTator, .gz of these. - is stdin: a text.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The output, JSON Lines. Without it: stdout."),
    ] = None,
    pipeline: Annotated[
        str, typer.Option(help="The name of a pipeline, or a folder that holds one.")
    ] = "clinical",
    kb: Annotated[
        str | None, typer.Option(help="Another KB: its directory, or the name of an embedded one.")
    ] = None,
    linker: OtherLinker = None,
    model: Model = None,
    encoder: Encoder = None,
    fusion: Fusion = None,
    learned_names: Learned = None,
    router: RouterOption = None,
    dial: Dial = None,
    nil: Nil = None,
    calibration: CalibrationOption = None,
    detector: OtherDetector = None,
    tagger: Tagger = None,
    variants: Annotated[
        bool,
        typer.Option("--variants", help="Seek variants too: rsIDs, HGVS, star alleles."),
    ] = False,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    section_types: SectionTypes = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Processes that annotate. The output is the same with any.")
    ] = 1,
    batch_size: Annotated[int, typer.Option(min=1, help="Documents annotated at once.")] = 32,
    limit: Annotated[int | None, typer.Option(min=0, help="Read so many inputs at most.")] = None,
    encoding: Annotated[
        str, typer.Option(help="How the characters of plain texts are stored, as in latin-1.")
    ] = "utf-8",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an output whose run was ended.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Begin anew where there is an output.")
    ] = False,
    no_text: Annotated[
        bool,
        typer.Option("--no-text", help="Leave the notes' text out; mentions and titles stay."),
    ] = False,
    view: Annotated[
        bool, typer.Option("--view", help="Show the annotated notes on stdout, to be read.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="Draw the annotated notes into this HTML file.")
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first document that fails.")
    ] = False,
) -> None:
    """Find and link the concepts in notes and papers, and the sections of notes.

    One line of JSON per document, in the order of the inputs. Documents that fail go to
    OUT.failed.jsonl, with id and error and without their text, and the rest goes on. After a kill
    `--resume` goes on exactly where it stopped. Without -o, --view or --html, JSON goes to stdout.

    Exit code: 0 all went well, 1 some documents failed, 2 wrong arguments.

    For example:

    biotk annotate note.txt --view

    echo "He has a fever." | biotk annotate - --view

    biotk annotate notes/ -o notes.jsonl --workers 4

    biotk annotate notes/ -o notes.jsonl --workers 4 --resume

    biotk annotate notes/ -o tumours.jsonl --types Disease --branch MESH:D009369

    biotk annotate notes/ -o notes.jsonl --section-types medications=Chemical

    biotk annotate notes/ -o notes.jsonl --linker cascade --model models/mine

    biotk annotate notes/ -o notes.jsonl --variants

    biotk annotate paper.txt --pipeline literature --detector both --tagger runs/tagger/model --view
    """
    from biotk.batch import AnnotatorSpec, BatchOptions

    how = {"linker": linker, "model": model, "encoder": encoder, "fusion": fusion and str(fusion)}
    how |= {"nil": nil, "calibration": calibration, "router": router}
    how["learned_names"] = learned_names
    given = {"kb": kb, **how, "dial": dial, "detector": detector, "tagger": tagger}
    overrides: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    overrides |= {"variants": True} if variants else {}
    part = PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset)
    if part:
        overrides |= part.overrides(_kb_of(pipeline, kb))
    if section_types:
        overrides["section_subsets"] = section_subsets(section_types, _kb_of(pipeline, kb))
    code = _run_or_blame_kb(
        lambda: _kb_of(pipeline, kb),
        inputs,
        AnnotatorSpec(pipeline, overrides),
        BatchOptions(
            workers=workers,
            batch_size=batch_size,
            text=not no_text,
            limit=limit,
            encoding=encoding,
            resume=resume,
            overwrite=overwrite,
            fail_fast=fail_fast,
        ),
        out=out,
        view=view,
        html=html,
    )
    raise typer.Exit(code)


def _run_or_blame_kb(open_its_kb: Callable[[], KnowledgeBase], *given: Any, **options: Any) -> int:
    """Run, and where something failed, tell if the KB is damaged: that may be the reason.

    :returns: the exit code.
    :raises KbCorruptError: something failed, and the KB is damaged.
    """
    try:
        code = annotate(*given, **options)
    except BioTKError as error:
        if type(error) is BioTKError:  # the pipeline cannot be loaded, whatever the reason
            open_its_kb().check_tables()
        raise
    if code == FAILED:
        open_its_kb().check_tables()
    return code


def _kb_of(pipeline: str, kb: str | None) -> KnowledgeBase:
    """Only the KB can say what a name or a file of ids means."""
    if kb is None:
        from biotk.components.pipelines import pipeline_kb

        kb = pipeline_kb(pipeline)
    return open_named(kb)


def annotate(
    inputs: list[Path],
    spec: AnnotatorSpec,
    options: BatchOptions,
    *,
    out: Path | None = None,
    view: bool = False,
    html: Path | None = None,
    make: MakeAnnotator | None = None,
) -> int:
    """Run the command.

    :param make: what makes the annotator, where it is not a spaCy pipeline.
    :returns: the exit code.
    :raises BioTKError: the run cannot be done.
    """
    try:
        tally = _run(inputs, spec, options, out=out, view=view, html=html, make=make)
    except BioTKError:
        raise  # some of them are an OSError too
    except KeyboardInterrupt:
        say("Interrupted." + ("" if out is None else " Go on with --resume."))
        return INTERRUPTED
    except BrokenPipeError:  # whoever read stdout has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        say(f"Error: {error.strerror or type(error).__name__}: {error.filename or 'output'}")
        return FAILED
    earlier = 0
    if out is not None and options.resume:
        from biotk.batch.outputs import OutputFiles

        earlier = OutputFiles(out).count_failures() - tally.failed
        if earlier > 0:
            say(f"{earlier} documents had failed before; they are not tried again.")
    return FAILED if tally.failed or earlier > 0 else 0


def _run(
    inputs: list[Path],
    spec: AnnotatorSpec,
    options: BatchOptions,
    *,
    out: Path | None,
    view: bool,
    html: Path | None,
    make: MakeAnnotator | None,
) -> Tally:
    from rich.console import Console

    from biotk.batch import annotate_files, make_annotator
    from biotk.batch.html import HtmlPage
    from biotk.batch.progress import ConsoleReporter

    with ExitStack() as stack:
        viewers: list[Callable[[Document], None]] = []
        if view:
            viewers.append(_viewer())
        if html is not None:
            title = ", ".join(path.name for path in inputs[:3]) + (" …" if inputs[3:] else "")
            viewers.append(stack.enter_context(HtmlPage(html, title=title)).add)
        to_stdout = out is None and not viewers
        return annotate_files(
            inputs,
            spec,
            out=sys.stdout.buffer if to_stdout else out,
            options=options,
            make=make or make_annotator,
            on_document=_each(viewers),
            on_failure=_report_failure if out is None else None,
            reporter=ConsoleReporter(Console(stderr=True)),
        )


def _each(viewers: list[Callable[[Document], None]]) -> Callable[[Document], None] | None:
    def show(document: Document) -> None:
        for viewer in viewers:
            viewer(document)

    return show if viewers else None


def _viewer() -> Callable[[Document], None]:
    from rich.console import Console

    from biotk.batch.view import print_view

    console = Console(file=sys.stdout)
    return lambda document: print_view(document, console)


def _report_failure(result: Result) -> None:
    name = "" if result.id is None else f" ({result.id!r})"
    say(f"input {result.index}{name} failed: {result.error}")
