from __future__ import annotations

import random

import pytest
from slow_section_rules import MARKS, slow_amend, title_of

from biotk.sections import rule_matching
from biotk.sections.rules import NO_HEADING, SectionRule, SectionRules
from biotk.sections.segmenter import SectionSegmenter, StrictFinder
from biotk.sections.tiling import Heading, tile

LITERALS = [
    "PLAN:",
    "Plan",
    "Plan of care",
    "A/P:",
    "Plan of",
    "care:",
    "of care",
    "Plan",
    "1. Plan",
]
TITLES = ["plan", "PLAN", "Plan of care", "plan  of", "A / P", "a/p", "care", "Of Care", "planning"]
BEHIND = [
    "", ":", " :", "**:", "**", " ** : x", " - x", "-x", "-", "  x", "\tx", " was", ": 2", " ##",
    ".", " of", " plan:", " the plan: of care", " *",
]  # fmt: skip
BREAKS = ["\n", "\n", "\r\n", "\n\n", "\r", "\f"]


def found(rules, text, headings=(), **options):
    """:returns: titles and categories, as the rules leave them."""
    amended = SectionRules(rules, **options).amend(text, list(headings))
    return [(text[h.title_start : h.title_end], h.category) for h in amended]


def random_rules(rng):
    rules = []
    for literal in rng.sample(LITERALS, rng.randint(1, 7)):
        parents = rng.choice([(), (), ("s",)])
        category = rng.choice(["a", "b", "s", NO_HEADING, None])
        required = bool(parents) and rng.random() < 0.5
        rules.append(SectionRule(literal, category, parents=parents, parent_required=required))
    return rules


def random_note(rng):
    text, headings = "", []
    for _ in range(rng.randint(0, 8)):
        start = len(text)
        mark, title = rng.choice(MARKS), rng.choice(TITLES)
        text += mark + title + rng.choice(BEHIND) + rng.choice(BREAKS)
        if rng.random() < 0.4:
            place = start + len(mark)
            category, part = rng.choice(["s", "t", None]), rng.random() < 0.3
            headings.append(Heading(start, place, place + len(title), category, part, "model"))
    return text, headings


@pytest.mark.parametrize("anywhere", [False, True])
def test_rules_find_what_each_rule_finds_by_itself(anywhere):
    rng = random.Random(11)
    ruled = 0
    for _ in range(800):
        rules, (text, headings) = random_rules(rng), random_note(rng)
        expected = slow_amend(rules, text, headings, anywhere=anywhere)
        amended = SectionRules(rules, anywhere=anywhere).amend(text, headings)
        assert amended == expected, (rules, text, headings)
        ruled += sum(heading.source != "model" for heading in amended)
        tiled = tile(text, amended)
        assert "".join(text[s.start : s.end] for s in tiled) == text
    assert ruled > 500


# What a title is


@pytest.mark.parametrize(
    "line",
    ["PLAN:", "Plan: rest", "  plan : rest", "## Plan: rest", "1. PLAN:", "- **Plan:** rest",
     "**Plan**: rest", "__PLAN:__", "[ ] Plan:", "IV. Plan:", "=== PLAN: ===", "• plan: rest"],
)  # fmt: skip
def test_literal_with_colon_matches_before_a_colon(line):
    text = f"Seen.\n{line}\nMore."
    assert [c for _, c in found([SectionRule("PLAN:", "plan")], text)] == ["plan"]
    (heading,) = SectionRules([SectionRule("Plan:", "plan")]).amend(text, [])
    assert text[heading.title_start : heading.title_end].lower() == "plan"
    assert heading.start == 6
    assert heading.source == "rule: Plan:"


@pytest.mark.parametrize(
    "line", ["PLAN", "Plan - rest", "The plan: rest", "Planning: x", "Plan B: x"]
)
def test_literal_with_colon_matches_nothing_else(line):
    assert found([SectionRule("PLAN:", "plan")], line) == []


@pytest.mark.parametrize(
    "line", ["Plan", "PLAN:", "plan - rest", "Plan  rest", "Plan\trest", "Plan- rest", "## plan ##",
             "**Plan** rest", "Plan –"],
)  # fmt: skip
def test_literal_without_colon_matches_a_title(line):
    assert [c for _, c in found([SectionRule("Plan", "plan")], line)] == ["plan"]


@pytest.mark.parametrize(
    "line", ["Plan was made", "Plan-based", "Planned:", "Our plan:", "Plan, rest"]
)
def test_literal_without_colon_matches_no_running_text(line):
    assert found([SectionRule("Plan", "plan")], line) == []


def test_longest_title_wins_and_then_the_one_with_a_colon():
    rules = [
        SectionRule("Plan", "short"),
        SectionRule("Plan", "later"),
        SectionRule("PLAN:", "colon"),
        SectionRule("Plan of care", "long"),
    ]
    assert found(rules, "Plan of Care: x\nPlan: x\nPlan") == [
        ("Plan of Care", "long"),
        ("Plan", "colon"),
        ("Plan", "short"),
    ]


def test_rule_takes_the_place_of_a_heading_of_the_model():
    text = "EXAM:\nClear.\nPLAN: rest."
    model = [Heading(0, 0, 4, "physical_exam", False, "model"), Heading(13, 13, 17, "plan")]
    (first, second) = SectionRules([SectionRule("plan", "what I do")]).amend(text, model)
    assert first == model[0]
    assert second == Heading(13, 13, 17, "what I do", False, "rule: plan")


def test_rule_without_category_opens_a_section_and_no_heading_none():
    text = "EXAM:\nClear.\nNote: dull.\nDICTATED BY: me."
    model = [Heading(0, 0, 4, "physical_exam"), Heading(13, 13, 17), Heading(25, 25, 36)]
    rules = [SectionRule("NOTE:", NO_HEADING), SectionRule("Dictated by", None)]
    amended = SectionRules(rules).amend(text, model)
    assert amended == [model[0], Heading(25, 25, 36, None, False, "rule: Dictated by")]


def test_headings_on_lines_of_no_rule_stay_in_order():
    text = "A:\n\nB:\nC:"
    model = [Heading(7, 7, 8), Heading(0, 0, 1), Heading(4, 4, 5)]
    assert SectionRules([]).amend(text, model) == sorted(model)
    assert SectionRules([SectionRule("X", "x")]).amend("", []) == []


def test_title_in_running_text_is_found_only_if_asked_for():
    rules = [SectionRule("PLAN:", "plan"), SectionRule("consult", "c")]
    text = "Seen on consult today, plan: rest. Planned."
    assert found(rules, text) == []
    assert found(rules, text, anywhere=True) == [("consult", "c"), ("plan", "plan")]


def test_title_within_a_title_of_the_model_opens_nothing():
    text = "FAMILY HISTORY: none. History: none."
    model = [Heading(0, 0, 14, "family_history")]
    rules = [SectionRule("HISTORY", "history")]
    assert found(rules, text, model, anywhere=True) == [
        ("FAMILY HISTORY", "family_history"),
        ("History", "history"),
    ]


# Patterns


def test_expression_is_tried_at_the_beginning_of_lines():
    rules = [
        SectionRule("consent", "consent", pattern=r"[\W]*[c|C]onsent[\s]*[\n|:|-]"),
        SectionRule("S:", "subjective", pattern=r"(?im)^[ \t]*S\s*:"),
        SectionRule("meds", "medications", pattern=r"\n\s*Med(ication)?s?"),
        SectionRule("end", "end", pattern=r"\n\nend\b"),
        SectionRule("verbose", "v", pattern="(?x) Dx \\s* \\d  # a number"),
    ]
    text = (
        "== Consent - x\r\nConsent given\r\n  s : x\r\n- MEDS\r\nmedical\r\nEnd\r\n\r\nEnd it\ndx 1"
    )
    assert found(rules, text) == [
        ("Consent", "consent"), ("s", "subjective"), ("MEDS", "medications"), ("End", "end"),
        ("dx 1", "v"),
    ]  # fmt: skip
    assert found(rules, "He gave consent: yes, meds.") == []
    assert found(rules[:2], "He gave consent: yes, s: x", anywhere=True) == [("consent", "consent")]


def test_expression_ends_with_a_word_and_sees_a_window_only():
    rule = SectionRule("hx", "history", pattern="hx|hx of it")
    assert found([rule], "hx of it\nhxs") == [("hx", "history")]
    rule = SectionRule("a", "a", pattern="a.*")
    assert found([rule], "a" + " b" * 100) == [("a" + " b" * 100, "a")]
    assert found([rule], "a" + " b" * 1000) == []


def test_token_pattern_is_tried_at_the_beginning_of_lines():
    rules = [
        SectionRule("hx", "history", pattern=[{"LOWER": "past", "OP": "?"}, {"LOWER": "hx"}]),
        SectionRule("p", "plan", pattern=[{"LOWER": "plan"}, {"TEXT": {"REGEX": "\n"}}]),
        SectionRule("e", "exam", pattern=[{"LOWER": {"IN": ["pe", "exam"]}}, {"ORTH": ":"}]),
        SectionRule("end", "end", pattern=[{"TEXT": "\n\n"}, {"LOWER": "end"}]),
    ]
    text = "Past Hx: a\n- hx\nhx of it\nplan\nplan it\n## PE: b\nexam\nend\n\nend"
    assert found(rules, text) == [
        ("Past Hx", "history"), ("hx", "history"), ("plan", "plan"), ("PE", "exam"), ("end", "end"),
    ]  # fmt: skip
    assert found(rules, "Known past hx of it", anywhere=True) == [("past hx", "history")]


# Parents and scope


def test_rule_with_parents_is_a_part_there_and_holds_only_there_if_required():
    rules = [
        SectionRule("Neuro:", "neuro", parents=("physical_exam",), parent_required=True),
        SectionRule("Skin:", "skin", parents=("physical_exam",)),
        SectionRule("Gait:", "gait", parents=("neuro",), parent_required=True),
    ]
    text = "Neuro: a\nSkin: b\nEXAM: c\nSkin: d\nNeuro: e\nGait: f\nPLAN: g\nGait: h"
    model = [Heading(18, 18, 22, "physical_exam"), Heading(50, 50, 54, "plan"),
             Heading(58, 58, 62, "model's own")]  # fmt: skip
    amended = SectionRules(rules).amend(text, model)
    assert [(h.category, h.is_part) for h in amended] == [
        ("skin", False), ("physical_exam", False), ("skin", True), ("neuro", True), ("gait", True),
        ("plan", False), ("model's own", False),
    ]  # fmt: skip
    sections = tile(text, amended, nested=True)
    assert [s.parent for s in sections] == [None, None, None, 2, 2, 2, None, None]


def test_scope_ends_a_section_after_so_many_words():
    rules = [SectionRule("PMH:", "pmh", max_scope=3), SectionRule("FH:", "fh", max_scope=2)]
    text = "PMH: has a cold. And\nmore.\nPLAN: x\nFH:\nnone  \nPMH: one two\n"
    headings = SectionRules(rules).amend(text, [Heading(27, 27, 31, "plan")])
    sections = tile(text, headings)
    assert [(text[s.start : s.end], s.category) for s in sections] == [
        ("PMH: has a cold", "pmh"),
        (". And\nmore.\n", None),
        ("PLAN: x\n", "plan"),
        ("FH:\nnone  \n", "fh"),
        ("PMH: one two\n", "pmh"),
    ]
    rest = sections[1]
    assert rest.title_start == rest.title_end == rest.start
    assert rest.source == "rule: PMH: (max_scope)"


def test_scope_of_nothing_leaves_the_title_and_parts_keep_their_section():
    rules = [SectionRule("EXAM:", "exam", max_scope=0)]
    text = "EXAM: well.\nSkin: dry."
    headings = SectionRules(rules).amend(text, [Heading(12, 12, 16, "exam", True)])
    sections = tile(text, headings, nested=True)
    assert [(text[s.start : s.end], s.parent) for s in sections] == [
        (text, None), ("well.\n", 0), ("Skin: dry.", 0),
    ]  # fmt: skip


# Work


class Counting:
    """A pattern that counts how often it is asked."""

    def __init__(self, pattern):
        self.pattern, self.calls = pattern, 0

    def match(self, *args):
        self.calls += 1
        return self.pattern.match(*args)

    def finditer(self, *args):
        for found in self.pattern.finditer(*args):
            self.calls += 1
            yield found


@pytest.fixture
def work(monkeypatch):
    """:returns: counts the words that are looked at for rules and a text."""

    def count(rules, text, **options):
        words = Counting(rule_matching.WORD)
        with monkeypatch.context() as patch:
            patch.setattr(rule_matching, "WORD", words)
            SectionRules(rules, **options).amend(text, [])
        return words.calls

    return count


def test_work_grows_with_the_lines_and_not_with_the_rules(work):
    few = [SectionRule(f"Title {n}:", "x") for n in range(5)]
    many = few + [SectionRule(f"Heading {n} of care", "x") for n in range(1500)]
    page = "Title 3: a\nNothing was seen here.\n- Title of it\n\n"
    once = work(few, page * 500)
    assert work(few, page * 1000) == 2 * once
    assert work(many, page * 500) == once <= 500 * 10


def test_long_notes_are_read_in_linear_work(work):
    rules = [SectionRule("Plan of care:", "plan"), SectionRule("x", "x", max_scope=5)]
    headings = SectionRules(rules).amend("x\r\n- no plan of care\r\n" * 100_000, [])
    assert len(headings) == 100_000
    for text in ("a" * 10**6, " " * 10**6, "plan of " * 10**5, "-" * 10**6):
        assert work(rules, text) < 10
    # Every place begins like a title, and none is read further than that title is long.
    assert work(rules, "plan of " * 10**4, anywhere=True) < 8 * 10**4


def test_line_breaks_of_any_kind_make_no_difference():
    text = "Seen.\nPLAN: rest\n\n- **A/P**: x\nHX\n"
    rules = [
        SectionRule("Plan:", "p"),
        SectionRule("a/p", "ap"),
        SectionRule("h", "h", pattern="hx$"),
    ]
    expected = found(rules, text)
    assert [category for _, category in expected] == ["p", "ap", "h"]
    for end in ("\r\n", "\r", "\u2028"):
        assert found(rules, text.replace("\n", end)) == expected


# medspaCy's own file


@pytest.mark.data
@pytest.mark.parametrize("form", ["{}", "  {} none", "## {}", "- **{}** none", "1. {}"])
def test_each_of_medspacys_rules_finds_its_title(shared_data, form):
    rules = SectionRules.read(shared_data / "notes" / "medspacy_section_patterns.json")
    for rule in rules:
        literal = rule.literal if " none" not in form else rule.literal.removesuffix(":") + ":"
        text = f"Seen today for the plan.\r\n{form.format(literal.title())}\r\nNothing new."
        (heading,) = rules.amend(text, [])
        title = text[heading.title_start : heading.title_end]
        assert title.lower() == title_of(rule.literal).lower()
        same = [r for r in rules if title_of(r.literal).lower() == title.lower()]
        asking = [r for r in same if r.literal.endswith(":")]
        content = [r for r in same if r not in asking]
        expected = [*asking, *content] if literal.endswith(":") else content
        assert heading.category == expected[0].category
        assert heading.start == text.index("\n") + 1


@pytest.mark.data
def test_medspacys_rules_on_top_of_another_finder(shared_data):
    rules = SectionRules.read(shared_data / "notes" / "medspacy_section_patterns.json")
    text = "CC: cough.\nDOG BITES: two.\nNeuro: intact, impression and plan: none.\nPMHx: asthma.\n"
    sections = SectionSegmenter(StrictFinder(), rules=rules).segment(text)
    assert [(s.category, s.source) for s in sections] == [
        ("chief_complaint", "rule: CC:"),
        (None, "rules"),
        ("neurological", "rule: Neuro:"),
        ("past_medical_history", "rule: PMHx:"),
    ]
    assert "".join(text[s.start : s.end] for s in sections) == text
