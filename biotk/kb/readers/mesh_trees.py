"""What a MeSH record's place in the trees says: its types, and where descriptors are found.

Both forms of MeSH, the tables and NLM's XML, share this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from biotk.errors import InputError, Problems
from biotk.kb.readers.delimited import iter_rows
from biotk.kb.readers.files import read_head
from biotk.kb.readers.xml_stream import iter_xml_records, root_tag

DESCRIPTOR_ID = re.compile(r"D(\d{6}|\d{9})")
SUPPLEMENTARY_ID = re.compile(r"C(\d{6}|\d{9})")
#: The root of NLM's file of descriptors, and the element of each.
DESCRIPTOR_SET, DESCRIPTOR = "DescriptorRecordSet", "DescriptorRecord"
_DESCRIPTOR_FILE = re.compile(r"desc\d{4}(\.xml)?(\.gz)?")

#: First letter of a tree number → type, in MeSH's words made short.
TREE_TYPES = {
    "A": "Anatomy",
    "B": "Species",
    "C": "Disease",
    "D": "Chemical",
    "E": "Procedure",
    "F": "Behavior",
    "G": "Process",
    "H": "Discipline",
    "I": "SocialPhenomenon",
    "J": "Technology",
    "K": "Humanities",
    "L": "InformationScience",
    "M": "PopulationGroup",
    "N": "HealthCare",
    "V": "PublicationType",
    "Z": "Location",
}
#: Type of the descriptors that stand in no tree: MeSH's check tags Male and Female.
NO_TREE = "CheckTag"
#: Type of a supplementary record when nothing tells more.
UNTYPED = "SupplementaryConcept"


def types_of_trees(trees: Iterable[str]) -> tuple[str, ...]:
    """:returns: the types of a descriptor; Chemical first, for such it is where both apply.

    >>> types_of_trees(["C10.597", "F03.615", "D12.776"]), types_of_trees(["F01.145"])
    (('Chemical', 'Disease'), ('Behavior',))
    """
    types = dict.fromkeys(
        "Disease" if tree.startswith("F03") else TREE_TYPES.get(tree[0], NO_TREE)
        for tree in trees
        if tree
    )
    return tuple(sorted(types, key=lambda t: t != "Chemical")) or (NO_TREE,)


def types_of_mapped(mapped: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """The types of a supplementary record from those of its descriptors.

    One class decides, for a record has one: a disease is mapped to its disease and to the enzyme
    that is missing (``C536524`` Valinemia), a plant extract to its kind and to the plant.

    :param mapped: the types of each descriptor.
    """
    found = dict.fromkeys(t for types in mapped for t in types)
    for decisive in ("Disease", "Chemical", "Species"):
        if decisive in found:
            return (decisive,)
    return tuple(found) or (UNTYPED,)


def parents_of_trees(trees: Iterable[str], owners: dict[str, str]) -> list[str]:
    """:returns: the descriptors one step up: that of ``C04`` for ``C04.588``.

    :param owners: tree number → descriptor.
    """
    above = (tree.rpartition(".")[0] for tree in trees)
    return [owners[tree] for tree in above if tree in owners]


def split_values(field: str, by: str = "|") -> list[str]:
    """:returns: the values in a field of a table, blank ones left out."""
    return [part for raw in field.split(by) if (part := raw.strip())]


def read_trees(path: Path) -> dict[str, list[str]]:
    """Read the tree numbers of the descriptors, from a table or NLM's XML, as the content says.

    What is wrong with the file is told when the file itself is read.

    :returns: descriptor id → tree numbers.
    """
    unheard = Problems(keep=0)
    if root_tag(read_head(path)) == DESCRIPTOR_SET:
        return {
            ui: [tree for e in record.element.iterfind("TreeNumberList/TreeNumber")
                 if (tree := (e.text or "").strip())]
            for record in iter_xml_records(path, (DESCRIPTOR,), problems=unheard)
            if (ui := (record.element.findtext("DescriptorUI") or "").strip())
        }  # fmt: skip
    rows = iter_rows(path, "\t", problems=unheard)
    return {row[0].strip(): split_values(row[3]) for _, row, _ in rows if len(row) >= 4}


def is_descriptors(path: Path) -> bool:
    """:returns: whether a file in one of MeSH's forms holds descriptors."""
    head = read_head(path, 1 << 14)
    return root_tag(head) == DESCRIPTOR_SET or head.lstrip().startswith("D")


def find_companion(path: Path, chosen: Path | None) -> Path | None:
    """Find the descriptors that the supplementary records of a file are mapped to.

    :param path: the file of supplementary records.
    :param chosen: the descriptors that the user names; None looks beside the file, for
        ``descriptors.tsv`` and for ``desc2026.xml``, the newest first.
    :returns: their file; None if there is none.
    :raises InputError: if the file that the user names is not there.
    """
    if chosen is not None:
        if not chosen.is_file():
            raise InputError(f"companion {chosen}: no such file; it should hold MeSH descriptors")
        return chosen
    beside = [path.parent / name for name in ("descriptors.tsv", "descriptors.tsv.gz")]
    xml = (p for p in path.parent.glob("desc*") if _DESCRIPTOR_FILE.fullmatch(p.name))
    beside += sorted(xml, reverse=True)
    if path.name.startswith("supp"):  # of the same year, and of the same form, before all others
        beside.insert(0, path.with_name(path.name.replace("supp", "desc", 1)))
    return next((p for p in beside if p.is_file()), None)
