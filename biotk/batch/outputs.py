"""The files of a run, written so that a kill at any moment leaves a state to go on from.

Each input gives exactly one line: in the output, or with its index in the file of failures. Of
each batch the failures are written first, so that the failures are complete as far as the output
goes: the number of complete lines in both tells which inputs are done.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from biotk.batch.results import Result, encode_line
from biotk.errors import InputError

try:
    import fcntl
except ImportError:  # Windows has no flock; two runs into one file are not caught there
    fcntl = None  # type: ignore[assignment]


class OutputFiles:
    """The output, the file of failures and the record of the run, of one output path.

    :param path: the output, ``notes.jsonl``. Its failures go to ``notes.failed.jsonl``, the
        record of the run to ``notes.jsonl.run.json``.
    :raises InputError: the path is no place for an output.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        stem = self.path.name.removesuffix(".jsonl")
        self.failed_path = self.path.with_name(f"{stem}.failed.jsonl")
        self.record_path = self.path.with_name(f"{self.path.name}.run.json")
        if self.path.suffix == ".gz":
            raise InputError(f"{path}: a gzipped output cannot be resumed; leave the .gz off")
        if self.path.is_dir():
            raise InputError(f"{path} is a folder; -o takes the name of a file")
        self._out: IO[bytes] | None = None
        self._failed: IO[bytes] | None = None

    def count_failures(self) -> int:
        """:returns: how many inputs have failed so far, in this run and those it goes on from."""
        if not self.failed_path.is_file():
            return 0
        with self.failed_path.open("rb") as file:
            return sum(1 for _ in file)

    def check_inputs(self, inputs: Sequence[str | Path]) -> None:
        """Make sure that the output is none of the inputs, and within none of them.

        :raises InputError: if it is.
        """
        ours = [p.resolve() for p in (self.path, self.failed_path, self.record_path)]
        for given in inputs:
            source = Path(given).resolve()
            if source in ours:
                raise InputError(f"{given} is both an input and written to; choose another -o")
            if source.is_dir() and ours[0].is_relative_to(source):
                raise InputError(
                    f"the output {self.path} lies within the input {given} and would be read as"
                    f" a part of it; choose another place for -o"
                )

    @property
    def exist(self) -> bool:
        """Whether there is something of an earlier run."""
        return self.path.exists() or self.failed_path.exists()

    @property
    def began(self) -> bool:
        """Whether there is a run to go on with: it has left a record, or lines without one."""
        return self.path.exists() and (self.record_path.exists() or self.path.stat().st_size > 0)

    def open(self) -> None:
        """Open the output for appending, and keep others from it.

        :raises InputError: another run is writing to it.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._out = self.path.open("ab")
        if fcntl is None:
            return
        try:
            fcntl.flock(self._out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise InputError(f"another run is writing to {self.path}") from None
        except OSError:  # some network file systems have no locks
            pass

    def begin(self, record: Mapping[str, Any]) -> None:
        """Begin anew: nothing of an earlier run stays.

        The record goes first and comes last, so that a kill in between leaves no output beside a
        record that is not its own.

        :param record: what this run is.
        """
        self.record_path.unlink(missing_ok=True)
        self.truncate(0, 0)
        draft = self.record_path.with_name(f"{self.record_path.name}.{os.getpid()}.tmp")
        draft.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
        draft.replace(self.record_path)

    def truncate(self, out: int, failed: int) -> None:
        """Cut the files to what is complete.

        :param out: bytes of the output that stay.
        :param failed: bytes of the failures that stay.
        """
        if out < self.path.stat().st_size:
            os.truncate(self.path, out)
        if failed:
            os.truncate(self.failed_path, failed)
        else:
            self.failed_path.unlink(missing_ok=True)

    def write(self, results: Sequence[Result]) -> None:
        """Append the results of a batch: failures first."""
        failures = b"".join(map(failure_line, (r for r in results if r.failed)))
        if failures:
            if self._failed is None:
                self._failed = self.failed_path.open("ab")
            self._failed.write(failures)
            self._failed.flush()
            os.fsync(self._failed)  # they are few; so the order holds if the machine stops too
        if self._out is not None:
            self._out.write(b"".join(result.line for result in results))
            self._out.flush()

    def close(self) -> None:
        """Close the files; what was written stays."""
        for file in (self._failed, self._out):
            if file is not None:
                with contextlib.suppress(OSError):  # the disk is full, and write() has said so
                    file.close()
        self._out = self._failed = None


def failure_line(result: Result) -> bytes:
    """:returns: the line of a failed input: its index, id and error, nothing of its text."""
    return encode_line({"index": result.index, "id": result.id, "error": result.error})


def iter_complete(path: Path) -> Iterator[tuple[int, bytes]]:
    """Read the complete lines of a file.

    :returns: the offset behind each line, and the line. A last one without its end is left out.
    """
    if not path.exists():
        return
    offset = 0
    with path.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            yield offset, line


def parse_line(path: Path, number: int, line: bytes) -> dict[str, object]:
    """:returns: the object in a line of ours.

    :raises InputError: the line is not of our making.
    """
    try:
        values = json.loads(line)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise InputError(
            f"{path}:{number}: not a line that biotk annotate writes; cut the file before it and"
            f" --resume, or begin anew with --overwrite"
        )
    return values
