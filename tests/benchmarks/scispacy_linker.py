"""BioTK's lexical and dense linkers beside scispaCy's EntityLinker: same KB, mentions, process.

Run by ``make bench`` in the scispaCy environment (numpy 1.26). The KB is MeSH's diseases (trees C
and F03), the mentions are BC5CDR dev's gold diseases. scispaCy's index needs minutes to build, so
that larger KBs are left out. Its builder refuses scipy ≥ 1.11 because it saves float16 matrices;
here nothing is saved, so that check is answered for it, and nothing else of it is changed. The
vectors of the dense linker are made before its clock starts, and told by themselves.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import spacy
from scispacy import candidate_generation
from scispacy.linking import EntityLinker
from scispacy.linking_utils import KnowledgeBase as ScispacyKb
from spacy.tokens import Doc, Span

from biotk.candidates.neighbours import open_neighbours
from biotk.components.kb import KbHandle
from biotk.components.linker import LinkerComponent
from biotk.document import Document
from biotk.io import read_documents
from biotk.kb import KbBuilder, KnowledgeBase, open_kb
from biotk.kb.readers import read_concepts
from biotk.types import entity_type

DATA = Path(__file__).parents[3] / "shared" / "data"


def build_kb(folder: Path) -> KnowledgeBase:
    concepts = read_concepts(DATA / "kb" / "mesh" / "descriptors.tsv.gz")
    builder = KbBuilder("mesh-diseases")
    builder.add(concept for concept in concepts if "Disease" in concept.types)
    return open_kb(builder.write(folder / "kb"))


def export_jsonl(kb: KnowledgeBase, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for concept in kb:
            row = {
                "concept_id": concept.concept_id,
                "canonical_name": concept.name,
                "aliases": list(concept.synonyms),
                "types": list(concept.types),
            }
            file.write(json.dumps(row) + "\n")


def gold_docs(kb: KnowledgeBase) -> tuple[list[Doc], list[list[set[str]]]]:
    """Documents with gold diseases as entities, and the ids of each, in order."""
    nlp = spacy.blank("en")
    docs, gold = [], []
    for document in read_documents(DATA / "corpora" / "bc5cdr" / "dev.pubtator.gz"):
        doc = nlp.make_doc(document.text)
        spans, ids = _diseases(kb, doc, document)
        doc.ents = spans
        docs.append(doc)
        gold.append(ids)
    return docs, gold


def _diseases(kb: KnowledgeBase, doc: Doc, document: Document) -> tuple[list[Span], list[set[str]]]:
    spans, ids, end = [], [], -1
    for mention in document.mentions:
        span = doc.char_span(mention.start, mention.end, label="Disease")
        known = {kb.id_of(i) for c in mention.concept_ids for i in kb.resolve(c)}
        if entity_type(mention.type or "") != "Disease" or span is None or not known:
            continue
        if span.start < end:
            continue
        end = span.end
        spans.append(span)
        ids.append(known)
    return spans, ids


def run(
    component: Callable[[Doc], Doc],
    answers: Callable[[Span], set[str]],
    docs: list[Doc],
    gold: list[list[set[str]]],
) -> dict[str, float]:
    """Time a component over fresh copies of the documents; count the entities it has right.

    As in ``timeit``, the garbage collector is off while the clock runs: neither side pays for what
    the other has left behind.
    """
    fresh = [doc.copy() for doc in docs]
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    for doc in fresh:
        component(doc)
    seconds = time.perf_counter() - start
    gc.enable()
    judged = [
        (expected, answers(ent) - {"NIL"})
        for doc, ids in zip(fresh, gold)
        for ent, expected in zip(doc.ents, ids)
    ]
    n_answered = sum(bool(answer) for _, answer in judged)
    n_right = sum(bool(expected & answer) for expected, answer in judged)
    return {
        "mentions": len(judged),
        "mentions_per_s": len(judged) / seconds,
        "recall_at_1": n_right / len(judged),
        "answered": n_answered / len(judged),
        "right_among_answered": n_right / n_answered,
    }


def ours(kb: KnowledgeBase, threshold: float | None, linker: str = "lexical") -> LinkerComponent:
    """A linker that has seen nothing yet, opened."""
    component = LinkerComponent(
        "biotk",
        KbHandle(str(kb.path)),
        linker=linker,
        threshold=threshold,
        resolve_abbreviations=False,
    )
    component(spacy.blank("en")("fever"))
    return component


def best_of_scispacy(ent: Span) -> set[str]:
    """All ids that share its best score: it does not decide between them."""
    return {concept_id for concept_id, score in ent._.kb_ents if score == ent._.kb_ents[0][1]}


def best_of_biotk(ent: Span) -> set[str]:
    return {ent.kb_id_}


def distinct(docs: list[Doc], gold: list[list[set[str]]]) -> tuple[list[Doc], list[list[set[str]]]]:
    """Each string once, one mention a document: nothing that a cache could answer."""
    nlp = spacy.blank("en")
    seen: dict[str, set[str]] = {}
    for doc, ids in zip(docs, gold):
        for ent, expected in zip(doc.ents, ids):
            seen.setdefault(ent.text, expected)
    singles = []
    for text in seen:
        doc = nlp.make_doc(text)
        doc.ents = [Span(doc, 0, len(doc), label="Disease")]
        singles.append(doc)
    return singles, [[ids] for ids in seen.values()]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        start = time.perf_counter()
        kb = build_kb(folder)
        open_neighbours(kb)  # builds the n-gram index
        ours_build = time.perf_counter() - start
        export_jsonl(kb, folder / "kb.jsonl")
        docs, gold = gold_docs(kb)

        candidate_generation.scipy_supports_sparse_float16 = lambda: True
        start = time.perf_counter()
        theirs_kb = ScispacyKb(str(folder / "kb.jsonl"))
        theirs = EntityLinker.from_kb(
            theirs_kb, resolve_abbreviations=False, filter_for_definitions=False
        )
        theirs_build = time.perf_counter() - start

        start = time.perf_counter()
        ours(kb, None, "dense")
        vectors_build = time.perf_counter() - start

        report: dict[str, object] = {
            "kb_concepts": len(kb),
            "kb_names": kb.n_names,
            "build_seconds": {
                "biotk": ours_build,
                "biotk, vectors": vectors_build,
                "scispacy": theirs_build,
            },
        }
        cases = {"in_documents": (docs, gold), "each_string_once": distinct(docs, gold)}
        for case, (case_docs, case_gold) in cases.items():
            # Less like than its threshold each takes for NIL; 0 always answers.
            for setting, our_threshold, their_threshold in (
                ("defaults", 0.65, 0.7),
                ("always answering", 0.0, 0.0),
            ):
                theirs.threshold = their_threshold
                b = run(theirs, best_of_scispacy, case_docs, case_gold)
                a = run(ours(kb, our_threshold), best_of_biotk, case_docs, case_gold)
                # Its own threshold is that of a cosine.
                near = ours(kb, None if our_threshold else 0.0, "dense")
                c = run(near, best_of_biotk, case_docs, case_gold)
                report[f"{case}, {setting}"] = {
                    "biotk": a,
                    "biotk, dense": c,
                    "scispacy": b,
                    "speed_ratio": a["mentions_per_s"] / b["mentions_per_s"],
                    "speed_ratio, dense": c["mentions_per_s"] / b["mentions_per_s"],
                }
        json.dump(report, sys.stdout, indent=1)
        print()


if __name__ == "__main__":
    main()
