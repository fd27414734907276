"""Follow a recipe: take the tables out of the packages, run the steps, write the name table."""

from __future__ import annotations

import gzip
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biotk.kb.manifest import sha256_file
from biotk.kb.readers import ReaderOptions, read_concepts
from biotk.kb.recipes.package import extract_members, find_package
from biotk.kb.recipes.recipe import Recipe, TableInfo
from biotk.kb.recipes.steps import run_step
from biotk.kb.recipes.table import Table
from biotk.kb.recipes.unii import UNII_FORMAT, iter_unii_names
from biotk.types import Concept


@dataclass(slots=True)
class CompileReport:
    """What came out.

    :param info: the table, as it should stand in the recipe.
    :param read: how many concepts each source had.
    :param kept: how many concepts each source gave, or gave names to.
    :param counts: what the steps of each source did.
    """

    info: TableInfo
    read: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)


def compile_recipe(recipe: Recipe, *, packages: Path | str, out: Path | str) -> CompileReport:
    """Make a name table.

    :param recipe: how.
    :param packages: the folder with the packages' wheels.
    :param out: the table to write, packed with gzip.
    :returns: what came out; compare ``report.info`` with ``recipe.table``.
    :raises InputError: a wheel is not there, is another, or lacks a file.
    :raises FormatError: a row of a source is wrong.
    """
    out = Path(out)
    wheels = [find_package(package, packages) for package in recipe.packages]
    report = CompileReport(TableInfo(file=out.name))
    with tempfile.TemporaryDirectory() as folder:
        wanted = set(_members(recipe))
        beside = {name: recipe.path.parent / name for name in wanted if name.startswith("./")}
        packed = sorted(wanted - beside.keys())
        table = Table({**extract_members(wheels, packed, Path(folder)), **beside})
        for source in recipe.sources:
            _take_source(recipe, source.id, table, report)
    report.info = _write(out, list(table.finished()))
    return report


def _members(recipe: Recipe) -> Iterator[str]:
    for source in recipe.sources:
        yield source.member
        for _, parameters in source.steps:
            if "member" in parameters:
                yield parameters["member"]
            for registry in parameters.get("registries", ()):
                yield registry["member"]


def _take_source(recipe: Recipe, source_id: str, table: Table, report: CompileReport) -> None:
    by_id = {source.id: source for source in recipe.sources}
    source = by_id[source_id]
    companion = by_id[source.companion].member if source.companion else None
    options = ReaderOptions(
        source=source.vocabulary,
        companion=None if companion is None else table.members[companion],
    )
    path = table.members[source.member]
    if source.format == UNII_FORMAT:
        concepts = list(iter_unii_names(path))
    else:
        concepts = list(read_concepts(path, format=source.format, options=options))
    report.read[source_id] = len(concepts)
    for concept in concepts:
        table.see(concept)
    before = table.counts.copy()
    for name, parameters in source.steps:
        concepts = run_step(name, concepts, table, parameters)
    table.take(concepts)
    report.kept[source_id] = len(concepts)
    report.counts[source_id] = table.counts - before


def _write(out: Path, concepts: list[Concept]) -> TableInfo:
    lines = "".join(map(_line, concepts)).encode()
    out.parent.mkdir(parents=True, exist_ok=True)
    # No name and no time in the header: the same content gives the same bytes.
    with out.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(lines)
    return TableInfo(
        file=out.name,
        sha256=sha256_file(out),
        content_sha256=hashlib.sha256(lines).hexdigest(),
        concepts=len(concepts),
        names=sum(1 + len(concept.synonyms) for concept in concepts),
        types=_count_types(concepts),
    )


def _count_types(concepts: Iterable[Concept]) -> dict[str, int]:
    return dict(sorted(Counter(t for concept in concepts for t in concept.types).items()))


def _line(concept: Concept) -> str:
    entry: dict[str, Any] = {
        "concept_id": concept.concept_id,
        "canonical_name": concept.name,
        "aliases": concept.synonyms,
        "types": concept.types,
    }
    further = {
        "parents": concept.parents,
        "xrefs": concept.xrefs,
        "alt_ids": concept.alt_ids,
        "source": concept.source,
    }
    entry |= {key: value for key, value in further.items() if value}
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
