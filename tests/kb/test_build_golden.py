"""An artifact of format 1 that is kept for good: it must open, answer, and come out again."""

from __future__ import annotations

import shutil
from pathlib import Path

from biotk.kb import KbBuilder, open_kb
from biotk.kb.manifest import FILES, MANIFEST, SourceInfo, sha256_file
from biotk.kb.readers import read_concepts
from biotk.types import Concept

GOLDEN = Path(__file__).parent / "golden" / "format-1"
SOURCE, KB = GOLDEN / "source.jsonl", GOLDEN / "kb"


def build(out: Path) -> Path:
    """How ``golden/format-1/kb`` was made."""
    builder = KbBuilder("golden")
    info = SourceInfo(
        name="invented", file=SOURCE.name, format="scispacy-jsonl", sha256=sha256_file(SOURCE),
        release="1", licence="CC0",
    )  # fmt: skip
    builder.add(read_concepts(SOURCE), info)
    builder.add_retired("MESH:D888888", "MESH:D999999")
    return builder.write(out)


def test_golden_kb_opens_and_answers() -> None:
    kb = open_kb(KB, verify=True)
    assert kb.fingerprint == "e69dcde078be0e8a"
    assert [concept.concept_id for concept in kb] == [
        "HGNC:6001", "MESH:D003080", "MESH:D003139", "MESH:D003920", "MESH:D003924", "X:1", "X:2",
    ]  # fmt: skip
    assert kb["NCBIGene:3558"].name == "IL2"
    assert kb["D003139"] == Concept(
        "MESH:D003139", "Common Cold", ("Cold", "coryza 🤧"), ("Disease", "Finding"), source="MeSH"
    )
    assert kb["D888888"].definition == "Diabetes in which insulin does not work."
    homonyms = [kb.name_concepts[row] for row in kb.keys("plural").rows("cold")]
    assert [kb.id_of(int(idx)) for idx in homonyms] == ["MESH:D003080", "MESH:D003139"]
    assert len(kb.keys("plural").rows("sjogren beta thing")) == 1
    assert len(kb.keys("bag").rows("2 diabetes type")) == 1
    below = kb.hierarchy.descendants(kb.index_of("D003920"))
    assert [kb.id_of(int(idx)) for idx in below] == ["MESH:D003924"]
    assert len(kb.subset(types=["Disease"])) == 3
    counts = kb.manifest.counts
    assert (counts["parents_not_in_kb"], counts["names_without_a_word"]) == (1, 1)


def test_golden_kb_comes_out_of_its_source_byte_for_byte(tmp_path: Path) -> None:
    built = build(tmp_path / "kb")
    assert {path.name for path in built.iterdir()} == FILES | {MANIFEST}
    for name in sorted(FILES):
        assert (built / name).read_bytes() == (KB / name).read_bytes(), name
    # Counts that a later BioTK adds are no change of the format.
    new, old = open_kb(built), open_kb(KB)
    assert new.fingerprint == old.fingerprint
    assert old.manifest.counts.items() <= new.manifest.counts.items()
    assert new.manifest.sources == old.manifest.sources


def test_copy_of_the_golden_kb_opens_without_a_build(tmp_path: Path) -> None:
    shutil.copytree(KB, tmp_path / "elsewhere")
    assert open_kb(tmp_path / "elsewhere")["X:1"].name == "Sjögren’s β-thing"


if __name__ == "__main__":
    print(open_kb(build(KB)).fingerprint)
