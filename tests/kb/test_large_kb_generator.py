"""The generator of the benchmark's large KB: the same each time, and as large as it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from biotk.errors import strict
from biotk.kb import KbBuilder, open_kb
from biotk.kb.readers import read_concepts
from biotk.types import Concept

pytestmark = pytest.mark.data

GENERATOR = Path(__file__).parents[1] / "benchmarks" / "large_kb.py"
CONCEPTS = 2000
#: Prefixes of what is combined; all else is real.
COMBINED = {"DX", "GX", "RX", "SX", "BX", "MX", "PX"}


def _start(out: Path, hash_seed: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(GENERATOR), str(out)]
    command += ["--concepts", str(CONCEPTS), "--seed", "1"]
    root = str(GENERATOR.parents[2])
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": root}
    return subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def generated(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two of the same seed, in processes in which sets are in another order."""
    folder = tmp_path_factory.mktemp("large")
    files = [folder / name for name in ("one.jsonl", "again.jsonl")]
    running = [_start(files[0], "1"), _start(files[1], "2")]
    assert [process.wait() for process in running] == [0, 0]
    return files


@pytest.fixture(scope="module")
def concepts(generated: list[Path]) -> list[Concept]:
    """The concepts of the first file; a row that is wrong would raise."""
    return list(read_concepts(generated[0], problems=strict()))


def _combined(concepts: list[Concept]) -> list[Concept]:
    return [c for c in concepts if c.concept_id.partition(":")[0] in COMBINED]


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.lower())


def test_generator_gives_the_same_bytes_for_the_same_seed(generated: list[Path]) -> None:
    one, again = (path.read_bytes() for path in generated)
    assert one == again


def test_generator_gives_the_sizes_it_was_asked_for(concepts: list[Concept]) -> None:
    names = [1 + len(concept.synonyms) for concept in concepts]
    assert len(concepts) == CONCEPTS
    assert len({concept.concept_id for concept in concepts}) == CONCEPTS
    assert sum(names) / CONCEPTS == pytest.approx(4.0, abs=0.1)
    combined = [1 + len(concept.synonyms) for concept in _combined(concepts)]
    assert 0.4 < len(combined) / CONCEPTS < 0.6
    # A long tail: many with one name, some with more than ten, none with more than forty.
    assert min(combined) == 1
    assert 10 < max(combined) <= 40


def test_generator_gives_each_concept_distinct_names_of_its_own_parts(
    concepts: list[Concept],
) -> None:
    names = {concept.concept_id: {concept.name, *concept.synonyms} for concept in concepts}
    shared = 0
    for concept in _combined(concepts):
        assert len({concept.name, *concept.synonyms}) == 1 + len(concept.synonyms)
        assert concept.types
        parts = {word for parent in concept.parents for n in names[parent] for word in _words(n)}
        shared += bool(parts.intersection(_words(concept.name)))
    assert shared == sum(bool(concept.parents) for concept in _combined(concepts))


def test_generator_leaves_real_concepts_as_they_are(
    shared_data: Path, concepts: list[Concept]
) -> None:
    real = {c.concept_id: c for c in concepts if c.concept_id.startswith("HP:")}
    assert len(real) > 20
    source = {c.concept_id: c for c in read_concepts(shared_data / "kb/hpo/hp_2026-02-16.obo.gz")}
    for concept_id, concept in real.items():
        expected = source[concept_id]
        assert (concept.name, concept.synonyms) == (expected.name, expected.synonyms)
        assert concept.parents == expected.parents


def test_generator_puts_every_combined_concept_below_concepts_that_came_before(
    concepts: list[Concept], tmp_path: Path
) -> None:
    seen: set[str] = set()
    for concept in concepts:
        if concept.concept_id.partition(":")[0] in COMBINED:
            assert seen.issuperset(concept.parents), concept.concept_id
        seen.add(concept.concept_id)
    builder = KbBuilder("generated")
    builder.add(concepts)
    kb = open_kb(builder.write(tmp_path / "kb"))
    assert kb.manifest.counts["parents_not_in_kb"] == 0


def test_generator_puts_no_number_behind_a_name_to_make_another(concepts: list[Concept]) -> None:
    stems = Counter(c.name.rstrip("0123456789 -_").lower() for c in _combined(concepts))
    assert stems.most_common(1)[0][1] <= 3
