from __future__ import annotations

import json

import pytest
from tiny import build_tiny
from tiny_generator import write_checkpoint
from typer.testing import CliRunner

from biotk.cli import app
from biotk.io import read_documents
from biotk.kb import open_kb
from biotk.linking import CascadeLinker, GenerativeLinker, Query, load_generator
from biotk.nn.genbioel_format import GenbioelFormat


@pytest.fixture(scope="module")
def kb(tmp_path_factory):
    return str(build_tiny(tmp_path_factory.mktemp("kb")))


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(write_checkpoint(tmp_path_factory.mktemp("models") / "bart"))


def run(*arguments, stdin=None):
    if "--linker" not in arguments:
        arguments = (*arguments, "--linker", "lexical")
    return run_plainly(*arguments, stdin=stdin)


def run_plainly(*arguments, stdin=None):
    return CliRunner().invoke(app, ["link", *arguments], input=stdin)


def rows(result):
    head, *lines = result.stdout.splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_mention_that_is_typed_is_shown_with_its_runners_up(kb):
    result = run("cold", "zorbax", "--kb", kb)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "cold → MESH:D000001 Cold"
    assert lines[2].split() == ["MESH:D000001", "Cold", "Cold", "case", "0.990"]
    assert lines[3].split()[:2] == ["MESH:D003080", "Cold"]
    assert "zorbax → NIL: nothing like it" in lines


def test_linker_is_the_cascade_and_the_model_biotk_mini_where_none_is_named(kb, model, monkeypatch):
    asked = []
    monkeypatch.setattr("biotk.linking.registry.check_generator", asked.append)
    monkeypatch.setattr(
        "biotk.linking.generator.load_generator",
        lambda name, **how: asked.append(name) or load_generator(model),
    )
    result = run_plainly("fever", "heart falure", "--kb", kb, "--json")
    sure, rest = map(json.loads, result.stdout.splitlines())
    assert sure["route"] == "case"
    assert "generated" in {each["route"] for each in rest["candidates"]}
    assert asked == ["biotk-mini", "biotk-mini"]


def test_model_s_name_and_probability_are_shown(kb, model):
    result = run("heart falure", "--kb", kb, "--linker", "generative", "--model", model)
    assert result.exit_code == 0, result.output
    (want,) = [GenerativeLinker(open_kb(kb), load_generator(model)).link("heart falure")]
    assert result.stdout.startswith(f"heart falure → {want.concept_id} {want.name}\n")
    assert "model's probability" in result.stdout
    assert len(result.stdout.splitlines()) == 1 + 1 + 5 + 1
    assert all(c.name in result.stdout for c in want.candidates[:5])


def test_json_has_the_whole_link(kb, model):
    arguments = ("--kb", kb, "--linker", "cascade", "--model", model, "--json", "--n-best", "3")
    result = run("heart falure", "fever", *arguments)
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["mention"], first["route"], len(first["candidates"])) == (
        "heart falure",
        "ngram",
        3,
    )
    said = [each["log_prob"] for each in first["candidates"] if each["route"] == "generated"]
    assert said and max(said) < 0
    assert (second["concept_id"], second["route"]) == ("MESH:D005334", "case")
    assert second["candidates"][1]["route"] == "generated"


def test_context_explains_a_short_form_and_is_seen_by_the_model(kb, model):
    context = "Kidney cancer (KC) is bad."
    result = run("KC", "--context", context, "--kb", kb, "--json")
    got = json.loads(result.stdout)
    assert (got["concept_id"], got["query"]) == ("MESH:D007680", "Kidney cancer")
    arguments = ("bad", "--kb", kb, "--linker", "generative", "--model", model, "--json")
    within = json.loads(run(*arguments, "--context", context).stdout)
    linker = GenerativeLinker(open_kb(kb), load_generator(model))
    (want,) = linker.link_batch([Query("bad", passage=context, start=22, end=25)])
    assert within["log_prob"] == pytest.approx(want.log_prob, abs=2e-4)
    assert within["log_prob"] != json.loads(run(*arguments).stdout)["log_prob"]


def test_type_and_part_of_the_kb_decide(kb):
    assert json.loads(run("cold", "--kb", kb, "--type", "Chemical", "--json").stdout)[
        "concept_id"
    ] == ("MESH:D003080")
    result = run("fever", "--kb", kb, "--types", "Chemical", "--json")
    assert json.loads(result.stdout)["concept_id"] == "NIL"


FILE = "fever\nKC\tKidney cancer (KC).\tDisease\n\ncold\t\tChemical\nzorbax\n"


@pytest.mark.parametrize("stdin", [True, False])
def test_every_line_of_a_file_has_its_answer(kb, tmp_path, stdin):
    path = tmp_path / "mentions.txt"
    path.write_text("\ufeff" + FILE)
    if stdin:
        result = run("--file", "-", "--kb", kb, stdin="\ufeff" + FILE)
    else:
        result = run("--file", str(path), "--kb", kb)
    assert result.exit_code == 0, result.output
    got = [(row["line"], row["mention"], row["rank"], row["concept_id"]) for row in rows(result)]
    assert got == [
        ("1", "fever", "1", "MESH:D005334"),
        ("2", "KC", "1", "MESH:D007680"),
        ("3", "", "1", "NIL"),
        ("4", "cold", "1", "MESH:D003080"),
        ("5", "zorbax", "1", "NIL"),
    ]
    assert rows(result)[4]["reasons"] == "nil: nothing like it"


def test_runners_up_of_a_file_are_rows_of_their_own(kb):
    result = run("-f", "-", "--kb", kb, "--n-best", "2", stdin="cold\nzorbax\n")
    got = [(row["line"], row["rank"], row["concept_id"]) for row in rows(result)]
    assert got == [
        ("1", "1", "MESH:D000001"),
        ("1", "2", "MESH:D003080"),
        ("2", "1", "NIL"),
    ]


def test_many_lines_go_through_in_order(kb):
    result = run("-f", "-", "--kb", kb, stdin="fever\ncough\n" * 300)
    got = [row["concept_id"] for row in rows(result)]
    assert got == ["MESH:D005334", "MESH:D003371"] * 300


def test_bad_lines_are_told_and_the_rest_goes_on(kb, tmp_path):
    path = tmp_path / "mentions.txt"
    path.write_bytes(
        b"fever\n\xff\xfe secret\ncough\tno such thing here\ncold\ta cold\tDisease\tx\n"
    )
    result = run("-f", str(path), "--kb", kb)
    assert result.exit_code == 1
    assert [row["concept_id"] for row in rows(result)] == [
        "MESH:D005334",
        "NIL",
        "MESH:D003371",
        "MESH:D000001",
    ]
    told = result.stderr.splitlines()
    assert [line.removeprefix(f"{path}:").split(":")[0] for line in told] == ["2", "3", "4"]
    assert "secret" not in result.stderr


def test_mentions_that_the_model_cannot_be_given_are_counted(kb, model):
    long = "zyx " * 60
    arguments = ("-f", "-", "--kb", kb, "--linker", "generative", "--model", model)
    result = run(*arguments, stdin=f"fever\n{long}\n\n")
    assert result.exit_code == 0
    assert [row["route"] for row in rows(result)] == ["generated", "nil", "nil"]
    assert "2 mentions could not be given to the model" in result.stderr
    assert "the model was not asked" in rows(result)[1]["reasons"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give mentions to link"),
        (("fever", "--file", "-"), "give mentions to link"),
        (("--file", "-", "--context", "x"), "--context is for mentions typed"),
        (("fever", "--context", "no such"), "does not stand in the context"),
        (("--file", "nowhere.txt"), "nowhere.txt cannot be read: No such file"),
        (("fever", "--linker", "lexicl"), "Did you mean 'lexical'"),
        (("fever", "--model", "x"), "the lexical linker has no model"),
        (("fever", "--linker", "cascade", "--model", "nonesuch"), "no model 'nonesuch'"),
    ],
)
def test_wrong_arguments_exit_with_2_and_say_why(kb, arguments, told):
    result = run(*arguments, "--kb", kb)
    assert result.exit_code == 2
    assert told in result.stderr
    assert result.stdout == ""


# The other commands


CORPUS = """\
1|t|Kidney cancer (KC) and fever.
1|a|Heart falure was found.
1\t0\t13\tKidney cancer\tDisease\tD007680
1\t15\t17\tKC\tDisease\tD007680
1\t23\t28\tfever\tDisease\tD005334
1\t30\t42\tHeart falure\tDisease\tD006333

"""


@pytest.mark.parametrize("linker", ["generative", "cascade"])
def test_evaluate_scores_what_the_linker_answers(kb, model, tmp_path, linker):
    path = tmp_path / "dev.pubtator"
    path.write_text(CORPUS)
    arguments = ["linking", "--corpus", str(path), "--kb", kb, "--linker", linker, "--json"]
    result = CliRunner().invoke(app, ["evaluate", *arguments, "--model", model])
    assert result.exit_code == 0, result.output
    got = json.loads(result.stdout)
    made = {"generative": GenerativeLinker, "cascade": CascadeLinker}[linker]
    own = made(open_kb(kb), load_generator(model))
    (document,) = read_documents(path)
    text = document.text
    queries = [
        Query(m.text, m.type, "Kidney cancer" if m.text == "KC" else None, text, m.start, m.end)
        for m in document.mentions
    ]
    right = [
        link.candidates[0].concept_id in mention.concept_ids
        for link, mention in zip(own.link_batch(queries), document.mentions)
    ]
    assert got["in_kb"]["recall_at_1_strict"] == pytest.approx(sum(right) / 4)
    assert linker == "generative" or sum(right) >= 3
    assert got["slices"]["by_type"]["Disease"]["n"] == 4
    assert got["model"] == {
        "name": model,
        "normalisation": "vocabulary",
        "beams": 5,
        "shortlist": None,
        "n_refused": 0,
    }


def test_evaluate_takes_a_shortlist(kb, model, tmp_path):
    path = tmp_path / "dev.pubtator"
    path.write_text(CORPUS)
    found = {}
    for shortlist in ("trie", "subset"):
        arguments = ["linking", "--corpus", str(path), "--kb", kb, "--linker", "generative"]
        arguments += ["--model", model, "--shortlist", shortlist, "--json"]
        result = CliRunner().invoke(app, ["evaluate", *arguments])
        assert result.exit_code == 0, result.output
        got = json.loads(result.stdout)
        assert got["model"]["shortlist"] == shortlist
        found[shortlist] = got["in_kb"]["recall_at_5_lenient"]
    # Random weights choose among what names have found, not among the whole KB.
    assert found["trie"] >= 0.75


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--linker", "generative", "--shortlist", "tree"], "unknown shortlist 'tree'"),
        (["--linker", "lexical", "--shortlist", "trie"], "--shortlist is for a model"),
    ],
)
def test_evaluate_refuses_what_a_linker_cannot(kb, model, tmp_path, options, told):
    path = tmp_path / "dev.pubtator"
    path.write_text(CORPUS)
    named = [] if "lexical" in options else ["--model", model]
    arguments = ["evaluate", "linking", "--corpus", str(path), "--kb", kb, *options, *named]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_evaluate_counts_what_the_model_cannot_be_given(kb, model, tmp_path, monkeypatch):
    path = tmp_path / "dev.pubtator"
    path.write_text(CORPUS)
    encode = GenbioelFormat.encode

    def narrow(self, text, **place):
        self._max_tokens = 20
        return encode(self, text, **place)

    monkeypatch.setattr(GenbioelFormat, "encode", narrow)
    arguments = ["linking", "--corpus", str(path), "--kb", kb, "--linker", "cascade", "--json"]
    result = CliRunner().invoke(app, ["evaluate", *arguments, "--model", model])
    got = json.loads(result.stdout)
    assert got["model"]["n_refused"] == 1  # the others are names, and need no model
    assert got["n"] == 4
    assert got["in_kb"]["recall_at_1_lenient"] == 1.0  # what the names say of them stands


def test_annotate_takes_linker_and_model(kb, model, tmp_path):
    note = tmp_path / "note.txt"
    note.write_text("No fever. Severe cough.")
    out = tmp_path / "out.jsonl"
    arguments = ["annotate", str(note), "-o", str(out), "--kb", kb, "--model", model]
    result = CliRunner().invoke(app, [*arguments, "--linker", "generative"])
    assert result.exit_code == 0, result.output
    routes = [m["links"][0]["route"] for m in json.loads(out.read_text())["mentions"]]
    assert routes == ["generated", "generated"]
    result = CliRunner().invoke(app, [*arguments, "--overwrite", "--linker", "lexical"])
    assert result.exit_code == 2
    assert "the lexical linker has no model" in result.stderr
