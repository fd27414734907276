"""A KB by its place or its name; an embedded one is compiled into the cache at first use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from biotk.errors import KbError, KbNotFoundError, strict
from biotk.kb.build import KbBuilder
from biotk.kb.knowledge_base import KnowledgeBase, open_kb
from biotk.kb.manifest import FORMAT_VERSION, MANIFEST, SourceInfo, sha256_file
from biotk.resources import cache_dir, list_resources, resource_path
from biotk.text.normalize import NORMALIZER_VERSION

#: The name table of an embedded KB, in scispaCy's JSONL; see ``docs/formats/kb.md``.
TABLE = "concepts.jsonl.gz"


def embedded_kbs() -> list[str]:
    """:returns: the names of the KBs that travel with BioTK."""
    return [
        name for name in list_resources("kb") if (resource_path("kb", name) / TABLE).is_file()
    ]


def resolve_kb(
    name_or_path: str | Path, *, progress: Callable[[int], None] | None = None
) -> KnowledgeBase:
    """Open a KB by its directory or by the name of an embedded one.

    :param name_or_path: a directory, or a name such as ``open``.
    :param progress: called with the number of concepts while an embedded KB is compiled, which
        happens once.
    :raises KbNotFoundError: there is neither.
    """
    name = str(name_or_path)
    if (Path(name_or_path) / MANIFEST).is_file() or Path(name_or_path).is_dir():
        return open_kb(name_or_path)
    known = embedded_kbs()
    if name not in known:
        raise KbNotFoundError(
            f"no knowledge base at {name}, and no embedded one of that name "
            f"(there is: {', '.join(known) or 'none'}). "
            "Build one with: biotk kb build SOURCE... -o DIR"
        )
    return _compiled(name, progress)


def _compiled(name: str, progress: Callable[[int], None] | None) -> KnowledgeBase:
    from biotk.kb.readers import read_concepts

    table = resource_path("kb", name) / TABLE
    checksum = sha256_file(table)
    # Whatever a KB is made of stands in its folder's name: a new table or version gets a new one.
    folder = cache_dir() / "kb" / f"{name}-{checksum[:12]}-{FORMAT_VERSION}.{NORMALIZER_VERSION}"
    try:
        return open_kb(folder)
    except KbNotFoundError:
        pass
    builder = KbBuilder(name, problems=strict())
    info = SourceInfo(name=name, file=table.name, format="scispacy-jsonl", sha256=checksum)
    builder.add(read_concepts(table, format="scispacy-jsonl"), info, progress=progress)
    try:
        return open_kb(builder.write(folder))
    except OSError as error:
        raise KbError(
            f"the embedded knowledge base cannot be written to {folder.parent}: {error}. "
            "Set BIOTK_CACHE to a folder that can be written to."
        ) from error
