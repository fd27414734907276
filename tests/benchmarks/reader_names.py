"""Which texts of MeSH and ICD-10-CM are names: the measurements behind the readers' choices.

Run by hand, in a minute::

    python tests/benchmarks/reader_names.py ../shared/data

``mesh``: disease mentions of BC5CDR and NCBI (train and dev) that equal a name, and how many of
these are annotated with the descriptor that has it: names of the preferred concept (MeSH 2024), and
those that only MEDIC 2012 has for a descriptor. ``icd10cm``: texts of the tabular list that equal a
name in MONDO, and how many stand at the code that MONDO refers to, or above or below it. ``mondo``:
MONDO names with a cross-reference to ICD-10-CM that equal a name here.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from biotk.errors import Problems
from biotk.io.pubtator import read_pubtator
from biotk.kb.readers import read_concepts
from biotk.kb.readers.icd10cm_names import GROUPS, text_of
from biotk.kb.readers.xml_stream import iter_xml_records
from biotk.text.normalize import bag_of, plural_key
from biotk.types import Concept, entity_type

CORPORA = ("bc5cdr/train", "bc5cdr/dev", "ncbi_disease/train", "ncbi_disease/dev")
NOTES = ("desc", "inclusionTerm/note", "includes/note", "excludes1/note")
ICD = "ICD10CM:"
Names = dict[str, set[str]]


def bag(text: str) -> str:
    """:returns: what a KB's look-up compares."""
    return bag_of(plural_key(text).split())


def names_of(concepts: Iterable[Concept]) -> Iterator[tuple[str, str]]:
    """Yield id and name."""
    for concept in concepts:
        for name in (concept.name, *concept.synonyms):
            yield concept.concept_id, name


def measure_mesh(data: Path) -> dict[str, list[int]]:
    """:returns: kind of name → right ones, all that equal a mention."""
    preferred: Names = defaultdict(set)
    other: Names = defaultdict(set)
    mesh = list(read_concepts(data / "kb/mesh/descriptors.tsv.gz"))
    for concept_id, name in names_of(mesh):
        preferred[bag(name)].add(concept_id)
    descriptors = {concept.concept_id for concept in mesh}
    for concept_id, name in names_of(read_concepts(data / "kb/medic/medic_2012-07-06.txt.gz")):
        if concept_id in descriptors and bag(name) not in preferred:
            other[bag(name)].add(concept_id)
    counts = {"preferred": [0, 0], "other": [0, 0]}
    for corpus in CORPORA:
        path = next((data / "corpora").glob(f"{corpus}.pubtator*"))
        for document in read_pubtator(path, problems=Problems()):
            for mention in document.mentions:
                if entity_type(mention.type or "") != "Disease":
                    continue
                key = bag(mention.text)
                kind = "preferred" if key in preferred else "other"
                if found := {"preferred": preferred, "other": other}[kind].get(key):
                    gold = {link.concept_id for link in mention.links}
                    counts[kind][0] += bool(found & gold)
                    counts[kind][1] += 1
    return counts


def on_one_line(code: str, codes: Iterable[str]) -> bool:
    """:returns: whether a code is one of others, or above or below it."""
    return any(code.startswith(other) or other.startswith(code) for other in codes)


def measure_icd10cm(data: Path, codes_of: Names) -> dict[str, list[int]]:
    """:returns: kind of text → those at the code that MONDO gives, all that equal a name."""
    counts = {kind: [0, 0] for kind in NOTES}
    path = next((data / "kb/icd10cm").glob("*.xml.gz"))
    for record in iter_xml_records(path, GROUPS, problems=Problems()):
        for element in record.element.iter("diag"):
            code = text_of(element, "name")
            for kind in NOTES:
                for note in element.iterfind(kind):
                    text = text_of(note, ".").replace(" NOS", "")
                    if kind.startswith("excludes"):
                        text = text.rpartition(" (")[0] or text  # the code that is meant
                    if codes := codes_of.get(plural_key(text)):
                        counts[kind][0] += on_one_line(code, codes)
                        counts[kind][1] += 1
    return counts


def main() -> None:
    """Measure, and print a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    codes_of: Names = defaultdict(set)
    mondo: list[str] = []
    for concept in read_concepts(data / "kb/mondo/mondo_xrefs.json.gz"):
        codes = {xref.removeprefix(ICD) for xref in concept.xrefs if xref.startswith(ICD)}
        for name in {concept.name, *concept.synonyms} if codes else ():
            codes_of[plural_key(name)] |= codes
            mondo.append(bag(name))
    path = next((data / "kb/icd10cm").glob("*.xml.gz"))
    known = {bag(name) for _, name in names_of(read_concepts(path))}
    result = {
        "mesh": measure_mesh(data),
        "icd10cm": measure_icd10cm(data, codes_of),
        "mondo": [sum(key in known for key in mondo), len(mondo)],
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
