"""Embedded KBs: found by name, compiled once, by one process or by two."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import fake_recipe
import pytest

from biotk import resources
from biotk.errors import KbCorruptError, KbError, KbNotFoundError
from biotk.kb.default import compiled_path, embedded_kbs, resolve_kb
from biotk.kb.recipes import read_recipe


def use_checkout(root: Path) -> None:
    """Make ``root`` the checkout that BioTK finds its data and its cache in."""
    resources.__file__ = str(root / "biotk" / "resources.py")
    os.environ["BIOTK_CACHE"] = str(root / "cache")


@pytest.fixture
def recipe_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resources, "__file__", str(tmp_path / "biotk" / "resources.py"))
    monkeypatch.setenv("BIOTK_CACHE", str(tmp_path / "cache"))
    return fake_recipe.make_embedded(tmp_path)


def cached(root: Path) -> list[Path]:
    return sorted((root / "cache" / "kb").iterdir())


def test_resolve_compiles_an_embedded_kb_once(recipe_file: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    kb = resolve_kb("tiny", progress=lambda *step: steps.append(step))
    assert kb["D000003"].synonyms == ("Lasix",)
    assert kb.path == compiled_path(read_recipe(recipe_file))
    assert ("reading", len(kb), len(kb)) in steps
    steps.clear()
    assert resolve_kb("tiny", progress=lambda *step: steps.append(step)).path == kb.path
    assert steps == []
    assert len(cached(tmp_path)) == 1


def test_compiled_kb_names_its_sources_with_release_and_licence(recipe_file: Path) -> None:
    sources = {s.name: s for s in resolve_kb("tiny").manifest.sources}
    assert set(sources) == {"HGNC", "MeSH", "MONDO"}
    assert (sources["MeSH"].release, sources["MeSH"].licence) == ("2024", "NLM")
    assert sources["MeSH"].n_concepts == 11


def test_another_table_gets_another_place(recipe_file: Path) -> None:
    recipe = read_recipe(recipe_file)
    before = compiled_path(recipe)
    recipe.table_path.write_bytes(recipe.table_path.read_bytes() + b"\0")
    assert compiled_path(recipe) != before


def test_a_damaged_table_is_refused(recipe_file: Path) -> None:
    table = read_recipe(recipe_file).table_path
    table.write_bytes(table.read_bytes()[:-1] + b"!")
    with pytest.raises(KbCorruptError, match="Install BioTK again"):
        resolve_kb("tiny")


def test_a_damaged_cache_is_compiled_again(recipe_file: Path) -> None:
    path = resolve_kb("tiny").path
    (path / "names.arrow").unlink()
    assert resolve_kb("tiny")["MESH:D000003"].name == "Furosemide"


def test_a_directory_is_opened_and_goes_before_a_name(
    recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = resolve_kb("tiny").path
    compiled.rename(tmp_path / "here" if not (tmp_path / "here").exists() else compiled)
    assert resolve_kb(tmp_path / "here").path == tmp_path / "here"
    (tmp_path / "here").rename(tmp_path / "tiny")
    monkeypatch.chdir(tmp_path)
    assert resolve_kb("tiny").path == Path("tiny")


def test_a_folder_of_an_embedded_name_without_a_kb_is_not_in_the_way(
    recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "kb")  # holds the folder `tiny` with the recipe
    assert resolve_kb("tiny").manifest.name == "tiny"


def test_an_unknown_name_lists_the_embedded_and_how_to_build(recipe_file: Path) -> None:
    assert embedded_kbs() == ["tiny"]
    with pytest.raises(KbNotFoundError, match=r"'tinny'.*\(tiny\).*biotk kb build"):
        resolve_kb("tinny")


def test_a_folder_that_is_no_kb_says_so(recipe_file: Path, tmp_path: Path) -> None:
    with pytest.raises(KbNotFoundError, match=r"has no manifest\.json"):
        resolve_kb(tmp_path)


def test_a_cache_that_cannot_be_written_to_names_the_variable(
    recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("BIOTK_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(KbError, match="BIOTK_CACHE"):
        resolve_kb("tiny")


def test_progress_is_silent_where_nobody_looks(
    recipe_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    resolve_kb("tiny")
    assert capfd.readouterr() == ("", "")


def compile_at_once(root: str, barrier: object, results: object) -> None:
    """Run in a process of its own."""
    use_checkout(Path(root))
    barrier.wait(60)  # type: ignore[attr-defined]
    kb = resolve_kb("tiny")
    results.put((kb.fingerprint, kb["MESH:D000003"].name))  # type: ignore[attr-defined]


def test_two_processes_that_start_together_get_one_kb(recipe_file: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [
        context.Process(target=compile_at_once, args=(str(tmp_path), barrier, results))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    answers = [results.get(timeout=120) for _ in workers]
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert answers[0] == answers[1]
    assert answers[0][1] == "Furosemide"
    # Nothing is left of the copy that lost.
    assert [path.name for path in cached(tmp_path)] == [
        compiled_path(read_recipe(recipe_file)).name
    ]
