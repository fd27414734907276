"""MeSH as NLM publishes it: ``desc2026.xml`` and ``supp2026.xml``, gzipped or not.

Which terms are names? A record holds concepts, one of them preferred, and all the terms of each;
for NLM's indexers every term leads to the record. As names come the terms of the preferred concept
(scope EXACT), and of the concepts that stand to it as narrower (NARROW) and related ones
(RELATED); those of broader concepts (BROAD) do not.
:attr:`~biotk.kb.readers.base.ReaderOptions.synonym_scopes` changes the choice. Permuted terms
(``Diseases, Heart``) never come: a KB's look-up disregards the order of words.

Measured on the disease mentions of BC5CDR and the NCBI corpus, with MeSH 2024's preferred concepts,
and with MEDIC 2012 for the descriptors' other terms (``tests/benchmarks/reader_names.py``): an
exact name from the former was right in 6,800 of 7,306 mentions; one that only the latter have, in
1,075 of 1,185.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from biotk.errors import InputError, Problems
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions
from biotk.kb.readers.files import read_head
from biotk.kb.readers.maker import ConceptMaker
from biotk.kb.readers.mesh_trees import (
    DESCRIPTOR,
    DESCRIPTOR_ID,
    DESCRIPTOR_SET,
    SUPPLEMENTARY_ID,
    UNTYPED,
    find_companion,
    parents_of_trees,
    read_trees,
    types_of_mapped,
    types_of_trees,
)
from biotk.kb.readers.xml_stream import iter_xml_records, root_tag
from biotk.types import Concept

_SUPPLEMENTARY_SET, _SUPPLEMENTARY = "SupplementalRecordSet", "SupplementalRecord"
_GIVE = "give descriptors (desc2026.xml) or supplementary records (supp2026.xml)"
#: Root of what NLM publishes beside those two → what it holds.
_OTHERS = {
    "QualifierRecordSet": "MeSH qualifiers, aspects such as `drug therapy` and no concepts",
    "PharmacologicalActionSet": "MeSH pharmacological actions, which point to other records",
}
#: SCRClass → type. Records without one get theirs from the descriptors that they are mapped to.
CLASS_TYPES = {
    "1": "Chemical",
    "2": "Procedure",  # protocols: combinations of drugs by which one treats
    "3": "Disease",
    "4": "Species",
    "5": "PopulationGroup",
    "6": "Anatomy",
}
_SCOPES = {"NRW": "NARROW", "BRD": "BROAD", "REL": "RELATED"}
_INVERSE = {"NARROW": "BROAD", "BROAD": "NARROW", "RELATED": "RELATED"}
_CAS = re.compile(r"\d{2,7}-\d\d-\d")
_UNII = re.compile(r"[A-Z0-9]{10}")
_EC = re.compile(r"EC (\d+(?:\.\d+){3})")
_TAXON = re.compile(r"txid(\d+)")
_RELATED_CAS = re.compile(r"(\d{2,7}-\d\d-\d)\s*\((.*)\)")


def sniff_mesh_xml(probe: Probe) -> bool:
    """:returns: whether the root is one of NLM's record sets, those that are refused included."""
    return root_tag(probe.head) in {DESCRIPTOR_SET, _SUPPLEMENTARY_SET, *_OTHERS}


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _texts(element: Element, path: str) -> list[str]:
    return [text for e in element.iterfind(path) if (text := (e.text or "").strip())]


def _preferred(record: Element) -> Element | None:
    first = record.find("ConceptList/Concept[@PreferredConceptYN='Y']")
    return first if first is not None else record.find("ConceptList/Concept")


def _scopes(record: Element, preferred: str) -> dict[str, str]:
    """:returns: id of a concept → how it stands to the preferred one."""
    scopes: dict[str, str] = {}
    for relation in record.iterfind("ConceptList/Concept/ConceptRelationList/ConceptRelation"):
        one, two = _text(relation, "Concept1UI"), _text(relation, "Concept2UI")
        scope = _SCOPES.get(relation.get("RelationName", ""), "RELATED")
        if one == preferred:  # NRW says that the second is narrower than the first
            scopes.setdefault(two, scope)
        elif two == preferred:
            scopes.setdefault(one, _INVERSE[scope])
    return scopes


def _names(record: Element, make: ConceptMaker) -> Iterator[str]:
    """Yield the terms that are names, those of the preferred concept first."""
    preferred = _preferred(record)
    if preferred is None:
        return
    scopes = _scopes(record, _text(preferred, "ConceptUI"))
    others = (c for c in record.iterfind("ConceptList/Concept") if c is not preferred)
    for concept in (preferred, *others):
        scope = scopes.get(_text(concept, "ConceptUI"), "RELATED")
        if concept is preferred:
            scope = "EXACT"
        for term in concept.iterfind("TermList/Term"):
            if term.get("IsPermutedTermYN") == "Y":
                make.left_out["permuted terms"] += 1
            elif scope in make.options.synonym_scopes:
                yield _text(term, "String")
            else:
                make.left_out[f"{scope} synonyms"] += 1


def _xrefs(record: Element) -> Iterator[str]:
    """Yield the registry numbers of the preferred concept.

    Since 2014 a substance's own CAS number stands among the related ones, told by its name; the
    others there are of salts and the like.
    """
    concept = _preferred(record)
    if concept is None:
        return
    for number in (e.text or "" for e in concept.iter("RegistryNumber")):
        raw = number.strip()
        if _CAS.fullmatch(raw):
            yield f"CAS:{raw}"
        elif enzyme := _EC.fullmatch(raw):
            yield f"EC:{enzyme[1]}"
        elif taxon := _TAXON.fullmatch(raw):
            yield f"NCBITaxon:{taxon[1]}"
        elif _UNII.fullmatch(raw):
            yield f"UNII:{raw}"
    names = {name.lower() for name in _texts(concept, "TermList/Term/String")}
    names.add(_text(concept, "ConceptName/String").lower())
    for raw in _texts(concept, "RelatedRegistryNumberList/RelatedRegistryNumber"):
        related = _RELATED_CAS.fullmatch(raw)
        if related and related[2].strip().lower() in names:
            yield f"CAS:{related[1]}"


def iter_mesh_xml(
    path: Path, *, problems: Problems, options: ReaderOptions = DEFAULT_OPTIONS
) -> Iterator[Concept]:
    """Read MeSH descriptors or supplementary records from NLM's XML.

    :raises InputError: if the file holds something else, or the companion that the options name
        cannot be read.
    :raises FormatError: if the file declares entities.
    """
    make = ConceptMaker(path, problems=problems, options=options, prefix="MESH", source="MeSH")
    root = root_tag(read_head(path))
    if root in _OTHERS:
        raise InputError(f"{path}: holds {_OTHERS[root]}: {_GIVE}")
    if root and root not in {DESCRIPTOR_SET, _SUPPLEMENTARY_SET}:
        raise InputError(f"{path}: no MeSH XML, its root is <{root}>: {_GIVE}")
    yield from _supplementary(make) if root == _SUPPLEMENTARY_SET else _descriptors(make)
    make.finish()


def _descriptors(make: ConceptMaker) -> Iterator[Concept]:
    owners = {tree: own for own, trees in read_trees(make.path).items() for tree in trees}
    for found in iter_xml_records(make.path, (DESCRIPTOR,), problems=make.problems):
        record = found.element
        own, name = _text(record, "DescriptorUI"), _text(record, "DescriptorName/String")
        row = f"<{DESCRIPTOR}> {own} {name}"
        if not DESCRIPTOR_ID.fullmatch(own):
            make.bad(found.line, f"{own!r} is no id of a MeSH descriptor", row)
            continue
        if make.again(found.line, own, row):
            continue
        trees = _texts(record, "TreeNumberList/TreeNumber")
        preferred = _preferred(record)
        concept = make.make(
            found.line,
            row,
            concept_id=own,
            name=name,
            synonyms=list(_names(record, make)),
            types=types_of_trees(trees),
            definition=None if preferred is None else _text(preferred, "ScopeNote"),
            parents=parents_of_trees(trees, owners),
            xrefs=list(_xrefs(record)),
        )
        if concept is not None:
            yield concept


def _class_type(record: Element, line: int, make: ConceptMaker, row: str) -> str:
    given = record.get("SCRClass", "")
    if given and given not in CLASS_TYPES:
        known = ", ".join(CLASS_TYPES)
        make.bad(line, f"SCRClass {given!r} is none of {known}; typed by its descriptors", row)
    return CLASS_TYPES.get(given, "")


def _supplementary(make: ConceptMaker) -> Iterator[Concept]:
    companion = find_companion(make.path, make.options.companion)
    types: dict[str, tuple[str, ...]] | None = None
    for found in iter_xml_records(make.path, (_SUPPLEMENTARY,), problems=make.problems):
        record = found.element
        own = _text(record, "SupplementalRecordUI")
        name = _text(record, "SupplementalRecordName/String")
        row = f"<{_SUPPLEMENTARY}> {own} {name}"
        if not SUPPLEMENTARY_ID.fullmatch(own):
            make.bad(found.line, f"{own!r} is no id of a MeSH supplementary record", row)
            continue
        if make.again(found.line, own, row):
            continue
        # A star marks the headings that are the point of an article.
        path = "HeadingMappedToList/HeadingMappedTo/DescriptorReferredTo/DescriptorUI"
        mapped = [raw.lstrip("*") for raw in _texts(record, path)]
        told = _class_type(record, found.line, make, row)
        if not told and types is None:  # a big file, read only if it is needed
            trees_of = {} if companion is None else read_trees(companion)
            types = {ui: types_of_trees(trees) for ui, trees in trees_of.items()}
        inferred = types_of_mapped(types[ui] for ui in mapped if ui in types) if types else ()
        concept = make.make(
            found.line,
            row,
            concept_id=own,
            name=name,
            synonyms=list(_names(record, make)),
            types=(told,) if told else inferred or (UNTYPED,),
            definition=_text(record, "Note"),
            parents=mapped,
            xrefs=list(_xrefs(record)),
        )
        if concept is not None:
            if concept.types == (UNTYPED,):
                make.left_out["types of records whose descriptors are not at hand"] += 1
            yield concept
