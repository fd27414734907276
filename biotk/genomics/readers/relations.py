"""Tables of relations between concepts: hetionet's, PharmacotherapyDB's, HPO's annotations.

What they yield are :class:`RawRelation`, both sides as the table has them; which concepts of the
KBs these are is for :mod:`biotk.genomics.relation_reading`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from biotk.errors import InputError, Problems
from biotk.genomics.relations import GENE_PHENOTYPE, HAS_PHENOTYPE, PALLIATES, TREATS
from biotk.genomics.rows import Header, iter_cells, read_header, refuse

NO_INDICATION = "its curators say that it is no indication"
NEGATED = "said not to hold"
NEVER_SEEN = "a frequency of 0: no patient had it"
NO_PHENOTYPE = "not a phenotype: inheritance, course, modifier or history"
UNKNOWN_NODE = "a node of an unknown kind"

HPO_LICENCE = "HPO licence"
#: Hetionet's data as a whole; its readme names the terms of each source.
CC0 = "CC0-1.0"

#: Hetionet's abbreviations of its kinds of edges.
METAEDGES = {
    "AdG": "anatomy_downregulates_gene", "AeG": "anatomy_expresses_gene",
    "AuG": "anatomy_upregulates_gene", "CbG": "compound_binds_gene",
    "CcSE": "compound_causes_side_effect", "CdG": "compound_downregulates_gene",
    "CpD": PALLIATES, "CrC": "compound_resembles_compound", "CtD": TREATS,
    "CuG": "compound_upregulates_gene", "DaG": "disease_associates_gene",
    "DdG": "disease_downregulates_gene", "DlA": "disease_localizes_anatomy",
    "DpS": "disease_presents_symptom", "DrD": "disease_resembles_disease",
    "DuG": "disease_upregulates_gene", "GcG": "gene_covaries_gene",
    "GiG": "gene_interacts_gene", "GpBP": "gene_participates_process",
    "GpCC": "gene_participates_component", "GpMF": "gene_participates_function",
    "GpPW": "gene_participates_pathway", "Gr>G": "gene_regulates_gene",
    "PCiC": "drug_class_includes_compound",
}  # fmt: skip
#: Kind of hetionet's nodes → prefix of their ids where these have none.
_PREFIXES = {
    "Anatomy": "", "Biological Process": "", "Cellular Component": "", "Molecular Function": "",
    "Disease": "", "Gene": "NCBIGene", "Compound": "DrugBank", "Pathway": "hetionet.pathway",
    "Pharmacologic Class": "NDFRT", "Side Effect": "UMLS", "Symptom": "MESH",
}  # fmt: skip
_ZERO = re.compile(r"0(?:\.0*)?\s*(?:/\s*\d+|%)?|HP:0040285")
#: In extracts, and in HPO's own ``phenotype.hpoa``.
_DISEASE_IDS = ("disease_id", "database_id")
_CATEGORIES = {"DM": TREATS, "SYM": PALLIATES}


class Side(NamedTuple):
    """One side of a relation, as its table has it.

    :param curie: its id.
    :param name: its name; empty where the table has none.
    """

    curie: str
    name: str = ""


class RawRelation(NamedTuple):
    """A row of a table of relations.

    :param line: the line that it stands on.
    :param head: the one side.
    :param relation: what holds; empty for a row that is left out.
    :param tail: the other side.
    :param left_out: why it is left out; empty for one that is not.
    """

    line: int
    head: Side
    relation: str
    tail: Side
    left_out: str = ""


Reader = Callable[[Header, Problems], Iterator[RawRelation]]


@dataclass(frozen=True, slots=True)
class RelationFormat:
    """A layout that tables of relations come in.

    :param name: its name.
    :param columns: the headers that it has, without case and joints.
    :param read: the reader.
    :param source: what its rows come from.
    :param licence: the terms of that.
    """

    name: str
    columns: frozenset[str]
    read: Reader
    source: str
    licence: str


def _rows(header: Header, problems: Problems, *names: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line of each row and its cells in the columns that are named."""
    keys = header.keys
    at = [keys.index(name) if name in keys else -1 for name in names]
    for line, cells in iter_cells(header, problems=problems):
        yield line, [cells[n] for n in at]


def iter_hetionet(header: Header, problems: Problems) -> Iterator[RawRelation]:
    """Read hetionet's edges, the names of their nodes from ``nodes.tsv`` beside them.

    :raises InputError: there is no such file beside it.
    """
    names = _node_names(header, problems)
    for line, (source, kind, target) in _rows(header, problems, "source", "metaedge", "target"):
        head, tail = (_node(node, names) for node in (source, target))
        relation = METAEDGES.get(kind, f"hetionet_{kind}")
        bad = UNKNOWN_NODE if not (head.curie and tail.curie) else ""
        yield RawRelation(line, head, relation, tail, bad)


def _node_names(header: Header, problems: Problems) -> dict[str, str]:
    folder = header.path.parent
    found = [folder / name for name in ("nodes.tsv", "nodes.tsv.gz")]
    nodes = next((path for path in found if path.is_file()), None)
    if nodes is None:
        raise InputError(
            f"{header.path}: hetionet's edges name no concepts: put nodes.tsv of the same release "
            "beside the file"
        )
    rows = _rows(read_header(nodes), problems, "id", "name")
    return {node: name for _line, (node, name) in rows}


def _node(node: str, names: dict[str, str]) -> Side:
    """:returns: ``Gene::9021`` as ``NCBIGene:9021`` with its name."""
    kind, _, local = node.partition("::")
    if kind not in _PREFIXES or not local:
        return Side("")
    prefix = _PREFIXES[kind]
    return Side(f"{prefix}:{local}" if prefix else local, names.get(node, ""))


def iter_indications(header: Header, problems: Problems) -> Iterator[RawRelation]:
    """Read PharmacotherapyDB's indications: disease-modifying, symptomatic, and none after all."""
    columns = ("doid_id", "drugbank_id", "disease", "drug", "category")
    for line, (doid, drugbank, disease, drug, category) in _rows(header, problems, *columns):
        relation = _CATEGORIES.get(category, "")
        yield RawRelation(
            line,
            Side(f"DrugBank:{drugbank}", drug),
            relation,
            Side(doid, disease),
            "" if relation else NO_INDICATION,
        )


def iter_disease_phenotypes(header: Header, problems: Problems) -> Iterator[RawRelation]:
    """Read HPO's annotations of diseases; of aspects only P, that of phenotypes."""
    disease_id = next(name for name in _DISEASE_IDS if name in header.keys)
    columns = (disease_id, "disease_name", "hpo_id", "frequency", "aspect", "qualifier")
    for line, cells in _rows(header, problems, *columns):
        disease, name, phenotype, frequency, aspect, qualifier = cells
        left_out = ""
        if qualifier.upper() == "NOT":
            left_out = NEGATED
        elif aspect != "P":
            left_out = NO_PHENOTYPE
        elif _ZERO.fullmatch(frequency):
            left_out = NEVER_SEEN
        yield RawRelation(line, Side(disease, name), HAS_PHENOTYPE, Side(phenotype), left_out)


def iter_gene_phenotypes(header: Header, problems: Problems) -> Iterator[RawRelation]:
    """Read HPO's annotations of genes."""
    columns = ("ncbi_gene_id", "gene_symbol", "hpo_id")
    for line, (gene, symbol, phenotype) in _rows(header, problems, *columns):
        yield RawRelation(line, Side(f"NCBIGene:{gene}", symbol), GENE_PHENOTYPE, Side(phenotype))


def _format(name: str, columns: str, read: Reader, source: str, licence: str) -> RelationFormat:
    return RelationFormat(name, frozenset(columns.split()), read, source, licence)


_ALL = (
    _format("hetionet", "source metaedge target", iter_hetionet, "Hetionet", CC0),
    _format(
        "drug-indications", "doid_id drugbank_id disease drug category",
        iter_indications, "PharmacotherapyDB", CC0,
    ),
    _format(
        "hpo-diseases", "disease_id hpo_id frequency aspect",
        iter_disease_phenotypes, "HPO annotations", HPO_LICENCE,
    ),
    _format(
        "hpoa", "database_id hpo_id frequency aspect",
        iter_disease_phenotypes, "HPO annotations", HPO_LICENCE,
    ),
    _format(
        "hpo-genes", "ncbi_gene_id gene_symbol hpo_id",
        iter_gene_phenotypes, "HPO annotations", HPO_LICENCE,
    ),
)  # fmt: skip
#: The layouts by name.
RELATION_FORMATS = {each.name: each for each in _ALL}


def find_relation_format(header: Header) -> RelationFormat:
    """:returns: the layout of a table, by its header.

    :raises FormatError: it is none of the known ones.
    """
    keys = set(header.keys)
    for each in _ALL:
        if each.columns <= keys:
            return each
    raise refuse(
        header,
        f"no table of relations that is known ({', '.join(RELATION_FORMATS)}); its columns are "
        + ", ".join(header.names),
    )
