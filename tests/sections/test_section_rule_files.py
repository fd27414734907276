from __future__ import annotations

import json
import pickle

import pytest

from biotk.errors import InputError
from biotk.sections.rules import SectionRule, SectionRules


def test_rules_come_back_from_a_file_as_they_were(tmp_path):
    plain = {
        "author": "me",
        "section_rules": [
            {"literal": "Übersicht:", "category": "mine", "comment": "no key of medspaCy's"},
            {"literal": "plan", "category": None, "pattern": "plan|goals"},
            {"literal": "hx", "category": "", "pattern": [{"LOWER": "hx"}, {"OP": "?"}]},
            {"literal": "Skin:", "category": "skin", "parents": ["exam"], "parent_required": True,
             "max_scope": 20, "metadata": {"source": ["a", 1]}},
        ],
        "anywhere": True,
    }  # fmt: skip
    path = tmp_path / "rules.json"
    path.write_text("\ufeff" + json.dumps(plain), encoding="utf-8")
    rules = SectionRules.read(path)
    assert rules.to_dict() == plain
    assert rules.anywhere
    assert list(rules)[3].parents == ("exam",)
    rules.write(tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text("utf-8")) == plain
    assert list(SectionRules.read(tmp_path / "again.json")) == list(rules)


def test_rule_with_nulls_is_read_as_older_medspacy_wrote_it():
    plain = {"literal": "PLAN:", "category": "plan", "pattern": None, "parents": None,
             "parent_required": None, "max_scope": None, "metadata": None}  # fmt: skip
    assert SectionRule.from_dict(plain) == SectionRule("PLAN:", "plan")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"category": "a"}, "rule 2: key 'literal' is missing"),
        ({"literal": "a"}, r"rule 2 \('a'\): key 'category' is missing"),
        ({"literal": " : ", "category": "a"}, "'literal' must be a title"),
        ({"literal": 3, "category": "a"}, "rule 2: key 'literal' must be a title"),
        ({"literal": "a", "category": 3}, "'category' must be a string"),
        ({"literal": "a", "category": "a", "pattern": 3}, "'pattern' must be a regular expression"),
        ({"literal": "a", "category": "a", "pattern": []}, "'pattern' must be"),
        (
            {"literal": "a", "category": "a", "pattern": "(a"},
            r"2 \('a'\): key 'pattern': it is no reg",
        ),
        ({"literal": "a", "category": "a", "pattern": "a*"}, "matches where nothing stands"),
        (
            {"literal": "a", "category": "a", "pattern": [{"POS": "NOUN"}]},
            "'pattern': item 1: 'POS'",
        ),
        ({"literal": "a", "category": "a", "parents": "exam"}, "'parents' must be a list"),
        ({"literal": "a", "category": "a", "parent_required": True}, "the rule could never hold"),
        ({"literal": "a", "category": "a", "parent_required": 1}, "must be true or false"),
        ({"literal": "a", "category": "a", "max_scope": -1}, "'max_scope' must be a number"),
        ({"literal": "a", "category": "a", "max_scope": True}, "'max_scope' must be a number"),
        ({"literal": "a", "category": "a", "metadata": "x"}, "'metadata' must be an object"),
        ({"literal": "a", "category": "a", "max-scope": 3}, "is 'max_scope' meant"),
        ({"literal": "a", "category": "a", "parent": ["b"]}, "is 'parents' meant"),
        ("a", "rule 2: it must be an object"),
    ],
)
def test_rule_that_cannot_be_read_is_named(entry, said, tmp_path):
    path = tmp_path / "rules.json"
    rules = [{"literal": "PLAN:", "category": "plan"}, entry]
    path.write_text(json.dumps({"section_rules": rules}))
    with pytest.raises(InputError, match=said) as raised:
        SectionRules.read(path)
    assert str(raised.value).startswith(f"{path}: rule 2")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[]", "these are no section rules; expected"),
        (b'{"rules": []}', "these are no section rules"),
        (b'{"section_rules": {}}', "these are no section rules"),
        (b'{"section_rules": [], "anywhere": 1}', "'anywhere' must be true or false"),
    ],
)
def test_file_that_holds_no_rules_is_refused(content, said, tmp_path):
    path = tmp_path / "rules.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        SectionRules.read(path)
    with pytest.raises(InputError, match="cannot be read"):
        SectionRules.read(tmp_path / "none.json")


def test_rules_that_are_no_json_are_not_written(tmp_path):
    path = tmp_path / "rules.json"
    with pytest.raises(InputError, match="cannot be written as JSON"):
        SectionRules([SectionRule("a", "a", metadata={"x": {1}})]).write(path)
    assert not path.exists()


def test_rules_travel_to_other_processes():
    rules = [SectionRule("hx", "h", pattern=[{"LOWER": "hx"}]), SectionRule("PLAN:", "plan")]
    made = SectionRules(rules, anywhere=True, extra={"author": "me"})
    copy = pickle.loads(pickle.dumps(made))
    assert copy.to_dict() == made.to_dict()
    assert copy.amend("the hx plan: x", []) == made.amend("the hx plan: x", []) != []


@pytest.mark.data
def test_medspacys_file_is_read_whole_and_written_as_it_was(shared_data, tmp_path):
    path = shared_data / "notes" / "medspacy_section_patterns.json"
    rules = SectionRules.read(path)
    assert len(rules) == 140
    assert rules.to_dict() == json.loads(path.read_text("utf-8"))
    rules.write(tmp_path / "again.json")
    assert SectionRules.read(tmp_path / "again.json").to_dict() == rules.to_dict()
