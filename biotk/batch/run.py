"""Annotate files: read, annotate, write, in the order of the inputs."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from biotk.batch.engine import AnnotatorSpec, MakeAnnotator, load, make_annotator
from biotk.batch.inputs import InputProblems, iter_batches, iter_items
from biotk.batch.outputs import OutputFiles
from biotk.batch.pool import WorkerPool
from biotk.batch.progress import Reporter, Silent, Tally
from biotk.batch.results import Item, Result, Want, annotate_batch
from biotk.batch.resume import check_record, replay, run_record
from biotk.document import Document
from biotk.errors import BioTKError, InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How a run is done. Workers and batch size change nothing in what is written.

    :param workers: processes that annotate; 1 is this process itself.
    :param batch_size: how many documents are annotated at once.
    :param text: write the notes' text into the output.
    :param limit: how many inputs are read at most.
    :param encoding: how the characters of plain texts are stored.
    :param resume: go on with the output of an earlier run.
    :param overwrite: begin anew where there is an output.
    :param fail_fast: stop at the first document that fails.
    """

    workers: int = 1
    batch_size: int = 32
    text: bool = True
    limit: int | None = None
    encoding: str = "utf-8"
    resume: bool = False
    overwrite: bool = False
    fail_fast: bool = False

    def check(self) -> None:
        """:raises InputError: options that make no sense, alone or together."""
        for name, value, least in (
            ("workers", self.workers, 1),
            ("batch_size", self.batch_size, 1),
            ("limit", 0 if self.limit is None else self.limit, 0),
        ):
            if value < least:
                raise InputError(f"{name} is {value}, it has to be at least {least}")
        if self.resume and self.overwrite:
            raise InputError("resume and overwrite exclude each other: go on, or begin anew?")


class DocumentFailedError(BioTKError):
    """A document failed, and the run was to stop there."""


def annotate_files(
    inputs: Sequence[str | Path],
    spec: AnnotatorSpec,
    *,
    out: str | Path | IO[bytes] | None = None,
    options: BatchOptions = BatchOptions(),
    make: MakeAnnotator = make_annotator,
    on_document: Callable[[Document], None] | None = None,
    on_failure: Callable[[Result], None] | None = None,
    reporter: Reporter | None = None,
) -> Tally:
    """Annotate files and folders; one line of JSON a document, in the order of the inputs.

    With a path as ``out``, inputs that fail go to ``<out>.failed.jsonl`` and a run that was
    killed can go on where it stopped: nothing is lost and nothing doubled.

    :param inputs: files and folders: text, JSON Lines, PubTator, gzipped or not.
    :param spec: what annotates.
    :param out: a path, or a binary file that is open for writing.
    :param make: makes the annotator; a function of a module where there are several workers.
    :param on_document: called with each annotated document, in order; after a resume with those
        of the earlier run too.
    :param on_failure: called with each input that failed, in order.
    :param reporter: is told how the run goes.
    :returns: what was done.
    :raises InputError: an input, an option or an output that is not what it has to be.
    :raises DocumentFailedError: a document failed and ``fail_fast`` is set. It is not recorded,
        so that a resume tries it again.
    """
    options.check()
    files = OutputFiles(out) if isinstance(out, (str, Path)) else None
    stream = None if isinstance(out, (str, Path)) else out
    resuming = _check_output(files, inputs, options)
    want = Want(text=options.text, document=on_document is not None)
    problems = InputProblems()
    items = iter_items(inputs, problems=problems, limit=options.limit, encoding=options.encoding)
    tally, reporter = Tally(), reporter or Silent()
    record = run_record(spec, want, inputs, encoding=options.encoding)
    reporter.start(inputs, options.limit)
    try:
        if files is not None and resuming:
            files.open()
            check_record(files.record_path, record)
            tally.skipped = replay(files, items, on_document=on_document).documents
        began = time.perf_counter()

        def loaded() -> None:
            tally.loading = time.perf_counter() - began
            reporter.update(tally)

        with closing(_annotated(items, spec, make, want, options, loaded)) as batches:
            first = next(batches, [])
            if files is not None and not resuming:
                # Only now: a pipeline that cannot be loaded costs nobody an earlier output.
                files.open()
                files.begin(record)
            for results in _chain(first, batches):
                kept = _until_failure(results) if options.fail_fast else results
                if files is not None:
                    files.write(kept)
                elif stream is not None:
                    stream.write(b"".join(result.line for result in kept))
                    stream.flush()
                _tell(kept, on_document, on_failure)
                _count(tally, kept, time.perf_counter() - began)
                tally.faults = problems.faults
                reporter.update(tally)
                if len(kept) < len(results):
                    raise _failed(results[len(kept)])
        tally.finished = True
    finally:
        if files is not None:
            files.close()
        reporter.stop(tally)
    return tally


def _check_output(
    files: OutputFiles | None, inputs: Sequence[str | Path], options: BatchOptions
) -> bool:
    """:returns: whether there is an earlier run to go on with."""
    if files is None:
        if options.resume:
            raise InputError("resume needs an output file to go on with (-o)")
        return False
    files.check_inputs(inputs)
    if files.exist and not (options.resume or options.overwrite):
        there = files.path if files.path.exists() else files.failed_path
        raise InputError(f"{there} exists: --resume goes on with it, --overwrite begins anew")
    return options.resume and files.began


def _annotated(
    items: Iterator[Item],
    spec: AnnotatorSpec,
    make: MakeAnnotator,
    want: Want,
    options: BatchOptions,
    loaded: Callable[[], None],
) -> Generator[list[Result]]:
    """Annotate in this process or in others; nothing is loaded where nothing is left to do."""
    batches = iter_batches(items, size=options.batch_size)
    if options.workers > 1:
        with WorkerPool(make, spec, workers=options.workers, want=want, on_ready=loaded) as pool:
            yield from pool.run(batches)
        return
    annotator = None
    for batch in batches:
        if annotator is None:
            annotator = load(make, spec)
            loaded()
        yield annotate_batch(annotator, batch, want)


def _chain(first: list[Result], rest: Iterator[list[Result]]) -> Iterator[list[Result]]:
    if first:
        yield first
        yield from rest


def _until_failure(results: list[Result]) -> list[Result]:
    failed = (place for place, result in enumerate(results) if result.failed)
    return results[: next(failed, len(results))]


def _failed(result: Result) -> DocumentFailedError:
    name = "" if result.id is None else f" ({result.id!r})"
    return DocumentFailedError(f"input {result.index}{name} failed: {result.error}")


def _tell(
    results: Sequence[Result],
    on_document: Callable[[Document], None] | None,
    on_failure: Callable[[Result], None] | None,
) -> None:
    for result in results:
        if result.failed:
            if on_failure is not None:
                on_failure(result)
        elif on_document is not None and result.document is not None:
            on_document(result.document)


def _count(tally: Tally, results: Sequence[Result], seconds: float) -> None:
    tally.documents += len(results)
    tally.words += sum(result.words for result in results)
    tally.failed += sum(result.failed for result in results)
    tally.seconds = seconds
