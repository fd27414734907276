"""An annotator whose conduct the texts decide; worker processes import it by name."""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from biotk.batch import AnnotatorSpec
from biotk.document import Document, Link, Mention
from biotk.errors import InputError

_FEVER = re.compile("fever")


class FakeAnnotator:
    """Links each "fever"; what is in capitals in a text makes it misbehave."""

    def __init__(self, sleep: float = 0.0) -> None:
        self.sleep = sleep

    def annotate(self, batch: Sequence[Document]) -> list[Document]:
        return [self._one(document) for document in batch]

    def _one(self, document: Document) -> Document:
        time.sleep(self.sleep)
        text = document.text
        if "RAISE" in text:
            raise ValueError(f"cannot make sense of {text}")
        if "REFUSE" in text:
            raise InputError("the text is of a kind that is refused")
        if "DIE" in text:
            os._exit(9)
        if match := re.search("ONCE:(.*)", text):
            flag = Path(match[1])
            if not flag.exists():
                flag.touch()
                os._exit(9)
        if "CHAT" in text:
            print("a library that prints")
        link = Link("MESH:D005334", "Fever", "fever", 1.0, "exact")
        if "NAN" in text:
            link = replace(link, score=float("nan"))
        mentions = [
            Mention((match.span(),), "fever", "Disease", (link,)) for match in _FEVER.finditer(text)
        ]
        meta = {"threads": os.environ["OMP_NUM_THREADS"]} if "THREADS" in text else {}
        return replace(document, mentions=tuple(mentions), meta=meta)


def make(spec: AnnotatorSpec) -> FakeAnnotator:
    return FakeAnnotator(**spec.overrides)


def make_refusing(spec: AnnotatorSpec) -> FakeAnnotator:
    raise InputError(f"unknown pipeline {spec.pipeline!r}")


def make_broken(spec: AnnotatorSpec) -> FakeAnnotator:
    raise OSError("no such library")


def make_dying(spec: AnnotatorSpec) -> FakeAnnotator:
    os._exit(7)


def make_warning(spec: AnnotatorSpec) -> FakeAnnotator:
    """Warn once two workers are there; hang or die if the options say so of this worker."""
    folder, number = Path(spec.overrides["folder"]), worker_number()
    (folder / str(number)).touch()
    while len(there := sorted(int(each.name) for each in folder.iterdir())) < 2:
        time.sleep(0.01)
    ends = spec.overrides.get("ends") == there.index(number)
    if not (ends and spec.overrides["silent"]):
        logging.getLogger("biotk.components").warning("this KB lacks %s", "something")
    if ends and spec.overrides["dies"]:
        os._exit(7)
    while ends:
        time.sleep(60)
    return FakeAnnotator()


def make_building(spec: AnnotatorSpec) -> FakeAnnotator:
    """Build what is not there yet and warn, then hang: the worker that finds it does the work."""
    built = Path(spec.overrides["folder"]) / "built"
    try:
        (built.parent / "building").mkdir()
    except FileExistsError:
        while not built.exists():
            time.sleep(0.01)
        return FakeAnnotator()
    logging.getLogger("biotk.index").warning("built, with something left out")
    built.touch()
    while True:
        time.sleep(60)


def make_warning_and_broken(spec: AnnotatorSpec) -> FakeAnnotator:
    logging.getLogger("biotk").warning("this is about to go wrong")
    raise OSError("no such library")


def worker_number() -> int:
    """:returns: a number that is higher, the later a worker was started."""
    return int(multiprocessing.current_process().name.rpartition("-")[2])
