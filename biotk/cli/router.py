"""``biotk router``: the rule of a router in words and figures."""

from __future__ import annotations

from typing import Annotated

import typer

from biotk.cli.linker_options import Dial


def router_cli(
    router: Annotated[
        str, typer.Argument(metavar="FILE", help="A router, or the name of one.")
    ] = "biotk-router",
    dial: Dial = None,
) -> None:
    """Print the rule of a router in words and figures.

    For example:

    biotk router

    biotk router router.json --dial 0.8
    """
    from biotk.linking.router_words import in_words
    from biotk.linking.routing import DEFAULT_DIAL, Router, find_router

    read = Router.read(find_router(router))
    typer.echo(in_words(read, dial=DEFAULT_DIAL if dial is None else dial), nl=False)
