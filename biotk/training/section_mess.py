"""What is strewn into notes in training: values, fields, signatures, and texts led by a number."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from biotk.sections.formats import Block

# Where what follows a label is a value, whether it begins with a number or not.
_OF_VALUES = {"vital_signs", "labs", "administrative"}


def _number(rng: Random, low: int, high: int) -> str:
    return str(rng.randint(low, high))


def _measure(rng: Random) -> str:
    n = _number
    return rng.choice((
        f"BP: {n(rng, 90, 180)}/{n(rng, 50, 100)}", f"Pulse: {n(rng, 50, 120)}",
        f"Temperature: {n(rng, 96, 102)}.{n(rng, 0, 9)}", f"Weight: {n(rng, 90, 280)} pounds",
        f"Resp: {n(rng, 12, 28)}", f"O2 Sat: {n(rng, 88, 100)}% on room air",
        f"HR {n(rng, 50, 120)}  RR {n(rng, 12, 28)}  T {n(rng, 96, 102)}.{n(rng, 0, 9)}",
        f"WBC {n(rng, 3, 18)}.{n(rng, 0, 9)}  (4.0-11.0)", f"Na: {n(rng, 128, 148)}",
        f"Sodium {n(rng, 128, 148)}   Potassium {n(rng, 3, 5)}.{n(rng, 0, 9)}",
        f"Hemoglobin: {n(rng, 7, 17)}.{n(rng, 0, 9)} g/dL", f"Glucose\t{n(rng, 60, 300)}\tmg/dL",
        f"CREATININE: {n(rng, 0, 4)}.{n(rng, 0, 9)}", f"HCT {n(rng, 22, 50)}.{n(rng, 0, 9)} L",
        f"Ejection fraction: {n(rng, 20, 70)}%", f"Height: {n(rng, 58, 77)} inches",
    ))  # fmt: skip


_TESTED = (
    "Color", "Appearance", "Ketones", "Protein", "Nitrite", "Leukocyte esterase", "Bilirubin",
    "Hepatitis B surface antigen", "HIV", "RPR", "Rapid strep", "Urine pregnancy test", "Mono spot",
    "Troponin", "Influenza A",
)  # fmt: skip
_FOUND = (
    "Negative", "Positive", "Normal", "None", "Trace", "Clear", "Yellow", "Good", "Nonreactive",
    "Not done", "Pending", "Yes", "No", "Small", "1+", "Within normal limits",
)  # fmt: skip


def _tested(rng: Random) -> str:
    field = rng.choice(_TESTED)
    field = rng.choice((field, field, field.upper(), field.title()))
    return field + rng.choice((": ", ": ", ":  ", " - ", "  -  ", "\t")) + rng.choice(_FOUND)


def _aside(rng: Random) -> str:
    n = _number
    date = f"{n(rng, 1, 12)}/{n(rng, 1, 28)}/{n(rng, 1998, 2015)}"
    return rng.choice((
        f"Electronically signed by Dr. X on {date}", "Dictated by: ABC, M.D.", f"Date: {date}",
        f"Page {n(rng, 1, 4)} of {n(rng, 4, 6)}", "Patient Name: XXXX",
        f"MRN: {n(rng, 10000, 9999999)}", f"DOB: {date}", "Dear Dr. XYZ:", "Sincerely,",
        f"1. Lisinopril {n(rng, 5, 40)} mg p.o. daily.", f"- Aspirin {n(rng, 81, 325)} mg daily",
        f"{n(rng, 1, 9)}. Hypertension: continue current medications.",
        f"Lasix {n(rng, 20, 80)} mg twice a day", "------------------------------",
        f"{n(rng, 7, 12)}:{n(rng, 10, 59)} AM patient resting comfortably",
        "Tobacco: none", "He is alert and oriented x3.", "Thank you for this referral.",
    ))  # fmt: skip


def messy(block: Block, rng: Random) -> Block:
    """:returns: the block, in two of five cases with a table or single lines strewn in."""
    if rng.random() < 0.6:
        return block
    lines = list(block.body)
    least = min(1, len(lines))
    if rng.random() < 0.3:  # a table
        table = rng.choice((_measure, _tested))
        at = rng.randint(least, len(lines))
        lines[at:at] = [table(rng) for _ in range(rng.randint(3, 8))]
        return replace(block, body=tuple(lines))
    for _ in range(rng.randint(1, 5)):
        kind = rng.choice((_measure, _aside, _tested))
        lines.insert(rng.randint(least, len(lines)), kind(rng))
    return replace(block, body=tuple(lines))


def led_by_number(block: Block, rng: Random) -> Block:
    """:returns: the block with a text that begins with a number, as "2+ edema." does.

    Values do so too, and they are far more: a model that has seen too few such texts takes any
    number behind a colon for a value.
    """
    if not block.title or not block.body or block.category in _OF_VALUES:
        return block
    first = (_graded if block.is_part else _counted)(rng)
    return replace(block, body=(f"{first} {block.body[0]}", *block.body[1:]))


def _graded(rng: Random) -> str:
    n = _number
    return rng.choice((
        f"{n(rng, 1, 4)}+ pitting edema.", f"{n(rng, 1, 4)}+ pulses,",
        f"{n(rng, 0, 4)}+ and symmetric.", f"{n(rng, 1, 5)}/5 strength throughout.",
        f"{n(rng, 1, 6)}/6 murmur.", f"{n(rng, 2, 9)} cm scar,",
        f"{n(rng, 1, 9)} x {n(rng, 1, 9)} cm mass.", f"{n(rng, 2, 8)} mm, reactive.",
    ))  # fmt: skip


def _counted(rng: Random) -> str:
    n = _number
    return rng.choice((
        f"{n(rng, 2, 14)} days of cough.", f"{n(rng, 18, 90)}-year-old, seen today.",
        f"{n(rng, 2, 9)} weeks ago.", f"{n(rng, 2, 5)} children, all well.",
        f"{n(rng, 5, 60)} pack-years.", f"{n(rng, 2, 4)} tablets twice a day.",
        f"{n(rng, 2, 6)} prior admissions.", f"{n(rng, 1, 12)}/{n(rng, 1, 28)}: seen again.",
    ))  # fmt: skip
