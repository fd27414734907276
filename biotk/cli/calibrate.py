"""``biotk calibrate``: how likely answers are right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.detector_options import OtherDetector, Tagger
from biotk.cli.evaluate_corpus import annotated_by, check_corpus, half_of, read_corpus
from biotk.cli.evaluate_options import Half, LowCoverage, WhichHalf
from biotk.cli.evaluate_part import resolver
from biotk.cli.linker_options import (
    Dial,
    Encoder,
    Fusion,
    Learned,
    LinkerName,
    Model,
    RouterOption,
)
from biotk.cli.output import say
from biotk.errors import InputError

if TYPE_CHECKING:
    from biotk.document import Document
    from biotk.kb import KnowledgeBase
    from biotk.linking.registry import LinkerOptions
    from biotk.training.calibrate import Answers, Fitted

#: In the place of a pipeline: gold mentions alone.
_NO_PIPELINE = "none"


def calibrate_cli(
    corpus: Annotated[
        list[Path],
        typer.Option(help="Annotated documents that no model has read; may be given again."),
    ],
    kb: Annotated[
        list[str],
        typer.Option(
            help="The KB of all corpora, or of each in turn: a directory, or an embedded one's "
            "name. What is fitted over several is for any."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The JSON to write.")],
    linker: LinkerName = "cascade",
    model: Model = None,
    encoder: Encoder = None,
    fusion: Fusion = None,
    learned_names: Learned = None,
    router: RouterOption = None,
    dial: Dial = None,
    pipeline: Annotated[
        str,
        typer.Option(
            help="The pipeline whose detector finds mentions beside the gold ones, so that what it "
            "finds wrongly is known; none for gold ones alone."
        ),
    ] = "literature",
    detector: OtherDetector = None,
    tagger: Tagger = None,
    parts: Annotated[
        int, typer.Option(min=2, help="Over how many random parts of each KB it is fitted.")
    ] = 6,
    seed: Annotated[int, typer.Option(help="Of the parts that are drawn.")] = 13,
    half: WhichHalf = Half.tuning,
    allow_low_coverage: LowCoverage = False,
) -> None:
    """Fit how likely answers are right, over random parts of a KB.

    Pictures stand beside FILE: how far probabilities mean what they say, and how many answers are
    wrong among the surest.

    For example:

    biotk calibrate --corpus dev.pubtator --kb mesh -o calibration.json

    biotk link "attack of the heart" --kb mesh --calibration calibration.json
    """
    if len(kb) not in (1, len(corpus)):
        raise InputError(
            f"{len(corpus)} corpora and {len(kb)} KBs: name one KB for all, or one for each corpus"
        )
    fitted = calibrate(
        list(zip(corpus, kb if len(kb) > 1 else kb * len(corpus))),
        linker,
        {
            "model": model,
            "encoder": encoder,
            "fusion": fusion,
            "router": router,
            "dial": dial,
            "learned": learned_names,
        },
        pipeline=None if pipeline == _NO_PIPELINE else pipeline,
        detection={"detector": detector, "tagger": tagger},
        parts=parts,
        seed=seed,
        half=half,
        allow_low_coverage=allow_low_coverage,
    )
    _write(fitted, out)
    typer.echo(str(out))


def calibrate(
    pairs: Sequence[tuple[Path, str]],
    linker: str,
    how: dict[str, Any],
    *,
    pipeline: str | None,
    detection: dict[str, str | None],
    parts: int,
    seed: int,
    half: Half,
    allow_low_coverage: bool = False,
) -> Fitted:
    """Ask a linker about corpora in parts of their KBs, and fit a calibration to what it says.

    :param pairs: each corpus with its KB.
    :param how: what the linker is told.
    :param pipeline: whose detector finds mentions; None for gold mentions alone.
    :param detection: what the detector is told.
    :param parts: how many of each KB.
    :param allow_low_coverage: go on if fewer than half of a corpus's ids are in its KB.
    """
    from biotk.kb.default import resolve_kb
    from biotk.kb.manifest import sha256_file
    from biotk.linking.registry import (
        LinkerOptions,
        check_linker,
        learned_for,
        made_of,
        sharing,
    )
    from biotk.training.calibrate import fit_calibration, joined

    how = {**how, "learned": learned_for(linker, how["learned"])}
    options = LinkerOptions(**how)
    check_linker(linker, options)
    options = sharing(linker, options)
    answers: dict[str, list[Answers]] = {}
    kbs: dict[str, str] = {}
    for path, name in pairs:
        kb = resolve_kb(name)
        kbs[kb.fingerprint] = kb.manifest.name
        documents = read_corpus(path)
        if not allow_low_coverage:
            check_corpus(documents, kb, resolver(kb))
        documents = half_of(documents, half)
        found = None
        if pipeline is not None:
            found = annotated_by(pipeline, str(kb.path), documents, linked=False, **detection)
        for view, own in _answers(kb, documents, found, linker, options, parts, seed).items():
            answers.setdefault(view, []).append(own)
    made_with = {
        **made_of(linker, options),
        "kb": next(iter(kbs)) if len(kbs) == 1 else None,
        "kbs": kbs,
        # With the folder's name, for many corpora have a file dev.txt.
        "sets": {f"{path.parent.name}/{path.name}": sha256_file(path) for path, _ in pairs},
        "learned": _learned_told(options),
        "half": str(half),
        "pipeline": pipeline,
        **{key: value for key, value in detection.items() if value is not None},
        "parts": parts,
        "seed": seed,
    }
    return fit_calibration(
        {view: joined(each) for view, each in answers.items()}, made_with=made_with, say=say
    )


def _learned_told(options: LinkerOptions) -> str | None:
    """:returns: the checksum of the table of training mentions, or that there was none."""
    from biotk.candidates.learned import NO_LEARNED, find_learned
    from biotk.kb.manifest import sha256_file

    learned = options.learned
    if learned == NO_LEARNED or not isinstance(learned, str | Path):
        return None
    return sha256_file(find_learned(learned))


def _answers(
    kb: KnowledgeBase,
    documents: list[Document],
    found: list[Document] | None,
    linker: str,
    options: LinkerOptions,
    n_parts: int,
    seed: int,
) -> dict[str, Answers]:
    from biotk.linking.registry import make_linker
    from biotk.training.calibrate import PartAnswers, asked_of, joined
    from biotk.training.kb_parts import random_parts

    asked = asked_of(kb, documents, found)
    say(f"{kb.manifest.name}: {len(asked):,} mentions")
    answers = PartAnswers(
        kb, asked, lambda part: make_linker(linker, kb, subset=part, options=options)
    )
    gathered: dict[str, list[Answers]] = {"kb": [answers.of(None)["kb"]]}
    parts = random_parts(kb, [each.gold for each in asked if each.gold], n_parts, seed=seed)
    for number, part in enumerate(parts, 1):
        for view, own in answers.of(part).items():
            gathered.setdefault(view, []).append(own)
        say(f"{kb.manifest.name}: part {number} of {n_parts}, {len(part):,} concepts")
    return {view: joined(each) for view, each in gathered.items()}


def _write(fitted: Fitted, out: Path) -> None:
    from biotk.io.files import atomic_writer
    from biotk.training.curves import write_curves

    with atomic_writer(out) as file:
        file.write(fitted.calibration.to_json())
    reliability = {
        name: [(said, was) for said, was, _ in scores.bins]
        for name, scores in fitted.scores.items()
    }
    write_curves(
        out.with_suffix(".reliability.svg"),
        {"share right, by probability": {**reliability, "as it should be": [(0, 0), (1, 1)]}},
        title=out.stem,
        unit="",
    )
    write_curves(
        out.with_suffix(".risk.svg"),
        {"share wrong, by share answered": {n: s.risk for n, s in fitted.scores.items()}},
        title=out.stem,
        unit="",
    )
