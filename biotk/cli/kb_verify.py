"""``biotk kb verify``: every checksum of a KB."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biotk.cli.output import FAILED, progress_bar, say
from biotk.errors import KbNotFoundError


def verify_cli(
    kb: Annotated[str, typer.Argument(metavar="KB", help="A KB's directory, or `open`.")],
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="A line for every file, not only the bad ones.")
    ] = False,
) -> None:
    """Check every file of a KB against its checksum; exit code 1 if one is damaged.

    All that is damaged is told at once. A KB of a newer version of BioTK can be checked as well.

    For example:

    biotk kb verify my-kb

    biotk kb verify open --verbose
    """
    from biotk.kb.verify import iter_checks, kb_versions

    folder = _folder_of(kb)
    versions = kb_versions(folder)
    if not versions.readable:
        age = "a newer" if versions.newer else "an older"
        remedy = "update BioTK to open it" if versions.newer else "build it again to open it"
        say(
            f"{folder} was written by {age} BioTK (format {versions.format}, normalisation "
            f"{versions.normalizer}): {remedy}; its checksums are checked nevertheless"
        )
    n_files, bad = 0, []
    with progress_bar(of_bytes=True) as show:
        for check in iter_checks(folder, progress=lambda n, total: show("checking", n, total)):
            n_files += 1
            bad += [check.name] if check.bad else []
            if verbose or check.status != "ok":
                typer.echo(f"{check.status:<8} {check.name}  {check.message}")
    if bad:
        say(f"{folder} is damaged: {len(bad)} of {n_files} files ({', '.join(bad)})")
        say(_remedy(folder, bad))
        raise typer.Exit(FAILED)
    typer.echo(f"{folder}: {n_files} files, all as they should be")


def _folder_of(kb: str) -> Path:
    """:returns: where a KB stands; an embedded one is compiled if it is not there yet."""
    from biotk.kb.default import embedded_kbs, resolve_kb

    folder = Path(kb).expanduser()
    if folder.is_dir() or kb not in embedded_kbs():
        if not folder.is_dir():
            raise KbNotFoundError(f"no knowledge base at {folder}: there is no such directory")
        return folder
    with progress_bar() as show:
        return resolve_kb(kb, progress=show).path


def _remedy(folder: Path, bad: list[str]) -> str:
    from biotk.resources import cache_dir

    if all(name.startswith("derived/") for name in bad):
        return f"Remove {folder / 'derived'}: it is made again at first use."
    if folder.resolve().is_relative_to(cache_dir().resolve()):
        return f"Remove {folder}: it is compiled again at first use."
    return (
        "Copy it anew from where it is whole, or build it again with: "
        f"biotk kb build SOURCE... -o {folder} --overwrite"
    )
