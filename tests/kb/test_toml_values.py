"""Values of TOML files as the types of dataclasses: all that a recipe's key can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from biotk.errors import InputError, UnknownNameError
from biotk.kb.toml_values import check_keys, check_range, make, read_toml, value_as

FITTING = [
    ("a", str, "a"),
    (True, bool, True),
    (3, int, 3),
    (3, float, 3.0),
    (0.5, float, 0.5),
    ("a/b", Path, Path("a/b")),
    ("x", Literal["x", "y"], "x"),
    (["a", "b"], tuple[str, ...], ("a", "b")),
    (["a", "a"], frozenset[str], frozenset({"a"})),
    ([1], tuple[float, ...], (1.0,)),
    ([["a"], []], tuple[tuple[str, ...], ...], (("a",), ())),
    ({"a": 1}, Mapping[str, float], {"a": 1.0}),
    ({"a": "b", "c": 2}, Mapping[str, str | int], {"a": "b", "c": 2}),
    ({"a": [True]}, Mapping[str, Any], {"a": [True]}),
    (None, str | None, None),
    ("a", str | None, "a"),
    (2, int | str, 2),
]
MISFITS = [
    (3, str, "a string"),
    (1, bool, "true or false"),
    (True, int, "a whole number"),
    (2.0, int, "a whole number"),
    (True, float, "a number"),
    ("1", float, "a number"),
    (3, Path, "a path"),
    ("z", Literal["x", "y"], "one of 'x', 'y'"),
    ("a", tuple[str, ...], "a list, each a string"),
    (["a", 1], tuple[str, ...], "a list, each a string"),
    ([0.5], frozenset[int], "a list, each a whole number"),
    ([], Mapping[str, int], "a table, each value a whole number"),
    ({"a": True}, Mapping[str, str | int], "a table, each value a string or a whole number"),
    (3, str | None, "a string"),
    (None, str, "a string"),
]


@pytest.mark.parametrize(("value", "hint", "want"), FITTING)
def test_value_that_fits_gets_the_type(value, hint, want) -> None:
    found = value_as(value, hint, "r.toml: key")
    assert found == want
    assert type(found) is type(want)
    if isinstance(want, tuple):
        assert list(map(type, found)) == list(map(type, want))


@pytest.mark.parametrize(("value", "hint", "told"), MISFITS)
def test_value_of_another_type_is_refused(value, hint, told) -> None:
    with pytest.raises(InputError) as error:
        value_as(value, hint, "r.toml: key")
    assert str(error.value) == f"r.toml: key is {value!r}, expected {told}"


@dataclass(frozen=True, kw_only=True)
class Dish:
    name: str
    salt: float = 0.5
    parts: tuple[str, ...] = ()
    place: Mapping[str, int] = field(default_factory=dict)


def test_table_becomes_a_dataclass() -> None:
    raw = {"name": "soup", "salt": 1, "parts": ["leek"]}
    dish = make(Dish, raw, "r.toml: [dish]", place={"table": 3})
    assert dish == Dish(name="soup", salt=1.0, parts=("leek",), place={"table": 3})


@pytest.mark.parametrize(
    ("raw", "error", "told"),
    [
        ({}, InputError, r"\[dish\]: 'name' is missing"),
        ({"name": 1}, InputError, r"\[dish\]: name is 1, expected a string"),
        ({"name": "a", "slat": 1}, UnknownNameError, r"key in r.toml: \[dish\]: 'slat'.*'salt'"),
        ({"name": "a", "place": {}}, UnknownNameError, "'place'"),  # it is not the table's to say
    ],
)
def test_table_that_does_not_fit_is_refused(raw, error, told) -> None:
    with pytest.raises(error, match=told):
        make(Dish, raw, "r.toml: [dish]", place={})


def test_keys_are_called_what_they_are() -> None:
    check_keys("r.toml", {"salt": 1}, ["salt"])
    with pytest.raises(UnknownNameError, match=r"unknown spice in r.toml: 'slat'. .*'salt'"):
        check_keys("r.toml", {"slat": 1}, ["salt"], kind="spice")


def test_range_is_held_to_its_ends() -> None:
    check_range("r.toml: salt", 0, least=0, most=1)
    check_range("r.toml: salt", 1, least=0, most=1)
    for value, ends in ((-0.1, "at least 0 and at most 1"), (1.1, "at least 0 and at most 1")):
        with pytest.raises(InputError, match=f"salt is {value}, expected {ends}"):
            check_range("r.toml: salt", value, least=0, most=1)
    with pytest.raises(InputError, match=r"expected more than 0$"):
        check_range("r.toml: salt", 0, least=0, above=True)


def test_file_is_read_with_a_byte_order_mark_and_without(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    for mark in ("", "\ufeff"):
        path.write_bytes(f'{mark}name = "Suppe für β"\r\n'.encode())
        assert read_toml(path) == {"name": "Suppe für β"}


@pytest.mark.parametrize("content", [b"a = = 1", b'a = "\xff"'])
def test_file_that_is_no_toml_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"r\.toml: not TOML: "):
        read_toml(path)
    with pytest.raises(InputError, match=r"none\.toml: cannot be read \(No such file"):
        read_toml(tmp_path / "none.toml")
