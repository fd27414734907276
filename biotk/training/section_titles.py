"""Headings to put in the place of others in training: SecTag's list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from biotk.io.files import open_bytes

# What the branches of SecTag's tree are about; the longest that fits counts, "" is nothing of ours.
_BRANCHES = {
    "1": "administrative", "2": "administrative", "2.3": "", "2.7": "procedure",
    "2.9": "procedure", "3": "administrative", "4": "administrative", "5.14": "administrative",
    "5.15": "administrative", "5.16": "administrative", "5.18": "administrative",
    "5.21": "disposition", "5.22": "diagnosis", "5.23": "procedure", "5.24": "instructions",
    "5.25": "birth_and_development", "5.26": "chief_complaint", "5.27": "chief_complaint",
    "5.28": "history_of_present_illness", "5.29": "indication", "5.30": "past_medical_history",
    "5.32": "hospital_course", "5.34.78": "social_history", "5.34.79": "family_history",
    "5.35": "past_medical_history", "5.35.84": "past_surgical_history",
    "5.35.91": "obstetric_history", "5.35.94": "birth_and_development",
    "5.36.102": "immunizations", "5.37": "medications", "5.38": "allergies",
    "5.39": "review_of_systems", "6": "physical_exam", "6.40.138": "", "6.41": "imaging",
    "6.41.144": "labs", "6.41.153": "labs", "7": "plan", "8": "instructions", "9": "plan",
    "11": "past_medical_history", "13": "assessment_and_plan", "13.48": "assessment",
    "13.49": "assessment", "13.50": "assessment", "13.51": "plan", "13.51.155": "instructions",
    "13.53": "findings", "14": "administrative", "15": "operative_details", "15.59": "procedure",
    "15.60": "procedure", "16": "procedure", "22": "administrative", "27": "instructions",
}  # fmt: skip
# Measurements: labels of values rather than headings.
_VALUES = "6.40.136."


# Notes as a whole: "discharge summary", "progress note". A history and physical is narrative, the
# notes of operations and procedures are about these.
_DOCUMENTS, _OTHERWISE = "2.", ("2.3", "2.7", "2.9")


def read_titles(path: str | Path) -> dict[str, str | None]:
    """Read SecTag's list of headings.

    :returns: the headings with what they are about, in their order; None where their places in the
        tree say several things, or nothing of ours. Codes and measurements are left out.
    """
    titles: dict[str, set[str]] = {}
    for title, node in _rows(path):
        titles.setdefault(title, set()).add(_branch(node))
    return {
        title: next(iter(about)) or None if len(about) == 1 else None
        for title, about in titles.items()
    }


def read_document_titles(path: str | Path) -> list[str]:
    """:returns: of SecTag's list what is the title of a whole note, each once."""
    rows = _rows(path)
    found = (t for t, node in rows if node.startswith(_DOCUMENTS) and node[:3] not in _OTHERWISE)
    return list(dict.fromkeys(found))


def _rows(path: str | Path) -> Iterator[tuple[str, str]]:
    """Yield headings with their places in the tree."""
    with open_bytes(path) as stream:
        for raw in stream:
            title, _, rest = raw.decode("utf-8", "replace").partition("\t")
            node, title = rest.split("\t")[0].strip(), title.strip()
            is_title = rest and not title.startswith("#") and "_" not in title and len(title) > 2
            if is_title and not node.startswith(_VALUES):
                yield title, node


def _branch(node: str) -> str:
    parts = node.split(".")
    places = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((_BRANCHES[place] for place in places if place in _BRANCHES), "")
