"""From a name or a path to an open KB; the embedded ones are compiled into the cache once."""

from __future__ import annotations

import errno
import hashlib
import logging
import shutil
import sys
import tomllib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path

from biotk.errors import (
    KbCorruptError,
    KbError,
    KbNotFoundError,
    KbVersionError,
    UnknownNameError,
)
from biotk.kb.build import KbBuilder
from biotk.kb.knowledge_base import KnowledgeBase, open_kb
from biotk.kb.manifest import FORMAT_VERSION, MANIFEST, SourceInfo, sha256_file
from biotk.kb.readers import read_concepts
from biotk.kb.recipes.recipe import Recipe, read_recipe
from biotk.resources import cache_dir, list_resources, resource_path
from biotk.text.normalize import NORMALIZER_VERSION

logger = logging.getLogger(__name__)

#: Told how far a compilation is: what is being done, how much of it, and how much there is.
Progress = Callable[[str, int, int], None]

RECIPE = "recipe.toml"
_NO_ROOM = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.ENOTDIR, errno.EEXIST}


def embedded_kbs() -> list[str]:
    """:returns: the names of the KBs that come with BioTK; other recipes are for downloads."""
    return [name for name in list_resources("kb") if _has_table(resource_path("kb", name))]


def _has_table(folder: Path) -> bool:
    try:
        with (folder / RECIPE).open("rb") as file:
            return "table" in tomllib.load(file)
    except FileNotFoundError:
        return False
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return True  # reading it tells what is wrong


def resolve_kb(name_or_path: str | Path, *, progress: Progress | None = None) -> KnowledgeBase:
    """Open a KB by its directory, or an embedded one by its name.

    A directory goes before a name. An embedded KB is compiled into the cache the first time, which
    takes some seconds; processes that start together may each do so, and one of them wins.

    :param name_or_path: a directory that ``biotk kb build`` made, or ``open``.
    :param progress: told how far compiling is; None shows a bar if stderr is a terminal.
    :raises KbNotFoundError: there is neither such a directory nor such a name.
    :raises KbError: the KB cannot be opened, or the cache cannot be written to.

    >>> resolve_kb("open")["MESH:D005665"].name             # doctest: +SKIP
    'Furosemide'
    """
    path = Path(name_or_path).expanduser()
    if (path / MANIFEST).is_file():
        return open_kb(path)
    known = embedded_kbs()
    if str(name_or_path) in known:
        return _open_embedded(resource_path("kb", str(name_or_path)) / RECIPE, progress=progress)
    if path.is_dir():
        return open_kb(path)  # tells what is missing in it
    raise KbNotFoundError(
        f"no knowledge base {str(name_or_path)!r}: it is no directory, and none of the embedded "
        f"ones ({', '.join(known) or 'none'}). Build one with: biotk kb build SOURCE... -o DIR"
    )


def recipe_path(name_or_path: str | Path) -> Path:
    """:returns: the recipe of an embedded KB, or the file itself.

    :raises UnknownNameError: there is neither.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    known = embedded_kbs()
    if str(name_or_path) not in known:
        raise UnknownNameError("embedded knowledge base", str(name_or_path), known)
    return resource_path("kb", str(name_or_path), RECIPE)


def compiled_path(recipe: Recipe) -> Path:
    """:returns: where the cache keeps the compiled KB of a recipe's table."""
    content = f"{sha256_file(recipe.table_path)} {FORMAT_VERSION} {NORMALIZER_VERSION}"
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return cache_dir() / "kb" / f"{recipe.name}-{digest}"


def _open_embedded(recipe_file: Path, *, progress: Progress | None) -> KnowledgeBase:
    recipe = read_recipe(recipe_file)
    folder = compiled_path(recipe)
    damaged = False
    if folder.is_dir():
        try:
            return open_kb(folder)
        except (KbCorruptError, KbNotFoundError, KbVersionError) as error:
            logger.warning("compiling the knowledge base %r again: %s", recipe.name, error)
            damaged = True
    logger.info("compiling the knowledge base %r into %s", recipe.name, folder)
    try:
        if damaged:
            _set_aside(folder)
        with _shown(progress) as show:
            compile_table(recipe, folder, progress=show)
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise KbError(
            f"the knowledge base {recipe.name!r} cannot be compiled into {folder}: "
            f"{error.strerror}. Set BIOTK_CACHE to a folder that can be written to"
        ) from error
    return open_kb(folder)


def _set_aside(folder: Path) -> None:
    """Take a damaged KB away; another process may be doing the same just now."""
    aside = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.damaged")
    with suppress(FileNotFoundError):
        folder.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def compile_table(recipe: Recipe, out: Path, *, progress: Progress) -> Path:
    """Build a KB from a recipe's name table.

    :param recipe: the recipe; its table stands beside it.
    :param out: the directory to make.
    :param progress: told how far it is.
    :returns: the directory.
    :raises KbCorruptError: the table is not the one that the recipe describes.
    """
    table = recipe.table_path
    found = sha256_file(table) if table.is_file() else "missing"
    if found != recipe.table.sha256:
        raise KbCorruptError(f"{table} is damaged ({found}). Install BioTK again.")
    builder = KbBuilder(recipe.name)
    total, done = recipe.table.concepts, 0
    by_vocabulary = {source.vocabulary: source for source in recipe.sources}
    concepts = read_concepts(table, format="scispacy-jsonl")
    # Ordered by id, so that the concepts of a vocabulary follow one another.
    for vocabulary, group in groupby(concepts, lambda concept: concept.source):
        source = by_vocabulary.get(vocabulary)
        info = SourceInfo(
            name=vocabulary,
            file=table.name,
            format="scispacy-jsonl",
            sha256=found,
            release=source.release if source else "",
            licence=source.licence if source else "",
        )
        before = done
        done += builder.add(group, info, progress=lambda n: progress("reading", before + n, total))  # noqa: B023
    progress("writing", total, total)
    return builder.write(out)


@contextmanager
def _shown(progress: Progress | None) -> Iterator[Progress]:
    """A bar in plain characters on stderr, if nothing else is asked for and somebody may look."""
    if progress is not None:
        yield progress
        return
    if not sys.stderr.isatty():
        yield lambda step, done, total: None
        return

    def show(step: str, done: int, total: int) -> None:
        filled = 30 * done // max(total, 1)
        bar = "#" * filled + "." * (30 - filled)
        sys.stderr.write(f"\rcompiling the knowledge base, once: [{bar}] {step} ")
        sys.stderr.flush()

    try:
        yield show
    finally:
        sys.stderr.write("\r\x1b[K")  # back to the start of the line, and clear it
