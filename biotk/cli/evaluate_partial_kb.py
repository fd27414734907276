"""``biotk evaluate partial-kb``: ways to decide NIL, in a part of a KB, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biotk.cli.detector_options import OtherDetector, Tagger
from biotk.cli.evaluate_corpus import check_corpus, half_of, read_corpus
from biotk.cli.evaluate_drawn_parts import PartsWanted, write_parts
from biotk.cli.evaluate_options import Corpus, Half, Json, Kb, PipelineName, WhichHalf
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
from biotk.cli.subset_options import Branch, Ids, PartOptions, Source, Subset, Types
from biotk.errors import InputError

if TYPE_CHECKING:
    from biotk.document import Document, Link
    from biotk.kb import KbSubset, KnowledgeBase
    from biotk.linking.nil import NilLinker
    from biotk.linking.registry import LinkerOptions
    from biotk.training.kb_parts import NamedPart

#: What reports call the strategies of :data:`biotk.linking.nil.STRATEGIES`, in their order.
_CALLED = {
    "none": "direct",
    "threshold": "threshold",
    "prune": "prune",
    "mass": "mass",
    "calibrated": "calibrated",
    "calibrated-part": "calibrated_part",
}
_FIGURES = ("precision", "recall", "f1", "mention_f1")
_DOCUMENTS = 64


def partial_kb_cli(
    corpus: Corpus,
    kb: Kb,
    pipeline: PipelineName = "literature",
    linker: LinkerName = "cascade",
    model: Model = None,
    encoder: Encoder = None,
    fusion: Fusion = None,
    learned_names: Learned = None,
    detector: OtherDetector = None,
    tagger: Tagger = None,
    calibration: CalibrationOption = None,
    subset_ids: Annotated[
        Path | None, typer.Option(help="A file of concept ids, one a line, or JSON with them.")
    ] = None,
    complement: Annotated[
        bool, typer.Option("--complement", help="The rest of the KB instead of the part.")
    ] = False,
    random_halves: Annotated[
        int, typer.Option(min=0, help="So many random halves of the KB instead of one part: means.")
    ] = 0,
    same_type: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE",
            help="Ten branches of a semantic type instead of one part, so that types say nothing.",
        ),
    ] = None,
    by_type: Annotated[
        bool,
        typer.Option("--by-type", help="Each semantic type that mentions have, instead of a part."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Of halves and branches.")] = 1,
    write_to: Annotated[
        Path | None,
        typer.Option(
            "--write-parts", metavar="FOLDER", help="Write the ids of each part to a file there."
        ),
    ] = None,
    types: Types = None,
    source: Source = None,
    branch: Branch = None,
    ids: Ids = None,
    subset: Subset = None,
    half: WhichHalf = Half.both,
    as_json: Json = False,
) -> None:
    """Find and link mentions in a part of a KB, with every way to decide NIL (arXiv 2303.10330).

    Gold is what is in the part; whoever links any other mention is wrong.

    For example:

    biotk evaluate partial-kb --corpus dev.jsonl --kb mesh --subset-ids medic.json --complement

    biotk evaluate partial-kb --corpus dev.jsonl --kb mesh --random-halves 10 --half reported

    biotk evaluate partial-kb --corpus craft.jsonl --kb open --by-type --calibration own.json
    """
    wanted = PartsWanted(
        part=PartOptions(types=types, source=source, branch=branch, ids=ids, subset=subset),
        subset_ids=subset_ids,
        complement=complement,
        random_halves=random_halves,
        same_type=same_type,
        by_type=by_type,
        seed=seed,
    )
    report = evaluate_partial_kb(
        corpus,
        kb,
        pipeline,
        linker,
        {
            "model": model,
            "encoder": encoder,
            "fusion": fusion,
            "calibration": calibration,
            "learned": learned_names,
        },
        {"detector": detector, "tagger": tagger},
        wanted=wanted,
        half=half,
        write_to=write_to,
    )
    if not as_json:
        del report["parts"]  # they have been told one by one
    show_report(report, as_json=as_json)


def evaluate_partial_kb(
    corpus: Path,
    kb_name: str,
    pipeline: str,
    linker: str,
    how: dict[str, Any],
    detection: dict[str, Any],
    *,
    wanted: PartsWanted,
    half: Half,
    write_to: Path | None = None,
) -> dict[str, Any]:
    """Run a pipeline in one part of a KB or several, and decide NIL in every way.

    :param how: what the linker is told.
    :param detection: what the detector is told.
    :param write_to: where the ids of the parts are written.
    """
    from biotk.kb.default import resolve_kb
    from biotk.linking.calibration import DEFAULT_CALIBRATION
    from biotk.linking.registry import LinkerOptions, check_linker, learned_for
    from biotk.training.calibrate import gold_of

    how = {
        **how,
        "calibration": how["calibration"] or DEFAULT_CALIBRATION,
        "learned": learned_for(linker, how["learned"]),
    }
    options = LinkerOptions(**how, nil="calibrated")
    check_linker(linker, options)
    kb = resolve_kb(kb_name)
    documents = read_corpus(corpus)
    check_corpus(documents, kb, resolver(kb))
    documents = half_of(documents, half)
    parts = wanted.of(kb, [own for d in documents for m in d.mentions if (own := gold_of(kb, m))])
    if write_to is not None:
        write_parts(kb, parts, write_to)
    runner = _Runner(kb, documents, pipeline, linker, options, detection)
    each: list[dict[str, dict[str, Any]]] = []
    for number, part in enumerate(parts, 1):
        each.append(runner.run(part.subset))
        size = f"{len(part.subset):,} concepts, {_n_gold(each[-1])} gold mentions"
        say(f"part {number} of {len(parts)}, {part.name}: {size}; F1 {_f1s(each[-1])}")
    means = {
        called: {
            figure: sum(found[called][figure] for found in each) / len(each) for figure in _FIGURES
        }
        for called in each[0]
    }
    if len(parts) > 1:
        say(f"mean over {len(parts)} parts: F1 {_f1s(means)}")
    return {
        **means,
        "n_parts": len(parts),
        "seed": wanted.seed,
        "concepts": [len(part.subset) for part in parts],
        "n_gold": [_n_gold(found) for found in each],
        "parts": [_part_report(*pair) for pair in zip(parts, each, strict=True)],
        "pipeline": pipeline,
        "linker": linker,
        "kb": {"name": kb.manifest.name, "fingerprint": kb.fingerprint},
    }


def _n_gold(found: Mapping[str, Mapping[str, Any]]) -> int:
    """:returns: how many gold mentions are in a part."""
    return int(found["direct"]["n_gold"])


def _f1s(found: Mapping[str, Mapping[str, float]]) -> str:
    return ", ".join(f"{called} {figures['f1']:.3f}" for called, figures in found.items())


def _part_report(part: NamedPart, found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    figures = {called: {name: own[name] for name in _FIGURES} for called, own in found.items()}
    return {
        "name": part.name,
        "fingerprint": part.subset.fingerprint,
        "concepts": len(part.subset),
        "n_gold": _n_gold(found),
        **figures,
    }


class _Runner:
    """Runs a pipeline in one part after the other, and does what no part changes once.

    That is: to read the documents with the tagger's model, and to ask the linker of the whole KB
    about a mention. What names of a part the dictionary finds, and what is linked to in it, is done
    for each part.
    """

    def __init__(
        self,
        kb: KnowledgeBase,
        documents: list[Document],
        pipeline: str,
        linker: str,
        options: LinkerOptions,
        detection: dict[str, Any],
    ) -> None:
        from biotk.components.parts import PartFinder
        from biotk.linking.parts import LinkersOfParts

        self._kb, self._documents, self._linker = kb, documents, linker
        self._linkers = LinkersOfParts(linker, kb, options=options, remember=True)
        self._finder = PartFinder(pipeline, kb, **detection)
        self._resolve = resolver(kb)

    def run(self, subset: KbSubset) -> dict[str, dict[str, Any]]:
        """:returns: the figures, by every way to decide NIL."""
        from biotk.evaluation import score_end_to_end
        from biotk.linking.nil import NilLinker

        found = self._finder.find(self._documents, subset)
        made = self._linkers.of(subset)
        if not isinstance(made, NilLinker):
            raise InputError(f"the {self._linker} linker cannot be asked for its evidence")
        allowed = frozenset(self._kb.ids_of(subset.indices))
        report = {}
        for called, predicted in _linked(made, found).items():
            scores = score_end_to_end(
                zip(self._documents, predicted, strict=True),
                resolve=self._resolve,
                allowed_ids=allowed,
                resamples=1,
            )
            report[called] = scores.to_dict()
        return report


def _linked(linker: NilLinker, found: Sequence[Document]) -> dict[str, list[Document]]:
    """:returns: the documents with links, by every way to decide NIL."""
    from biotk.linking.long_forms import LongForms
    from biotk.linking.query import query_of
    from biotk.text.abbreviations import find_abbreviations

    result: dict[str, list[Document]] = {called: [] for called in _CALLED.values()}
    for first in range(0, len(found), _DOCUMENTS):
        batch = found[first : first + _DOCUMENTS]
        queries = []
        for document in batch:
            forms = LongForms(document.abbreviations or find_abbreviations(document.text))
            queries += [query_of(document.text, m, forms) for m in document.mentions]
        evidence = linker.evidence(queries)
        alone = [replace(each, whole=None, outside=()) for each in evidence]
        for strategy, called in _CALLED.items():
            given = alone if strategy == "calibrated-part" else evidence
            links = linker.decide(given, strategy=strategy)
            result[called] += _with_links(batch, links)
    return result


def _with_links(batch: Sequence[Document], links: Sequence[Link]) -> list[Document]:
    rest = iter(links)
    return [
        replace(
            document,
            mentions=tuple(
                replace(mention, links=(link,))
                for mention, link in zip(document.mentions, islice(rest, len(document.mentions)))
            ),
        )
        for document in batch
    ]
