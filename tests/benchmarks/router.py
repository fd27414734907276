"""What the routed linker keeps of the cascade's accuracy, and what it saves.

Run by hand; KBs are built as docs/evaluation-vocabularies.md tells::

    python tests/benchmarks/router.py kb/mesh bc5cdr/dev.pubtator.gz --half reported

Gold mentions whose id the KB has. Three linkers answer them in turn, a batch of documents each:
names alone, the cascade, which asks the model about all that names leave open, and the routed
linker at its dial. ``seconds`` are of the processor, models loaded before; ``throughput`` is how
many times as many mentions a second the routed linker answers as the cascade. ``right`` counts
lenient answers (Recall@1 of what is answered, NIL being wrong), ``recall_at_1`` lenient first
candidates, as ``biotk evaluate linking`` counts them. ``curve`` tells for each place of the dial
what would be right, and what it costs, all that names leave open being asked by the cascade at a
cost of 1; all ways are asked for it, and only with ``--svg``, which draws it. ``--each N`` stops
after N mentions, and ``--ways N`` compares the ways that ask the model over N of the open mentions.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from biotk.candidates.learned import LearnedNames
from biotk.cli.evaluate_corpus import half_of, read_corpus
from biotk.cli.evaluate_gold import of_gold_types
from biotk.cli.evaluate_items import _asked
from biotk.cli.evaluate_options import Half
from biotk.cli.evaluate_part import resolver
from biotk.document import Link
from biotk.evaluation import without_held_out
from biotk.evaluation.linking import best_rank
from biotk.evaluation.resolve import resolved
from biotk.kb.default import resolve_kb
from biotk.linking import Query
from biotk.linking.generator import LazyGenerator
from biotk.linking.registry import LinkerOptions, make_linker
from biotk.linking.routing import NAMES, find_router
from biotk.training.curves import write_curves
from biotk.training.router import Judged, curve_of

_DOCUMENTS = 32
_LINKERS = ("lexical", "cascade", "routed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kb")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--train", type=Path)
    parser.add_argument("--gold-types")
    parser.add_argument("--half", type=Half, default=Half.both)
    parser.add_argument("--router", default="biotk-router")
    parser.add_argument("--dial", type=float)
    parser.add_argument("--each", type=int)
    parser.add_argument("--ways", type=int)
    parser.add_argument("--svg", type=Path)
    given = parser.parse_args()
    kb = resolve_kb(given.kb)
    types = None if given.gold_types is None else [given.gold_types]
    documents = half_of(of_gold_types(read_corpus(given.corpus), types), given.half)
    learned = None
    if given.train is not None:
        training = without_held_out(read_corpus(given.train), documents)
        learned = LearnedNames.from_documents(kb, training)
    batches = batches_of(documents, resolver(kb), most=given.each)
    gold = [ids for batch in batches for _, _, ids in batch]
    model = LazyGenerator("biotk-mini")
    own = {"routed": {"router": str(find_router(given.router)), "dial": given.dial}}
    made = {
        name: make_linker(
            name,
            kb,
            learned=learned,
            options=LinkerOptions(model=None if name == "lexical" else model, **own.get(name, {})),
        )
        for name in _LINKERS
    }
    for linker in made.values():  # loads what is loaded once
        linker.link_batch([Query("nothing of the kind"), Query("attack of the old heart")])
    links, seconds = answers(made, [[query for _, query, _ in batch] for batch in batches])
    report = {
        "n": len(gold),
        "n_open": sum(not (link.score >= 0.97) for link in links["lexical"]),
        "n_asked": sum(
            not link.reasons.get("way", NAMES).startswith(NAMES) for link in links["routed"]
        ),
        "right": {name: share(links[name], gold, nil=False) for name in _LINKERS},
        "recall_at_1": {name: share(links[name], gold, nil=True) for name in _LINKERS},
        "seconds": {name: round(seconds[name], 2) for name in _LINKERS},
        "throughput": round(seconds["cascade"] / seconds["routed"], 3),
    }
    if given.svg is not None:
        judged = judged_of(made["routed"], batches, links, gold)
        report["curve"] = curve_of(judged, made["routed"].router)
    if given.ways:
        report["ways"] = compared(made["routed"], batches, gold, given.ways)
    print(json.dumps(report, indent=2))
    if given.svg is not None:
        draw(given.svg, report["curve"], title=f"{given.corpus.parent.name}, {kb.manifest.name}")


def draw(path: Path, curve, *, title: str) -> None:
    """Draw how much of what the cascade gains over names there is at each place of the dial."""
    least, most = curve[0]["right"], curve[-1]["right"]
    points = [(row["cost"], (row["right"] - least) / (most - least)) for row in curve]
    middle = [point for point, row in zip(points, curve) if row["dial"] == 0.5]
    panels = {
        "share of what the cascade gains, by cost": {
            "routed": points,
            "dial in the middle": middle,
            "names, or cascade, by lot": [(0.0, 0.0), (1.0, 1.0)],
        }
    }
    write_curves(path, panels, title=title, unit="")


def batches_of(documents, resolve, *, most: int | None):
    """:returns: for each batch its mentions: document, query, gold ids."""
    found, n = [], 0
    for start in range(0, len(documents), _DOCUMENTS):
        batch = []
        for document, mention, query, _ in _asked(
            documents[start : start + _DOCUMENTS], abbreviations=True
        ):
            known = tuple(filter(None, resolved(mention, resolve)))
            if known:
                batch.append((document.id, query, frozenset().union(*known)))
        found.append(batch)
        n += len(batch)
        if most is not None and n >= most:
            break
    return found


def answers(made, batches: Sequence[Sequence[Query]]):
    """:returns: the links of each linker, and how many seconds of the processor they took."""
    links = {name: [] for name in made}
    seconds = dict.fromkeys(made, 0.0)
    for number, queries in enumerate(batches):
        # Who goes first finds caches of the processor cold.
        order = list(made) if number % 2 else list(made)[::-1]
        for name in order:
            begin = time.process_time()
            links[name] += made[name].link_batch(queries)
            seconds[name] += time.process_time() - begin
    return links, seconds


def is_right(link: Link, gold: frozenset[str], *, nil: bool) -> bool:
    """:returns: whether the first name has a gold concept.

    :param nil: whether that counts where the answer is NIL all the same.
    """
    return (nil or not link.is_nil) and best_rank(link.candidates, gold) == 1


def share(links: Sequence[Link], gold: Sequence[frozenset[str]], *, nil: bool) -> float:
    """:returns: how many are right, of all."""
    right = [is_right(link, ids, nil=nil) for link, ids in zip(links, gold, strict=True)]
    return round(float(np.mean(right)), 4)


def judged_of(linker, batches, links, gold) -> Judged:
    """:returns: which ways are right about the mentions that names leave open."""
    mentions = [each for batch in batches for each in batch]
    queries = [query for _, query, _ in mentions]
    named, places = linker.looked_up(queries)
    left = set(places)
    kept = [is_right(named[at], gold[at], nil=False) for at in range(len(named)) if at not in left]
    ways = {NAMES: named, "cascade": links["cascade"]}
    for way in {*linker.router.ways} - {*ways}:
        found = linker.way(way).link_batch([queries[at] for at in places])
        ways[way] = dict(zip(places, found, strict=True))
    return Judged(
        linker.values([queries[at] for at in places], [named[at] for at in places]),
        {
            way: np.array([is_right(own[at], gold[at], nil=False) for at in places])
            for way, own in ways.items()
        },
        [mentions[at][0] for at in places],
        len(kept),
        sum(kept),
    )


def compared(linker, batches, gold, n: int):
    """:returns: for each way what it costs, and how many of some open mentions it answers right."""
    queries = [query for batch in batches for _, query, _ in batch]
    _, places = linker.looked_up(queries)
    asked, wanted = [queries[at] for at in places[:n]], [gold[at] for at in places[:n]]
    seconds, right = {}, {}
    for way in ("cascade", "quick", "listed"):
        linker.way(way).link_batch(asked[:2])
        begin = time.process_time()
        links = linker.way(way).link_batch(asked)
        seconds[way] = time.process_time() - begin
        right[way] = sum(is_right(*each, nil=False) for each in zip(links, wanted, strict=True))
    return {
        way: {"cost": round(seconds[way] / seconds["cascade"], 2), "right": right[way]}
        for way in seconds
    }


if __name__ == "__main__":
    main()
