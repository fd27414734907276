from __future__ import annotations

import json

import pytest
from tiny import build_tiny
from typer.testing import CliRunner

from biotk.cli import app

# Invented abstracts; ids of the tiny KB, one outside it (D424242), one NIL.
CORPUS = """\
1|t|Kidney cancer (KC) and fever.
1|a|KC was found in cats. Zorbax disease was not.
1\t0\t13\tKidney cancer\tDisease\tD007680
1\t15\t17\tKC\tDisease\tD007680
1\t23\t28\tfever\tDisease\tD005334
1\t30\t32\tKC\tDisease\tD007680
1\t52\t66\tZorbax disease\tDisease\t-1

2|t|Acetylsalicylic acid for colds.
2|a|Aspirin and pyrexia; heart failures and the old age.
2\t0\t20\tAcetylsalicylic acid\tChemical\tD001241
2\t25\t30\tcolds\tDisease\tD000001
2\t32\t39\tAspirin\tChemical\tD001241
2\t44\t51\tpyrexia\tDisease\tD005334
2\t53\t67\theart failures\tDisease\tD006333|D006331
2\t76\t83\told age\tDisease\tD424242

"""
TRAIN = """\
9|t|Pyrexia is fever.
9|a|Zorbax too.
9\t0\t7\tPyrexia\tDisease\tD005334
9\t18\t24\tZorbax\tDisease\tD007674

"""
# Document 1 under another id, in another corpus' capitals and punctuation.
OVERLAP = """\
PMC1|t|KIDNEY CANCER (KC) AND FEVER.
PMC1|a|KC was found in cats: Zorbax disease was not.
PMC1\t0\t13\tKIDNEY CANCER\tDisease\tD007680

"""


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "dev.pubtator"
    path.write_text(CORPUS)
    return str(path)


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *arguments])


def report(*arguments):
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_linking_prints_the_contract_s_figures(kb, corpus):
    got = report("linking", "--corpus", corpus, "--kb", kb, "--linker", "lexical")
    assert (got["n"], got["n_nil"], got["n_out_of_kb"]) == (11, 1, 1)
    # The composite is right leniently and wrong strictly; "colds" has a homonym of another type.
    assert got["in_kb"] == {
        "recall_at_1_lenient": 1.0,
        "recall_at_1_strict": pytest.approx(8 / 9),
        "recall_at_5_lenient": 1.0,
        "recall_at_20_lenient": 1.0,
    }
    assert got["all"]["recall_at_1_lenient"] == pytest.approx(9 / 10)
    assert got["slices"]["abbreviations"]["n"] == 2


def test_linking_without_long_forms_misses_short_ones(kb, corpus):
    got = report("linking", "--corpus", corpus, "--kb", kb, "--no-abbreviations")
    assert got["in_kb"]["recall_at_1_lenient"] == pytest.approx(7 / 9)


def test_training_mentions_are_counted_and_give_the_unseen_slice(kb, corpus, tmp_path):
    train = tmp_path / "train.pubtator"
    train.write_text(TRAIN + CORPUS + OVERLAP)
    result = run("linking", "--corpus", corpus, "--kb", kb, "--train", str(train), "--json")
    got = json.loads(result.stdout)
    assert got["n_training_documents"] == 1
    assert "3 training documents are in the corpus too" in result.stderr
    assert got["slices"]["unseen"]["n"] == 7


def test_wrong_kb_stops_with_the_prefixes(corpus, tmp_path):
    other = tmp_path / "genes.tsv"
    other.write_text("id\tname\nX:1\tfoo\n")
    built = CliRunner().invoke(app, ["kb", "build", str(other), "-o", str(tmp_path / "x")])
    assert built.exit_code == 0, built.output
    result = run("linking", "--corpus", corpus, "--kb", str(tmp_path / "x"))
    assert result.exit_code != 0
    assert "MESH" in result.stderr
    assert "X" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (("linking", "--linker", "lexicl"), "lexical"),
        (("mentions", "--pipeline", "clinicl"), "clinical, literature"),
        (("end-to-end", "--pipeline", "clinicl"), "clinical, literature"),
    ],
)
def test_unknown_name_exits_with_2_and_lists_the_known(kb, corpus, arguments, known):
    result = run(*arguments, "--corpus", corpus, "--kb", kb)
    assert result.exit_code == 2
    assert known in result.stderr


def test_mentions_prints_the_contract_s_figures(kb, corpus):
    how = ("--pipeline", "literature", "--detector", "dictionary")
    got = report("mentions", "--corpus", corpus, *how, "--kb", kb)
    # Found beside gold: nothing; missed: "Zorbax disease" and "old age".
    assert got["exact"] == {
        "precision": 1.0,
        "recall": pytest.approx(9 / 11),
        "f1": pytest.approx(0.9),
    }
    assert got["untyped"]["f1"] == pytest.approx(0.9)


def test_end_to_end_prints_the_contract_s_figures(kb, corpus):
    how = ("--pipeline", "literature", "--detector", "dictionary")
    got = report("end-to-end", "--corpus", corpus, *how, "--kb", kb)
    assert (got["n_gold"], got["n_predicted"]) == (10, 9)
    assert got["precision"] == 1.0
    assert got["recall"] == pytest.approx(0.9)
    assert got["mention_f1"] == 1.0
    assert got["accuracy_on_found"] == pytest.approx(8 / 9)


def test_end_to_end_under_a_subset_answers_nothing_else(kb, corpus, tmp_path):
    ids = tmp_path / "ids.txt"
    ids.write_text("D001241\nD005334\nD777777\n")
    result = run("end-to-end", "--corpus", corpus, "--kb", kb, "--subset-ids", str(ids), "--json")
    got = json.loads(result.stdout)
    assert "1 of 3 ids are not in the KB" in result.stderr
    assert (got["n_gold"], got["n_predicted"], got["f1"]) == (4, 4, 1.0)


def test_halves_share_the_documents(kb, corpus):
    sizes = []
    for half in ("tuning", "reported"):
        result = run("linking", "--corpus", corpus, "--kb", kb, "--half", half, "--json")
        sizes.append(json.loads(result.stdout)["n"] if result.exit_code == 0 else 0)
    assert sorted(sizes) == [5, 6]


def test_table_shows_the_same_figures(kb, corpus):
    result = run("linking", "--corpus", corpus, "--kb", kb)
    assert "in_kb.recall_at_1_lenient" in result.stdout
    assert "1.0000" in result.stdout
