"""``biotk kb report | tree | lca | diff`` of a part of a KB."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from biotk.cli import app
from biotk.kb import KbBuilder, open_kb
from biotk.types import Concept


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["kb", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def concepts(new_type: str):
    return [
        Concept("X:1", "Illness", types=("Disease",)),
        Concept("X:2", "Heart illness", types=("Disease",), parents=("X:1",)),
        Concept("X:3", "Cold", types=("Disease",), parents=("X:2",)),
        Concept("X:4", "Cold", types=(new_type,), parents=("X:2", "X:5")),
        Concept("X:5", "Cold", types=("Phenotype",), parents=("X:1",)),
        Concept("X:6", "Heart block", types=("Disease",), parents=("X:2", "X:5")),
        Concept("X:7", "Heart murmur", types=("Disease",), parents=("X:2", "X:5")),
    ]


@pytest.fixture
def kb(tmp_path):
    builder = KbBuilder("old")
    builder.add(concepts("Phenotype"))
    return builder.write(tmp_path / "old")


def test_report_of_a_part_counts_what_is_in_it(kb):
    whole = json.loads(run("report", kb, "--json"))
    part = json.loads(run("report", kb, "--types", "Disease", "--json"))
    assert [group["count"] for group in whole["homonyms"]["groups"]] == [1]
    assert part["homonyms"]["groups"] == []
    assert (whole["roots"]["count"], part["roots"]["count"]) == (1, 1)
    assert json.loads(run("report", kb, "--ids", "X:6", "--json"))["roots"]["count"] == 0


def test_tree_of_a_part_leaves_the_rest_out(kb):
    whole = json.loads(run("tree", kb, "X:2", "--json"))
    part = json.loads(run("tree", kb, "X:2", "--types", "Disease", "--json"))
    assert [entry["concept_id"] for entry in whole["narrower"]] == ["X:3", "X:4", "X:6", "X:7"]
    assert [entry["concept_id"] for entry in part["narrower"]] == ["X:3", "X:6", "X:7"]
    assert (whole["n_narrower"], part["n_narrower"]) == (4, 3)


def test_tree_without_an_id_begins_at_the_roots_of_the_part(kb):
    told = json.loads(run("tree", kb, "--types", "Phenotype", "--json"))
    assert [entry["concept_id"] for entry in told["narrower"]] == ["X:5"]
    assert [entry["concept_id"] for entry in told["narrower"][0]["narrower"]] == ["X:4"]


def test_lowest_common_ancestors_are_sought_in_the_part(kb):
    def found(*options):
        return [row["concept_id"] for row in json.loads(run("lca", kb, "X:6", "X:7", *options))]

    assert found("--json") == ["X:2", "X:5"]
    assert found("--types", "Disease", "--json") == ["X:2"]
    assert found("--ids", "X:1,X:3", "--json") == ["X:1"]


def test_lowest_common_ancestors_in_the_whole_as_a_part_are_those_of_the_whole(kb):
    opened = open_kb(kb)
    everything = opened.subset()
    for one in range(len(opened)):
        for other in range(len(opened)):
            hierarchy = opened.hierarchy
            assert hierarchy.lowest_common_ancestors(
                one, other, subset=everything
            ) == hierarchy.lowest_common_ancestors(one, other)


def test_diff_of_a_part_tells_what_has_left_it(kb, tmp_path):
    builder = KbBuilder("new")
    builder.add([*concepts("Disease"), Concept("X:8", "Sneeze", types=("Phenotype",))])
    new = builder.write(tmp_path / "new")

    def counts(*options):
        return json.loads(run("diff", kb, new, "--json", *options))["counts"]

    assert (counts()["added"], counts()["retyped"]) == (1, 1)
    disease = counts("--types", "Disease")
    assert (disease["added"], disease["removed"], disease["retyped"]) == (1, 0, 0)
    phenotype = counts("--types", "Phenotype")
    # X:4 is a disease now, so that it has left the phenotypes.
    assert (phenotype["added"], phenotype["removed"], phenotype["retired"]) == (1, 1, 0)
