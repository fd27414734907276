from __future__ import annotations

from pathlib import Path

from biotk.kb import KbBuilder, open_kb
from biotk.kb.report import report_kb
from biotk.types import Concept


def test_further_ids_of_several_concepts_are_told_unless_a_concept_owns_them(
    tmp_path: Path,
) -> None:
    builder = KbBuilder("x")
    builder.add(
        [
            Concept("A:1", "one", alt_ids=("A:3", "X:1", "X:2")),
            Concept("A:2", "two", alt_ids=("A:3", "X:1"), xrefs=("X:2",)),
            Concept("A:3", "three"),
        ]
    )
    report = report_kb(open_kb(builder.write(tmp_path / "kb")))
    assert report.shared_ids.count == 1
    assert report.shared_ids.examples == (("X:1", "A:1, A:2"),)
