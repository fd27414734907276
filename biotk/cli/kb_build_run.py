"""Building a KB of a recipe: what ``biotk kb build`` does once it knows what is wanted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from biotk.cli.output import ShowProgress, say
from biotk.errors import InputError, KbExistsError

if TYPE_CHECKING:
    from biotk.kb import BuildReport
    from biotk.kb.build_recipe import BuildRecipe, BuildSource
    from biotk.kb.manifest import SourceInfo


def build(
    recipe: BuildRecipe,
    out: Path,
    *,
    name: str,
    strict: bool = False,
    overwrite: bool = False,
    progress: ShowProgress = lambda step, done, total: None,
) -> BuildReport:
    """Build a knowledge base and its n-gram index.

    :param recipe: the sources; MeSH descriptors and supplementary records find each other.
    :param out: the directory to make.
    :param name: the KB's name.
    :param strict: stop at the first bad row.
    :param overwrite: replace a KB that is there.
    :param progress: told how far it is.
    :returns: counts and problems.
    :raises InputError: a source cannot be read, is another than the recipe says, or gives no
        concept.
    :raises FormatError: a row is wrong, and ``strict``.
    :raises KbExistsError: something is at ``out``, and not ``overwrite``.
    """
    from biotk.candidates.neighbours import open_neighbours
    from biotk.errors import Problems
    from biotk.kb import KbBuilder, open_kb
    from biotk.kb.readers import read_concepts

    if out.exists() and not overwrite:
        raise KbExistsError(f"{out} exists: choose another place, or replace it with --overwrite")
    infos = [_info(source, _format_of(source)) for source in recipe.sources]
    sources = list(zip(recipe.sources, infos))
    descriptors = next((s.path for s, i in sources if _is_descriptors(s.path, i.format)), None)
    builder = KbBuilder(name, problems=Problems(strict=strict), merge=recipe.merge)
    for source, info in sources:
        say(f"{source.path}: {info.format}")
        options = source.options
        step = f"reading {source.path.name}"
        builder.add(
            read_concepts(
                source.path,
                format=info.format,
                options=replace(
                    options,
                    companion=options.companion or descriptors,
                    left_out=builder.add_left_out,
                    retired=builder.add_retired,
                ),
                problems=builder.report.problems,
            ),
            info,
            progress=lambda n, step=step: progress(step, n, 0),  # type: ignore[misc]
        )
    progress("writing", 0, 0)
    builder.write(
        out, overwrite=overwrite, progress=lambda done, total: progress("writing", done, total)
    )
    report = builder.report
    del builder  # its concepts would stay in memory beside those of the index
    progress("n-gram index", 0, 0)
    open_neighbours(open_kb(out))
    return report


def _format_of(source: BuildSource) -> str:
    from biotk.errors import UnknownNameError
    from biotk.kb.readers import FORMATS, sniff_format

    path, given = source.path, source.format
    if given is not None and given not in FORMATS:
        raise UnknownNameError("format", given, FORMATS)
    if not path.exists():
        raise InputError(f"{path}: no such file")
    if given is not None:
        return given
    if source.options.columns is not None:
        return "table"
    return sniff_format(path)


def _is_descriptors(path: Path, format: str) -> bool:
    from biotk.kb.readers.mesh_trees import is_descriptors

    return format in {"mesh-tsv", "mesh-xml"} and is_descriptors(path)


def _info(source: BuildSource, format: str) -> SourceInfo:
    """:returns: where a source comes from; what is not told is taken from how it was fetched.

    :raises InputError: it is another file than the recipe says.
    """
    from biotk.kb.fetch.record import find_record
    from biotk.kb.manifest import SourceInfo, sha256_file
    from biotk.kb.readers import FORMATS
    from biotk.kb.readers.release import release_of

    path = source.path
    sha256 = sha256_file(path) if path.is_file() else ""
    if source.sha256 and source.sha256 != sha256:
        raise InputError(
            f"{path}: its SHA-256 is {sha256 or 'unknown, it is a folder'}, the recipe's is "
            f"{source.sha256}: this is not the file that the recipe was written for"
        )
    record = find_record(path, sha256=sha256) if sha256 else None
    vocabulary = source.options.source or (record.vocabulary if record else "")
    fetched = f"fetched {record.fetched[:10]}" if record else ""
    told = (record.release if record else "") or release_of(path, format) or fetched
    return SourceInfo(
        name=vocabulary or FORMATS[format].vocabulary or path.name.partition(".")[0],
        file=path.name,
        format=format,
        sha256=sha256,
        release=source.release or told,
        licence=source.licence or (record.licence if record else ""),
    )
