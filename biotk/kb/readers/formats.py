"""The table of formats, and finding out which one a source is in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from biotk.errors import InputError, Problems, UnknownNameError, strict
from biotk.kb.readers.base import DEFAULT_OPTIONS, Probe, ReaderOptions, SourceFormat
from biotk.kb.readers.files import check_first_line, read_head
from biotk.kb.readers.hgnc import iter_hgnc, sniff_hgnc
from biotk.kb.readers.icd10cm import iter_icd10cm, sniff_icd10cm
from biotk.kb.readers.indra_json import iter_indra_json, sniff_indra_json
from biotk.kb.readers.medic import (
    iter_medic,
    iter_partial_kb_json,
    sniff_medic,
    sniff_partial_kb_json,
)
from biotk.kb.readers.mesh_tsv import iter_mesh_tsv, sniff_mesh_tsv
from biotk.kb.readers.mesh_xml import iter_mesh_xml, sniff_mesh_xml
from biotk.kb.readers.obo import iter_obo, sniff_obo
from biotk.kb.readers.obographs import iter_obographs, sniff_obographs
from biotk.kb.readers.ontology_json import iter_ontology_json, sniff_ontology_json
from biotk.kb.readers.rrf import (
    iter_rxnorm_rrf,
    iter_umls_rrf,
    sniff_rxnorm_rrf,
    sniff_umls_rrf,
)
from biotk.kb.readers.scispacy_jsonl import iter_scispacy_jsonl, sniff_scispacy_jsonl
from biotk.kb.readers.table import WHICH_COLUMNS, columns_of, iter_table, sniff_table
from biotk.types import Concept

_ALL = (
    SourceFormat("obo", sniff_obo, iter_obo, "ontology in OBO 1.2 or 1.4"),
    SourceFormat("obographs-json", sniff_obographs, iter_obographs, "ontology as OBO Graphs JSON"),
    SourceFormat("mesh-xml", sniff_mesh_xml, iter_mesh_xml, "MeSH in NLM's XML", "MeSH"),
    SourceFormat(
        "icd10cm-xml", sniff_icd10cm, iter_icd10cm, "ICD-10-CM's tabular list in XML", "ICD10CM"
    ),
    SourceFormat("mesh-tsv", sniff_mesh_tsv, iter_mesh_tsv, "MeSH descriptors or supplementary"),
    SourceFormat("hgnc-tsv", sniff_hgnc, iter_hgnc, "gene table of HGNC"),
    # Before MEDIC, whose rows look much like these.
    SourceFormat("umls-rrf", sniff_umls_rrf, iter_umls_rrf, "UMLS in RRF, a directory", "UMLS"),
    SourceFormat(
        "rxnorm-rrf", sniff_rxnorm_rrf, iter_rxnorm_rrf, "RxNorm in RRF, a directory", "RxNorm"
    ),
    SourceFormat("medic", sniff_medic, iter_medic, "MEDIC, id|id2||name|name"),
    SourceFormat(
        "scispacy-jsonl", sniff_scispacy_jsonl, iter_scispacy_jsonl, "scispaCy's JSON lines"
    ),
    SourceFormat(
        "ontology-json", sniff_ontology_json, iter_ontology_json, "JSON object, id to term"
    ),
    SourceFormat("indra-json", sniff_indra_json, iter_indra_json, "JSON array of terms"),
    SourceFormat(
        "partial-kb-json", sniff_partial_kb_json, iter_partial_kb_json, "JSON object, id to names"
    ),
    SourceFormat("table", sniff_table, iter_table, "CSV or TSV with a header or column mapping"),
)

#: The formats by name, in the order in which they are tried.
FORMATS: dict[str, SourceFormat] = {entry.name: entry for entry in _ALL}


def probe_source(path: Path) -> Probe:
    """:returns: what the formats may look at.

    :raises InputError: if there is no such file or directory, or it cannot be read.
    """
    if path.is_dir():
        return Probe(path, names=tuple(sorted(entry.name for entry in path.iterdir())))
    return Probe(path, head=read_head(path))


def sniff_format(path: Path) -> str:
    """Find out the format of a source from its content; its name plays no part.

    :returns: a key of :data:`FORMATS`.
    :raises InputError: if it is in none of the formats.
    """
    path = Path(path)
    probe = probe_source(path)
    if not probe.names and not probe.head.strip():
        what = "nothing in it can be read" if path.stat().st_size else "is empty"
        raise InputError(f"{path}: {what}")
    for entry in _ALL:
        if entry.sniff(probe):
            return entry.name
    if not probe.names:
        check_first_line(path)
    if columns := columns_of(probe):
        raise InputError(f"{path}: no id and name among its columns {columns}. {WHICH_COLUMNS}")
    raise InputError(
        f"{path}: in none of the known formats ({', '.join(FORMATS)}). If it is a table: "
        f"{WHICH_COLUMNS[0].lower()}{WHICH_COLUMNS[1:]}"
    )


def read_concepts(
    path: Path,
    *,
    format: str | None = None,
    options: ReaderOptions = DEFAULT_OPTIONS,
    problems: Problems | None = None,
) -> Iterator[Concept]:
    """Read the concepts of a source.

    :param path: the source; gzip is unpacked.
    :param format: its format, a key of :data:`FORMATS`; None to find out. With a column mapping in
        the options it is a table.
    :param options: what is known of the source.
    :param problems: takes the bad rows; None raises at the first.
    :returns: the concepts, in the order of the source.
    :raises InputError: if the source cannot be read or its format is unknown.
    :raises UnknownNameError: if there is no such format.
    :raises FormatError: at the first bad row, if ``problems`` is None or strict.
    """
    path = Path(path)
    if format is not None and format not in FORMATS:
        raise UnknownNameError("format", format, FORMATS)
    if not path.exists():
        raise InputError(f"{path}: no such file")
    name = format or ("table" if options.columns is not None else sniff_format(path))
    return FORMATS[name].read(
        path, problems=strict() if problems is None else problems, options=options
    )
