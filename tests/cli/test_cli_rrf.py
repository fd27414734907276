"""``biotk kb build`` with UMLS and RxNorm: the filters, and what is said of what they leave out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from biotk.cli import app
from biotk.kb import open_kb

sys.path.append(str(Path(__file__).resolve().parents[1] / "kb"))
import rrf_files as rrf


def build(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["kb", "build", *map(str, arguments)])


@pytest.fixture
def meta(tmp_path: Path) -> Path:
    return rrf.write(tmp_path / "META", rrf.UMLS)


def test_build_names_the_vocabulary_and_says_what_it_leaves_out(meta: Path, tmp_path: Path) -> None:
    done = build(meta, "-o", tmp_path / "kb")
    assert done.exit_code == 0, done.output
    assert "META: umls-rrf" in done.stderr
    assert "MRCONSO.RRF: left out: suppressed rows (2)" in done.stderr
    (source,) = open_kb(tmp_path / "kb").manifest.sources
    assert (source.name, source.format, source.n_concepts) == ("UMLS", "umls-rrf", 6)


def test_build_filters_by_language_sab_semantic_type_and_suppression(
    meta: Path, tmp_path: Path
) -> None:
    def ids(name: str, *options: str) -> list[str]:
        done = build(meta, "-o", tmp_path / name, *options)
        assert done.exit_code == 0, done.output
        kb = open_kb(tmp_path / name)
        return [kb.id_of(n).removeprefix("UMLS:C00000") for n in range(len(kb))]

    assert ids("a", "--language", "SPA") == ["01", "06"]
    assert ids("b", "--language", "all") == ["01", "02", "03", "04", "05", "06", "08"]
    assert ids("c", "--sab", "HPO, NCI") == ["02", "05"]
    assert ids("d", "--semantic-type", "CHEM", "--semantic-type", "Gene or Genome") == ["03", "04"]
    assert ids("e", "--sab", "MSH", "--keep-suppressed") == ["01", "02", "03", "07"]


def test_build_refuses_an_unknown_semantic_type_and_a_release_without_names(
    meta: Path, tmp_path: Path
) -> None:
    done = build(meta, "-o", tmp_path / "kb", "--semantic-type", "Disorder")
    assert (done.exit_code, "Did you mean 'Disorders'" in done.stderr) == (2, True)
    (meta / "MRCONSO.RRF").unlink()
    done = build(meta, "-o", tmp_path / "kb")
    assert (done.exit_code, "no MRCONSO.RRF in it" in done.stderr) == (2, True)
    assert not (tmp_path / "kb").exists()


def test_a_recipe_has_filters_of_its_own_for_each_source(meta: Path, tmp_path: Path) -> None:
    rrf.write(tmp_path / "rrf", rrf.RXNORM)
    recipe = tmp_path / "both.toml"
    recipe.write_text(
        '[[sources]]\npath = "META"\nsemantic_types = ["Disease"]\nsabs = ["MSH", "OMIM"]\n'
        '[[sources]]\npath = "rrf"\n'
    )
    done = build(recipe, "-o", tmp_path / "kb")
    assert done.exit_code == 0, done.output
    kb = open_kb(tmp_path / "kb")
    assert kb.manifest.prefixes == ("RXNORM", "UMLS")
    assert (len(kb), kb["UMLS:C0000002"].synonyms) == (5, ("GLIMMERITIS",))
    assert build(recipe, "-o", tmp_path / "no", "--sab", "MSH").exit_code == 2


def test_choice_that_fits_no_row_is_told_before_rows_that_are_wrong(
    meta: Path, tmp_path: Path
) -> None:
    (meta / "MRSAB.RRF").unlink(missing_ok=True)  # with it the choice is refused at once
    path = meta / "MRCONSO.RRF"
    path.write_text("C1|too short|\n" + path.read_text("utf-8"), encoding="utf-8")
    done = build(meta, "-o", tmp_path / "kb", "--sab", "MSHX")
    assert done.exit_code != 0
    assert "no row of MSHX; there are rows of" in done.stderr
