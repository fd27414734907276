"""``biotk evaluate``: figures on annotated corpora, as JSON or as a table."""

from __future__ import annotations

import typer

from biotk.cli.evaluate_calibration import calibration_cli
from biotk.cli.evaluate_end_to_end import end_to_end_cli
from biotk.cli.evaluate_generel import generel_cli
from biotk.cli.evaluate_linking import linking_cli
from biotk.cli.evaluate_mentions import mentions_cli
from biotk.cli.evaluate_partial_kb import partial_kb_cli
from biotk.cli.evaluate_relatedness import relatedness_cli
from biotk.cli.evaluate_sections import sections_cli
from biotk.cli.evaluate_variants import variants_cli

app = typer.Typer(
    help="Figures on annotated corpora.", no_args_is_help=True, rich_markup_mode="markdown"
)
app.command("linking")(linking_cli)
app.command("mentions")(mentions_cli)
app.command("end-to-end")(end_to_end_cli)
app.command("sections")(sections_cli)
app.command("variants")(variants_cli)
app.command("calibration")(calibration_cli)
app.command("partial-kb")(partial_kb_cli)
app.command("generel")(generel_cli)
app.command("relatedness")(relatedness_cli)
