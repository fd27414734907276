"""Name tables from recipes: the steps, what is refused, the same bytes every time."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import fake_recipe
import pytest

from biotk.errors import FormatError, InputError, UnknownNameError
from biotk.kb.manifest import sha256_file
from biotk.kb.recipes import compile_recipe, fetch_package, read_recipe
from biotk.kb.recipes.unii import in_lower
from biotk.resources import resource_path

Entries = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    fake_recipe.make_wheel(folder)
    return folder


@pytest.fixture(scope="module")
def recipe_file(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    sha256 = sha256_file(next(packages.iterdir()))
    return fake_recipe.make_recipe(tmp_path_factory.mktemp("recipe"), sha256)


@pytest.fixture(scope="module")
def entries(packages: Path, recipe_file: Path) -> Entries:
    out = recipe_file.parent / "table.jsonl.gz"
    compile_recipe(read_recipe(recipe_file), packages=packages, out=out)
    return read_table(out)


def read_table(path: Path) -> Entries:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    assert [e["concept_id"] for e in found] == sorted(e["concept_id"] for e in found)
    return {e["concept_id"]: e for e in found}


def test_compile_gives_the_same_bytes_every_time(
    packages: Path, recipe_file: Path, tmp_path: Path
) -> None:
    recipe = read_recipe(recipe_file)
    first = compile_recipe(recipe, packages=packages, out=tmp_path / "a" / "t.jsonl.gz").info
    second = compile_recipe(recipe, packages=packages, out=tmp_path / "b" / "t.jsonl.gz").info
    assert first == second
    assert (tmp_path / "a/t.jsonl.gz").read_bytes() == (tmp_path / "b/t.jsonl.gz").read_bytes()
    assert first.sha256 == sha256_file(tmp_path / "a" / "t.jsonl.gz")


def test_compile_counts_what_is_in_the_table(
    packages: Path, recipe_file: Path, entries: Entries, tmp_path: Path
) -> None:
    info = compile_recipe(read_recipe(recipe_file), packages=packages, out=tmp_path / "t.gz").info
    assert info.concepts == len(entries)
    assert info.names == sum(1 + len(e["aliases"]) for e in entries.values())
    assert info.types == {"Chemical": 7, "Disease": 5, "Gene": 1}


def test_descriptors_outside_the_types_are_dropped(entries: Entries) -> None:
    assert "MESH:D000004" not in entries
    assert entries["MESH:D000002"]["parents"] == ["MESH:D000001"]


def test_supplementary_drugs_are_told_from_reagents_and_proteins(entries: Entries) -> None:
    kept = {i for i in entries if i.startswith("MESH:C")}
    # A plain name, a biologic though a protein, a code, a name that a registry knows, a disease;
    # not the systematic name that a registry knows, nor the protein, nor the frog.
    assert kept == {"MESH:C000001", "MESH:C000004", "MESH:C000005", "MESH:C000006", "MESH:C000007"}
    assert entries["MESH:C000001"]["aliases"] == []


def test_brands_go_to_the_drug_and_salts_are_seen_through(entries: Entries) -> None:
    assert entries["MESH:D000003"]["aliases"] == ["Lasix"]
    assert entries["MESH:D000003"]["xrefs"] == ["UNII:AAA"]
    assert entries["MESH:D000007"]["aliases"] == ["Warfarin Sodium", "Coumadin"]
    assert "xrefs" not in entries["MESH:D000007"]  # a salt is not quite the same
    assert not any("Focus" in e["aliases"] for e in entries.values())


def test_twins_by_cross_reference_give_names_and_ids(entries: Entries) -> None:
    twin = entries["MESH:D000002"]
    # "cardiac failure" is there already, "Cervix" means something else.
    assert twin["aliases"] == ["Cardiac Failure", "HFx", "bad pump", "CHF", "weak heart"]
    assert twin["xrefs"] == ["MONDO:0000001", "OMIM:100001"]
    assert "MONDO:0000001" not in entries


def test_twins_by_name_are_found_through_other_words(entries: Entries) -> None:
    assert entries["MESH:D000005"]["aliases"] == ["breast cancer", "cancer of the breast"]
    assert "MONDO:0000002" not in entries


def test_cross_references_not_one_to_one_are_left_out_and_counted(
    packages: Path, recipe_file: Path, entries: Entries, tmp_path: Path
) -> None:
    report = compile_recipe(read_recipe(recipe_file), packages=packages, out=tmp_path / "t.gz")
    assert "MONDO:0000004" not in entries
    assert report.counts["m"]["dropped: cross-references not one to one"] == 1


def test_own_diseases_lose_acronyms_and_climb_to_the_nearest_parent(entries: Entries) -> None:
    own = entries["MONDO:0000003"]
    assert own["aliases"] == ["water sac"]
    # Its parent was dropped; that one's parent was merged into the MeSH concept.
    assert own["parents"] == ["MESH:D000002"]
    assert "MONDO:0000005" not in entries  # below no root


def test_gene_aliases_that_mean_something_else_go(entries: Entries) -> None:
    gene = entries["HGNC:1"]
    assert (gene["canonical_name"], gene["aliases"]) == ("WEAK1", ["weakness gene 1"])
    assert gene["xrefs"] == ["NCBIGene:77"]


def test_add_names_refuses_an_id_with_another_name(recipe_file: Path, packages: Path,
                                                   tmp_path: Path) -> None:  # fmt: skip
    shutil.copy(recipe_file, tmp_path / "recipe.toml")
    wrong = fake_recipe.SHORTHAND.replace("Heart Failure", "Heart Attack")
    (tmp_path / "shorthand.tsv").write_text(wrong, encoding="utf-8")
    with pytest.raises(InputError, match="MESH:D000002 should be 'Heart Attack'"):
        compile_recipe(read_recipe(tmp_path / "recipe.toml"), packages=packages,
                       out=tmp_path / "t.gz")  # fmt: skip


def test_another_wheel_than_the_recipes_is_refused(recipe_file: Path, tmp_path: Path) -> None:
    fake_recipe.make_wheel(tmp_path)
    wheel = next(tmp_path.iterdir())
    wheel.write_bytes(wheel.read_bytes() + b"x")
    with pytest.raises(InputError, match="SHA-256") as caught:
        compile_recipe(read_recipe(recipe_file), packages=tmp_path, out=tmp_path / "t.gz")
    assert sha256_file(wheel) in str(caught.value)
    assert not (tmp_path / "t.gz").exists()


def test_a_missing_wheel_says_how_to_fetch_it(recipe_file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="biotk kb fetch"):
        compile_recipe(read_recipe(recipe_file), packages=tmp_path, out=tmp_path / "t.gz")


def edit(recipe_file: Path, folder: Path, old: str, new: str) -> Path:
    text = recipe_file.read_text(encoding="utf-8")
    assert old in text
    path = folder / "recipe.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    shutil.copy(recipe_file.parent / "shorthand.tsv", folder)
    return path


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ('"keep-below"', '"keep-bellow"', UnknownNameError, "keep-below"),
        ('companion = "d"', 'companion = "dd"', UnknownNameError, "dd"),
        ('name = "tiny"', "name = tiny", InputError, "not TOML"),
        ('release = "2024"', 'released = "2024"', InputError, "'release' is missing"),
        ('sha256 = "', 'sha256 = "0', InputError, "64 hex digits"),
        ('version = "1.0"', 'version = "1.0"\nvendor = "x"', InputError, "vendor"),
    ],
)
def test_read_recipe_refuses(
    recipe_file: Path, tmp_path: Path, old: str, new: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read_recipe(edit(recipe_file, tmp_path, old, new))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('named = "susceptib"', 'name = "susceptib"', "drop-concepts"),
        ('named = "susceptib"', 'named = "("', "drop-concepts"),
        ("pack/unii.tsv", "pack/none.tsv", "pack/none.tsv"),
        ("pack/unii.tsv", "pack/desc.tsv", "columns"),
    ],
)
def test_compile_refuses(
    recipe_file: Path, packages: Path, tmp_path: Path, old: str, new: str, message: str
) -> None:
    recipe = read_recipe(edit(recipe_file, tmp_path, old, new))
    with pytest.raises(InputError, match=message):
        compile_recipe(recipe, packages=packages, out=tmp_path / "t.gz")


def test_a_bad_row_stops_the_compilation(recipe_file: Path, packages: Path, tmp_path: Path) -> None:
    path = edit(recipe_file, tmp_path, "x", "x")
    with (tmp_path / "shorthand.tsv").open("a", encoding="utf-8") as file:
        file.write("\tno id\t\n")
    with pytest.raises(FormatError, match=r"shorthand\.tsv:3"):
        compile_recipe(read_recipe(path), packages=packages, out=tmp_path / "t.gz")


def test_fetch_tells_what_pip_said(recipe_file: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # no network in tests
    with pytest.raises(InputError, match=r"pip could not fetch pack==1\.0"):
        fetch_package(read_recipe(recipe_file).packages[0], tmp_path / "to")


def test_in_lower_leaves_codes_and_short_words() -> None:
    assert in_lower("TYLENOL PM") == "Tylenol PM"
    assert in_lower("AZD6088") == "AZD6088"


def test_committed_table_is_the_one_of_its_recipe() -> None:
    recipe = read_recipe(resource_path("kb", "open", "recipe.toml"))
    assert sha256_file(recipe.table_path) == recipe.table.sha256
    found = read_table(recipe.table_path)
    assert len(found) == recipe.table.concepts
    assert sum(1 + len(e["aliases"]) for e in found.values()) == recipe.table.names
    for name, count in (recipe.table.types or {}).items():
        assert sum(name in e["types"] for e in found.values()) == count
    assert recipe.table_path.stat().st_size < 15_000_000
    assert not any("definition" in e for e in found.values())
    parents = {p for e in found.values() for p in e.get("parents", ())}
    assert parents <= found.keys()


@pytest.mark.parametrize(
    ("concept_id", "name"),
    [
        ("MESH:D005665", "Lasix"),
        ("MESH:D009203", "MI"),
        ("MESH:D000082", "Tylenol"),
        ("MESH:D006333", "CHF"),
        ("MESH:C514822", "Percocet"),
        ("MESH:D001943", "breast cancer"),
        ("HGNC:1100", "BRCA1"),
    ],
)
def test_committed_table_has_what_notes_say(concept_id: str, name: str) -> None:
    with gzip.open(resource_path("kb", "open", "concepts.jsonl.gz"), "rt", encoding="utf-8") as f:
        line = next(line for line in f if f'"concept_id":"{concept_id}"' in line)
    entry = json.loads(line)
    assert name in (entry["canonical_name"], *entry["aliases"])
