"""``biotk evaluate calibration``: how far probabilities of answers mean what they say."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from biotk.cli.evaluate_corpus import check_corpus, half_of, read_corpus
from biotk.cli.evaluate_options import Corpus, Half, Json, Kb, WhichHalf
from biotk.cli.evaluate_part import resolver
from biotk.cli.evaluate_report import show_report
from biotk.cli.linker_options import (
    CalibrationOption,
    Encoder,
    Fusion,
    Learned,
    LinkerName,
    Model,
)
from biotk.cli.output import say

_COVERAGE = 0.95


def calibration_cli(
    corpus: Corpus,
    kb: Kb,
    linker: LinkerName = "cascade",
    model: Model = None,
    encoder: Encoder = None,
    fusion: Fusion = None,
    learned_names: Learned = None,
    calibration: CalibrationOption = None,
    parts: Annotated[
        int, typer.Option(min=1, help="Over how many random halves of the KB it is measured.")
    ] = 10,
    seed: Annotated[int, typer.Option(help="Of the halves.")] = 1,
    half: WhichHalf = Half.both,
    as_json: Json = False,
) -> None:
    """Link gold mentions in random halves of a KB: do probabilities mean what they say?

    `whole`: with the whole KB at hand, beside which the other figures stand; `part`: with nothing
    but the half; `kb`: with all of the KB, no half.

    For example:

    biotk evaluate calibration --corpus dev.pubtator --kb mesh --half reported --json
    """
    how = {"model": model, "encoder": encoder, "fusion": fusion, "learned": learned_names}
    report = evaluate_calibration(
        corpus, kb, linker, how, calibration=calibration, parts=parts, seed=seed, half=half
    )
    show_report(report, as_json=as_json)


def evaluate_calibration(
    corpus: Corpus,
    kb_name: str,
    linker: str,
    how: dict[str, Any],
    *,
    calibration: str | None = None,
    parts: int,
    seed: int,
    half: Half,
) -> dict[str, Any]:
    """Ask a calibrated linker about gold mentions in random halves of a KB."""
    from biotk.kb.default import resolve_kb
    from biotk.linking.calibration import DEFAULT_CALIBRATION, Calibration, find_calibration
    from biotk.linking.registry import (
        LinkerOptions,
        check_linker,
        learned_for,
        made_of,
        make_linker,
        sharing,
    )
    from biotk.training.calibrate import PartAnswers, asked_of, calibration_figures, joined
    from biotk.training.kb_parts import random_halves

    how = {**how, "learned": learned_for(linker, how["learned"])}
    options = LinkerOptions(**how)
    check_linker(linker, options)
    options = sharing(linker, options)
    kb = resolve_kb(kb_name)
    fitted = Calibration.read(find_calibration(calibration or DEFAULT_CALIBRATION))
    fitted.check(kb, made_of(linker, options))
    documents = read_corpus(corpus)
    check_corpus(documents, kb, resolver(kb))
    asked = asked_of(kb, half_of(documents, half))
    answers = PartAnswers(
        kb, asked, lambda part: make_linker(linker, kb, subset=part, options=options)
    )
    views = {"kb": [answers.of(None)["kb"]]}
    for number, part in enumerate(random_halves(kb, parts, seed=seed), 1):
        for view, own in answers.of(part).items():
            views.setdefault(view, []).append(own)
        say(f"half {number} of {parts}")
    figures = {
        view: calibration_figures(fitted, joined(each), view=view, coverage=_COVERAGE)
        for view, each in views.items()
    }
    return {
        **figures["whole"],
        "part": figures["part"],
        "kb_alone": figures["kb"],
        "n_mentions": len(asked),
        "parts": parts,
        "linker": linker,
        "kb": {"name": kb.manifest.name, "fingerprint": kb.fingerprint},
    }
