"""Gold of some types alone: what is scored, what is told, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny import HGNC, build_tiny
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.kb import KbBuilder

# Invented; CAT and IL-2 by their NCBI Gene ids, the other types in no gene table.
CORPUS = """\
1|t|CAT and IL-2 in fever.
1|a|Pyrexia after aspirin; a cat had colds.
1\t0\t3\tCAT\tGeneOrGeneProduct\t847
1\t8\t12\tIL-2\tGeneOrGeneProduct\t3558
1\t16\t21\tfever\tSpecificDisease\tD005334
1\t23\t30\tPyrexia\tModifier\tD005334
1\t37\t44\taspirin\tChemicalEntity\tD001241
1\t48\t51\tcat\tOrganismTaxon\t9685
1\t56\t61\tcolds\tSpecificDisease\tD000001

"""


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture(scope="module")
def genes(tmp_path_factory: pytest.TempPathFactory) -> str:
    builder = KbBuilder("genes")
    builder.add(HGNC)
    return str(builder.write(tmp_path_factory.mktemp("kb") / "genes"))


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    path = tmp_path / "dev.pubtator"
    path.write_text(CORPUS)
    return str(path)


def run(what: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", what, *arguments, "--json"])


def report(what: str, *arguments: str) -> dict[str, Any]:
    result = run(what, *arguments)
    assert result.exit_code == 0, result.output
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


@pytest.mark.parametrize(
    ("types", "n"),
    [
        ("Gene", 2),
        ("gene", 2),
        ("GeneOrGeneProduct", 2),
        ("Disease", 3),
        ("SpecificDisease", 2),
        ("Modifier,Chemical", 2),
    ],
)
def test_gold_types_choose_by_the_corpus_s_names_and_the_common_ones(
    kb: str, corpus: str, types: str, n: int
) -> None:
    got = report("linking", "--corpus", corpus, "--kb", kb, "--gold-types", types)
    assert got["n"] == n
    assert got["gold_types"] == types.split(",")
    assert got["in_kb"]["recall_at_1_strict"] == 1.0


def test_reports_of_all_types_say_nothing_of_them(kb: str, corpus: str) -> None:
    got = report("linking", "--corpus", corpus, "--kb", kb)
    assert "gold_types" not in got
    assert got["n"] == 7


def test_coverage_is_judged_of_the_types_asked_for(genes: str, corpus: str) -> None:
    refused = run("linking", "--corpus", corpus, "--kb", genes)
    assert refused.exit_code == 2
    assert "only 2 of 7 gold mentions" in refused.stderr
    assert "Gene (2 of 2). To score these alone: --gold-types Gene" in refused.stderr
    got = report("linking", "--corpus", corpus, "--kb", genes, "--gold-types", "Gene")
    assert (got["n"], got["n_out_of_kb"]) == (2, 0)
    still = run("linking", "--corpus", corpus, "--kb", genes, "--gold-types", "Disease")
    assert "only 0 of 3 gold mentions" in still.stderr
    assert "--gold-types" not in still.stderr


def test_coverage_is_judged_of_the_whole_corpus_whatever_the_half(
    genes: str, tmp_path: Path
) -> None:
    # Document 1 is in the tuning half, 2 in the reported one; all genes of 2 are outside the KB.
    path = tmp_path / "two.pubtator"
    second = CORPUS.replace("1|", "2|").replace("1\t", "2\t").replace("\t847\n", "\t11\n")
    path.write_text(CORPUS + second.replace("\t3558\n", "\t12\n"))
    options = ("--corpus", str(path), "--kb", genes, "--gold-types", "Gene")
    got = report("linking", *options, "--half", "reported")
    assert (got["n"], got["n_out_of_kb"]) == (2, 2)
    assert report("linking", *options, "--half", "tuning")["n_out_of_kb"] == 0


def test_half_without_a_document_says_so(kb: str, corpus: str) -> None:
    result = run("linking", "--corpus", corpus, "--kb", kb, "--half", "reported")
    assert result.exit_code == 2
    assert "no document of the corpus is in its reported half" in result.stderr


def test_unknown_type_exits_with_2_and_lists_those_of_the_corpus(kb: str, corpus: str) -> None:
    result = run("linking", "--corpus", corpus, "--kb", kb, "--gold-types", "Gen")
    assert result.exit_code == 2
    assert "'Gene'" in result.stderr
    assert "SpecificDisease" in result.stderr
    assert run("linking", "--corpus", corpus, "--kb", kb, "--gold-types", " , ").exit_code == 2


def test_mentions_of_other_types_are_left_out(kb: str, corpus: str) -> None:
    run_all = ("--corpus", corpus, "--kb", kb, "--detector", "dictionary")
    everything = report("mentions", *run_all)
    diseases = report("mentions", *run_all, "--gold-types", "Disease")
    assert diseases["n_gold"] == 3
    assert list(diseases["by_type"]) == ["Disease"]
    assert diseases["by_type"]["Disease"] == everything["by_type"]["Disease"]
    assert diseases["n_left_out"] > everything["n_left_out"]
    assert diseases["gold_types"] == ["Disease"]


def test_end_to_end_of_some_types(kb: str, corpus: str) -> None:
    run_all = ("--corpus", corpus, "--kb", kb, "--detector", "dictionary")
    got = report("end-to-end", *run_all, "--gold-types", "Disease", "--gold-types", "Chemical")
    assert (got["n_gold"], got["n_predicted"], got["f1"]) == (4, 4, 1.0)
    assert got["gold_types"] == ["Disease", "Chemical"]
