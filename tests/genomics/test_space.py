from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny_space import ORGANS, WordEncoder, associations, write_material

from biotk.errors import InputError, UnknownNameError
from biotk.genomics.associations import Association
from biotk.genomics.evaluate_space import SpaceQuestions, SpaceTraits, read_pairs
from biotk.genomics.pairs import Snp, pairs_of
from biotk.genomics.space import Space, load_space
from biotk.genomics.space_export import export_space
from biotk.genomics.space_files import read_tables
from biotk.nn.generel_files import read_weights
from biotk.training.generel import GenerelTraining
from biotk.training.generel_recipe import read_generel_recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("space")
    recipe = read_generel_recipe(write_material(folder, steps=60))
    GenerelTraining(recipe, folder / "run", encoder=WordEncoder()).run()
    return folder / "run/model"


def opened(folder: Path, index: str = "exact") -> Space:
    return Space(read_weights(folder), read_tables(folder), encoder=WordEncoder, index=index)


@pytest.fixture(scope="module")
def space(folder) -> Space:
    return opened(folder)


def test_snps_of_a_disease_are_near_it(space):
    found = space.nearest("heart disease", kind="snp", k=10)
    assert [each.kind for each in found] == ["snp"] * 10
    assert sum(each.chromosome == "1" for each in found) >= 8  # where the heart's gene is
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)


def test_known_links_have_their_evidence(space):
    tables = space.tables
    snp, concept = tables.links[0].tolist()
    rsid, name = f"rs{tables.rsids[snp]}", tables.concepts[concept].name
    found = {each.name: each for each in space.nearest(rsid, kind="trait", k=30)}
    (evidence,) = found[name].evidence
    assert found[name].status == "known"
    assert (evidence.rsid, evidence.trait) == (rsid, name)
    assert evidence.neg_log10_p == pytest.approx(float(tables.neg_log10_p[0]))
    assert evidence.pmid == 100 + int(rsid[2:]) - 1000
    others = [each for each in found.values() if each.status == "predicted"]
    assert others
    assert not any(each.evidence for each in others)
    assert evidence in space.links_of(rsid)
    assert evidence in space.links_of(name)


def test_answers_are_those_of_all_cosines(space):
    row = space.rows.concept("liver volume")
    query = space.vectors[space.rows.n_snps + space.rows.n_genes + row]
    cosines = space.vectors[: space.rows.n_snps] @ query
    best = np.argsort(-cosines, kind="stable")[:5]
    found = space.nearest("liver volume", kind="snp", k=5)
    assert [each.id for each in found] == [f"rs{space.tables.rsids[at]}" for at in best]
    assert [each.score for each in found] == pytest.approx(cosines[best].tolist(), abs=1e-5)


def test_faiss_answers_alike(space, folder):
    pytest.importorskip("faiss")
    fast = opened(folder, "flat")
    for query in ("heart disease", "rs1003", "LUNG1"):
        for kind in (None, "snp", "trait"):
            one, other = (each.nearest(query, kind=kind, k=7) for each in (space, fast))
            assert [each.id for each in one] == [each.id for each in other]


def test_batches_answer_alike(space):
    queries = ["heart disease", "rs1003", "LUNG1", "something else"]
    together = space.nearest_batch(queries, k=4)
    for one, other in zip(together, [space.nearest(each, k=4) for each in queries], strict=True):
        assert [each.id for each in one] == [each.id for each in other]
        scores = [each.score for each in other]
        assert [each.score for each in one] == pytest.approx(scores, abs=1e-5)
    assert space.nearest_batch([]) == []


def test_query_itself_is_no_answer(space):
    rsid = f"rs{space.tables.rsids[0]}"
    assert rsid not in [each.id for each in space.nearest(rsid, k=50)]


def test_concepts_are_found_by_id_name_and_words(space):
    by_id, by_name = space.nearest("EFO:07", kind="snp"), space.nearest("Heart Disease", kind="snp")
    assert by_id == by_name
    words = space.nearest("a disease of the heart", kind="trait", k=3)
    assert any("heart" in each.name for each in words)


def test_chromosome_and_p_filter(space):
    found = space.nearest("heart disease", chromosome="chr2", k=5)
    assert {each.chromosome for each in found} == {"2"}
    strong = space.nearest("heart disease", kind="snp", max_p=1e-25, k=400)
    assert strong
    for each in strong:
        assert max(link.neg_log10_p for link in space.links_of(each.id)) >= 25 - 1e-3
    assert len(strong) < space.rows.n_snps


def test_unknown_rsid_names_near_ones_or_goes_by_its_gene(space):
    with pytest.raises(InputError, match=r"does not know rs99999999.*Known ones like it: rs\d+"):
        space.nearest("rs99999999")
    with pytest.raises(InputError, match="none of the genes NOGENE is known"):
        space.nearest("rs99999999", genes=["NOGENE"])
    found = space.nearest("rs99999999", genes=["HEART1"], kind="trait", k=3)
    assert any(each.name.startswith("heart") for each in found)
    assert {each.status for each in found} == {"predicted"}


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"kind": "snps"}, UnknownNameError, "Did you mean 'snp'"),
        ({"chromosome": "99"}, UnknownNameError, "chromosome"),
        ({"max_p": 0.0}, InputError, "max_p is 0"),
        ({"k": 0}, InputError, "k is 0"),
    ],
)
def test_bad_options_are_told(space, options, error, told):
    with pytest.raises(error, match=told):
        space.nearest("heart disease", **options)


def test_empty_query_is_told(space):
    with pytest.raises(InputError, match="empty"):
        space.nearest("  ")


def test_unseen_snp_has_the_vector_of_its_place(space):
    near = next(each for each in space.rows.known_snps() if each.chromosome == "1")
    (made,) = space.snp_vectors([Snp("rs5", near.chromosome, near.position)])
    traits = [each.name for each in space.tables.concepts[: space.tables.n_traits]]
    best = traits[int((space.weights.concepts[: len(traits)] @ made).argmax())]
    organ = "heart lung skin ear kidney".split()[round(near.position / 20_000_000) - 1]
    assert best.startswith(organ)


def test_files_are_read_as_they_were_written(folder, space):
    again = opened(folder)
    assert np.array_equal(again.vectors, space.vectors)
    assert again.tables.concepts == space.tables.concepts


def test_export_has_every_vector(space, tmp_path):
    assert export_space(space, tmp_path / "all.parquet") == len(space)
    table = pq.read_table(tmp_path / "all.parquet").to_pylist()
    assert [each["id"] for each in table] == [
        space.rows.describe(row).id for row in range(len(space))
    ]
    assert np.array_equal(np.array([each["vector"] for each in table], np.float32), space.vectors)
    assert table[0]["position"] == space.tables.positions[0]
    assert table[-1]["position"] is None


def test_damage_is_told(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    (copy / "links.parquet").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"links\.parquet is damaged"):
        load_space(copy)
    (copy / "links.parquet").unlink()
    with pytest.raises(InputError, match=r"links\.parquet is missing"):
        load_space(copy)
    with pytest.raises(InputError, match="no folder"):
        load_space(tmp_path / "none")


def test_sentence_encoder_of_another_model_is_refused(folder):
    class Other(WordEncoder):
        fingerprint = "others"

    space = Space(read_weights(folder), read_tables(folder), encoder=Other, index="exact")
    with pytest.raises(InputError, match="another one"):
        space.nearest("words that are no name")


@pytest.fixture(scope="module")
def asked() -> list[Association]:
    """Pairs half of whose SNPs are new to the space."""
    rows = associations(300, seed=9)
    return [each._replace(rsid=f"rs{int(each.rsid[2:]) + 5000}") for each in rows[:200]] + rows[
        200:
    ]


@pytest.fixture(scope="module")
def report(space, asked) -> dict:
    return SpaceQuestions(space, pairs_of(asked), seed=4).report(resamples=100)


def test_report_has_what_is_promised(report, space, asked):
    assert report["n"] > 0
    unknown = {each.rsid for each in asked if space.rows.snp(each.rsid) < 0}
    assert report["n_unknown_snps"] == len(unknown) >= 100
    assert {"auc", "auprc", "recall_at_10", "recall_at_100"} <= report["snp_trait"].keys()
    assert {"value", "low", "high"} == report["spearman_effect"].keys()
    assert set(report["baselines"]) == {
        "popularity", "gene_overlap", "minilm", "random", "matrix_factorisation",
        "node2vec",
    }  # fmt: skip
    for each in (report, *report["baselines"].values()):
        for side in ("snp_trait", "trait_snp"):
            assert all(0 <= each[side][f"recall_at_{k}"] <= 1 for k in (10, 100))
    for baseline in report["baselines"].values():
        assert {"auc", "auprc", "recall_at_10", "recall_at_100"} <= baseline["snp_trait"].keys()
        assert 0 <= baseline["snp_trait"]["auc"] <= 1


def test_node2vec_places_new_snps_by_their_genes(report):
    # Those that nothing but the links is known of stay at nothing.
    baselines = report["baselines"]
    auc = {name: each["snp_trait"]["auc"] for name, each in baselines.items()}
    assert auc["node2vec"] > auc["matrix_factorisation"]
    assert report["left_out_baselines"] == []


def test_intervals_draw_blocks_and_not_snps(space, asked):
    # All SNPs of a chromosome in one block: two blocks, of which intervals can tell but little.
    near = [each._replace(position=5_000_000 + n) for n, each in enumerate(asked)]
    far = [each._replace(position=5_000_000 * (n + 1)) for n, each in enumerate(asked)]
    wide, narrow = (
        SpaceQuestions(space, pairs_of(rows), seed=4).report(resamples=200)["baselines"]["random"]
        for rows in (near, far)
    )
    assert wide["snp_trait"]["auc"] == narrow["snp_trait"]["auc"]
    of_two, of_all = (np.ptp(each["snp_trait"]["auc_interval"]) for each in (wide, narrow))
    assert of_two != of_all


def test_no_odds_ratios_no_correlation(space, asked):
    rows = [each._replace(effect=None, unit=None) for each in asked]
    report = SpaceQuestions(space, pairs_of(rows), seed=4).report(resamples=10)
    assert report["spearman_effect"] == {"value": None, "low": None, "high": None}


def test_space_is_better_than_knowing_nothing(report):
    assert report["snp_trait"]["auc"] > 0.75
    assert abs(report["baselines"]["random"]["snp_trait"]["auc"] - 0.5) < 0.1
    low, high = report["snp_trait"]["auc_interval"]
    assert low < report["snp_trait"]["auc"] < high


def test_seed_fixes_the_negatives(space):
    pairs = pairs_of(associations(60, seed=9))
    one, again, other = (
        SpaceQuestions(space, pairs, seed=seed).questions.negatives for seed in (1, 1, 2)
    )
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_pairs_are_read_from_plain_tables(space, tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text(
        "rsid\ttrait\tp\tchromosome\tposition\n"
        "rs1003\tHeart disease\t1e-9\t1\t20000000\n"
        "rs77\tsomething new\t2e-8\t1\t20000500\n",
        encoding="utf-8",
    )
    questions = SpaceQuestions(space, read_pairs(path, space))
    assert len(questions.questions.positives) == 2
    assert [each.name for each in questions.new_traits] == ["something new"]
    assert SpaceTraits(space)(["heart disease", "nothing"]) == ["EFO:07", None]


def test_tables_without_pairs_are_told(space, tmp_path):
    path = tmp_path / "none.tsv"
    path.write_text("rsid\ttrait\tp\n", encoding="utf-8")
    with pytest.raises(InputError, match="no row"):
        read_pairs(path, space)


@pytest.fixture(scope="module")
def space_with_genes(tmp_path_factory) -> Space:
    folder = tmp_path_factory.mktemp("genes")
    recipe = read_generel_recipe(write_material(folder, steps=120, genes=True))
    GenerelTraining(recipe, folder / "run", encoder=WordEncoder()).run()
    return opened(folder / "run/model")


def test_genes_that_no_snp_is_mapped_to_lie_where_their_kind_does(space_with_genes):
    # Of NEW0 to NEW9 nothing is known but where each is expressed, and where it lies.
    right = 0
    for number, organ in enumerate(ORGANS):
        found = space_with_genes.nearest(f"NEW{number}", kind="trait", k=1)
        right += found[0].name.startswith(organ)
    assert right >= 7


def test_a_snp_of_an_unseen_locus_is_known_by_its_genes(space_with_genes):
    space = space_with_genes
    right = 0
    for number, organ in enumerate(ORGANS):
        place = 20_000_000 * (number // 2 + 1) + 200_010_000
        (vector,) = space.snp_vectors([Snp("rs7", str(1 + number % 2), place)])
        traits = space.vectors[space.rows.concepts_at :][: space.tables.n_traits]
        right += space.tables.concepts[int((traits @ vector).argmax())].name.startswith(organ)
    assert right >= 7


def test_a_gene_is_found_by_the_symbol_that_it_once_had(space, folder):
    tables = read_tables(folder)
    row = tables.symbols.index("HEART1")
    tables.gene_aliases["OLDHEART"] = row
    again = Space(space.weights, tables, encoder=WordEncoder, index="exact")
    assert again.nearest("OLDHEART", k=3) == space.nearest("HEART1", k=3)
    old, new = (again.snp_vectors([Snp("rs7", genes=(each,))]) for each in ("OLDHEART", "HEART1"))
    assert np.array_equal(old, new)
