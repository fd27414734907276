from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny import build_tiny
from tiny_space import ORGANS, WordEncoder, associations, write_material

from biotk.errors import InputError, UnknownNameError
from biotk.evaluation.pair_splits import SPLITS
from biotk.genomics.associations import iter_associations, write_associations
from biotk.genomics.pairs import degrees, pairs_of
from biotk.genomics.relations import Relation, write_relations
from biotk.genomics.space import load_space
from biotk.genomics.space_files import read_tables
from biotk.kb import KbBuilder, open_kb
from biotk.nn.generel_network import GenerelConfig, GenerelNetwork, Hidden, SnpInputs
from biotk.nn.tensor_files import read_tensors
from biotk.resources import resource_path
from biotk.training.generel import GenerelTraining
from biotk.training.generel_material import gather
from biotk.training.generel_recipe import read_generel_recipe
from biotk.training.generel_tasks import Batch, graded_pairs, info_nce, pair_weights, task_shares
from biotk.training.lazy_adam import LazyAdam
from biotk.training.linked_pairs import LinkedPairs
from biotk.training.log import read_log
from biotk.types import Concept


def train(recipe: Path, out: Path, *, until: float | None = None) -> bool:
    read = read_generel_recipe(recipe)
    return GenerelTraining(read, out, encoder=WordEncoder()).run(until=until)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("generel")
    assert train(write_material(folder), folder / "run")
    return folder


def test_training_learns_what_is_held(trained):
    figures = read_log(trained / "run/space")
    assert figures[-1]["nll"] < figures[0]["nll"]
    # The organ of an unseen SNP is told by its place and its gene.
    assert figures[-1]["cold auc"] > 0.7
    assert figures[-1]["warm auc"] > 0.7
    assert (trained / "run/space/curves.svg").read_text().count("<polyline") >= 3
    metrics = json.loads((trained / "run/metrics.json").read_text())
    assert metrics["data"]["licences"] == ["CC0-1.0"]
    assert metrics["steps"] == 40


def test_hierarchies_are_trained_on_as_pairs_of_names(tmp_path):
    recipe = write_material(tmp_path, steps=2)
    build_tiny(tmp_path)
    tables = '\nhierarchies = ["tiny"]\n', '\n[[kb]]\nname = "tiny"\npath = "tiny"\n'
    told = recipe.read_text().replace("seed = 3\n", f"seed = 3{tables[0]}") + tables[1]
    recipe.write_text(told)
    kb = open_kb(tmp_path / "tiny")
    material = gather(read_generel_recipe(recipe), tmp_path / "run", say=lambda line: None)
    (pairs,) = (each.pairs for each in material.relations if each.name == "hierarchy")
    texts = material.texts.texts
    want = {(concept.name, kb[parent].name) for concept in kb for parent in concept.parents}
    assert want
    assert {(texts[child], texts[parent]) for child, parent in pairs.tolist()} == want
    assert (material.concept_rows[pairs] >= 0).all()
    recipe.write_text(told.replace('["tiny"]', '["tinny"]'))
    with pytest.raises(InputError, match="hierarchies names 'tinny', which is no"):
        read_generel_recipe(recipe)


def test_held_pairs_are_tables_that_can_be_asked_about(trained):
    folder = trained / "run/held"
    names = {f"{split}-{part}.parquet" for split in SPLITS for part in ("tuning", "reported")}
    assert {each.name for each in folder.iterdir()} == names
    rows = {each.name: list(iter_associations(each)) for each in folder.iterdir()}
    training = GenerelTraining(
        read_generel_recipe(trained / "recipe.toml"), trained / "run", encoder=WordEncoder()
    )
    pairs, splits = training.material.pairs, training.material.splits
    for split in SPLITS:
        for part in ("tuning", "reported"):
            held = getattr(splits.held[split], part)
            again = pairs_of(rows[f"{split}-{part}.parquet"])
            assert len(again) == len(held)
            for n, row in enumerate(held.tolist()):
                snp, trait = pairs.pairs[row]
                assert again.snps[again.pairs[n, 0]] == pairs.snps[snp]
                assert again.traits[again.pairs[n, 1]].key == pairs.traits[trait].key
            np.testing.assert_allclose(again.neg_log10_p, pairs.neg_log10_p[held])
            np.testing.assert_allclose(again.log_odds, pairs.log_odds[held])
    space = load_space(trained / "run/model")
    for split, unknown in (("warm", False), ("cold", True), ("locus", True)):
        known = {space.rows.snp(each.rsid) < 0 for each in rows[f"{split}-reported.parquet"]}
        assert known == {unknown}


def test_training_goes_on_after_a_kill_to_the_same_end(trained, tmp_path):
    recipe = shutil.copy(trained / "recipe.toml", tmp_path)
    for name in ("associations", "relations"):
        shutil.copy(trained / f"{name}.parquet", tmp_path)
    assert not train(Path(recipe), tmp_path / "run", until=time.monotonic())
    assert train(Path(recipe), tmp_path / "run")
    one, other = (
        read_tensors(each / "run/model/weights.safetensors").tensors for each in (trained, tmp_path)
    )
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_training_refuses_a_checkpoint_of_another_recipe(trained, tmp_path):
    recipe = write_material(tmp_path, steps=30)
    shutil.copytree(trained / "run/space", tmp_path / "run/space")
    with pytest.raises(InputError, match="another recipe"):
        train(recipe, tmp_path / "run")


def test_rows_of_other_terms_are_left_out(tmp_path):
    recipe = write_material(tmp_path)
    recipe.write_text(recipe.read_text().replace('["CC0-1.0"]', '["CC-BY-4.0"]'))
    with pytest.raises(InputError, match="no rows to train on"):
        train(recipe, tmp_path / "run")


@pytest.mark.parametrize(
    ("before", "after", "error", "told"),
    [
        ("steps = 40", "steps = 0", InputError, r"\[training\] steps is 0"),
        (
            "steps = 40",
            "steps = 40\nsynonym_temperature = 0",
            InputError,
            "synonym_temperature is 0",
        ),
        ("gene_factors = 0", "gene_factors = 16000", InputError, "gene_factors is 16000"),
        ("dim = 16", "dim = 256", InputError, r"\[model\] dim is 256"),
        ("dim = 16", "dims = 16", UnknownNameError, "dims"),
        ("[training]", "[learning]", InputError, "'training' is missing|learning"),
        ('name = "tiny"', 'name = "tiny"\ngenes = "hgnc"', InputError, r"no \[\[kb\]\]"),
        ("cold = 0.2", "cold = 2.0", InputError, r"\[held\] cold"),
    ],
)
def test_recipe_mistakes_are_named(tmp_path, before, after, error, told):
    recipe = write_material(tmp_path)
    recipe.write_text(recipe.read_text().replace(before, after))
    with pytest.raises((error, UnknownNameError), match=told):
        read_generel_recipe(recipe)


def test_missing_table_is_named(tmp_path):
    recipe = write_material(tmp_path)
    (tmp_path / "associations.parquet").unlink()
    with pytest.raises(InputError, match=r"associations\.parquet is missing"):
        train(recipe, tmp_path / "run")


def slow_info_nce(batch: Batch, temperature: float) -> float:
    """Pair by pair, both ways."""
    total = weight = 0.0
    n = len(batch.left)
    for one, other, linked in (
        (batch.left, batch.right, batch.linked),
        (batch.right, batch.left, batch.linked.T),
    ):
        for i in range(n):
            own = float(one[i] @ other[i]) / temperature
            rest = [
                np.exp(float(one[i] @ other[j]) / temperature)
                for j in range(n)
                if j == i or not linked[i, j]
            ]
            total += float(batch.weights[i]) * (np.log(sum(rest)) - own) / 2
    weight = float(batch.weights.sum())
    return total / weight


def test_info_nce_is_that_of_pairs_one_by_one():
    generator = torch.Generator().manual_seed(1)
    left, right = (
        torch.nn.functional.normalize(torch.randn(6, 4, generator=generator), dim=-1)
        for _ in range(2)
    )
    linked = np.random.default_rng(0).random((6, 6)) < 0.3
    batch = Batch(left, right, linked.copy(), torch.rand(6, generator=generator) + 0.5)
    assert float(info_nce(batch, 0.1)) == pytest.approx(slow_info_nce(batch, 0.1), rel=1e-4)


def test_linked_pairs_are_those_of_the_table():
    rng = np.random.default_rng(2)
    pairs = np.unique(rng.integers(12, size=(40, 2)), axis=0)
    known = set(map(tuple, pairs.tolist()))
    linked = LinkedPairs(pairs, (12, 12))
    left, right = rng.integers(12, size=9), rng.integers(12, size=7)
    for _ in range(2):  # nothing is left over from a batch
        assert linked.mask(left, right).tolist() == [
            [(a, b) in known for b in right.tolist()] for a in left.tolist()
        ]


def test_lazy_adam_is_torchs_own():
    torch.manual_seed(0)
    dense, table = torch.randn(5, 3), torch.randn(8, 3)
    ours = [torch.nn.Parameter(dense.clone()), torch.nn.Parameter(table.clone())]
    theirs = [torch.nn.Parameter(dense.clone()), torch.nn.Parameter(table.clone())]
    mine = LazyAdam([{"params": [ours[0]], "weight_decay": 0.1}, {"params": [ours[1]]}], lr=0.02)
    others = [
        torch.optim.AdamW([theirs[0]], lr=0.02, weight_decay=0.1),
        torch.optim.SparseAdam([theirs[1]], lr=0.02),
    ]
    for step in range(6):
        rows = torch.tensor([step % 8, 3, 3])
        for optimizers, (one, two) in (([mine], ours), (others, theirs)):
            for each in optimizers:
                each.zero_grad()
            loss = (one**2).sum() + torch.nn.functional.embedding(rows, two, sparse=True).pow(
                3
            ).sum()
            loss.backward()
            for each in optimizers:
                each.step()
    for one, two in zip(ours, theirs):
        assert torch.allclose(one, two, atol=1e-5)


def test_rows_without_a_gradient_stay():
    table = torch.nn.Parameter(torch.ones(4, 2))
    optimizer = LazyAdam([table], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.embedding(torch.tensor([1]), table, sparse=True).sum().backward()
        optimizer.step()
    assert table[[0, 2, 3]].eq(1).all()
    assert table[1].lt(1).all()


@pytest.fixture
def network() -> GenerelNetwork:
    torch.manual_seed(0)
    made = GenerelNetwork(
        GenerelConfig(n_snps=5, n_regions=4, n_genes=3, n_concepts=2, dim=8, hidden=8, text_dim=6)
    )
    for table in made.tables():
        torch.nn.init.normal_(table.weight)
    return made


def inputs(rows: list[int]) -> SnpInputs:
    n = len(rows)
    return SnpInputs(
        torch.tensor(rows),
        torch.tensor([[0, 1]] * n),
        torch.tensor([[0.25, 0.75]] * n),
        torch.tensor([[2, 0]] * n),
        torch.tensor([[1.0, 0.0]] * n),
    )


def test_snp_is_the_sum_of_its_parts(network):
    texts = torch.randn(3, 6)
    with torch.no_grad():
        (made,) = network.snps(inputs([3]), texts)
        gene = network.gene_adapter(texts[2:3], 0.0)[0] + network.gene_table.weight[2]
        regions = network.region_table.weight
        wanted = network.snp_mean + network.snp_table.weight[3]
        wanted = wanted + 0.25 * regions[0] + 0.75 * regions[1] + gene
    assert torch.allclose(made, wanted / wanted.norm(), atol=1e-6)


def test_unseen_snp_is_that_of_its_place_and_genes(network):
    texts = torch.randn(3, 6)
    with torch.no_grad():
        unseen = network.snps(inputs([-1]), texts)
        network.snp_table.weight.zero_()
        assert torch.allclose(unseen, network.snps(inputs([4]), texts))


def test_hidden_place_leaves_genes_alone(network):
    texts = torch.randn(3, 6)
    hidden = Hidden(snp=0.0, region=0.0, place=1.0, gene=0.0, concept=0.0, text=0.0)
    with torch.no_grad():
        one, other = network.snps(inputs([1, 2]), texts, hidden=hidden)
    assert torch.allclose(one, other)


def test_weights_of_pairs_follow_p_and_odds(trained):
    schedule = read_generel_recipe(trained / "recipe.toml").training
    strong, odd, weak, none = pair_weights(
        np.array([60, 8, 8, 0], np.float32), np.array([np.nan, 0.5, np.nan, np.nan], np.float32),
        schedule,
    )  # fmt: skip
    assert strong > weak > none
    assert odd > weak
    capped = pair_weights(np.array([60, 300], np.float32), np.full(2, np.nan, np.float32), schedule)
    assert capped[0] == capped[1]


def test_graded_pairs_have_odds_of_one_trait():
    pairs = np.array([[0, 0], [1, 0], [2, 1], [3, 0], [4, 1], [5, 1]])
    odds = np.array([0.1, 0.2, 0.3, np.nan, 0.3, np.nan], np.float32)
    found = graded_pairs(pairs, odds)  # those of trait 1 are equal
    assert [each.tolist() for each in found] == [[0, 1], [0, 1]]


def test_tasks_are_tempered(trained):
    schedule = read_generel_recipe(trained / "recipe.toml").training

    class Sized:
        def __init__(self, name: str, n: int) -> None:
            self.name, self.n = name, n

        def __len__(self) -> int:
            return self.n

    shares = task_shares([Sized("snp_trait", 10), Sized("a", 400), Sized("b", 100)], schedule)
    assert shares == pytest.approx([0.5, 1 / 3, 1 / 6])


def test_degrees_count_pairs():
    snps, traits = degrees(np.array([[0, 1], [0, 2], [1, 1]]), (3, 3))
    assert (snps.tolist(), traits.tolist()) == ([2, 1, 0], [0, 2, 1])


def test_recipes_that_ship_are_sound_and_of_the_same_data():
    recipe, large = (
        read_generel_recipe(resource_path("models", "biotk-generel") / name)
        for name in ("recipe.toml", "recipe-gpu.toml")
    )
    for key in (
        "name", "seed", "associations", "relations", "kbs", "genes", "gene_table", "synonyms",
        "hierarchies", "hidden", "weights",
    ):  # fmt: skip
        assert getattr(recipe, key) == getattr(large, key)
    assert large.shape.dim > recipe.shape.dim and large.training.batch > recipe.training.batch


def test_tables_without_any_gene_are_trained_on(tmp_path):
    recipe = write_material(tmp_path, n=200, steps=3)
    rows = [each._replace(gene=None) for each in associations(200)]
    write_associations(tmp_path / "associations.parquet", rows)
    write_relations(
        tmp_path / "relations.parquet",
        [Relation("DOID:1", "disease_phenotype", "HP:1", "made", "CC0-1.0", "gout", "pain")] * 2,
    )
    training = GenerelTraining(read_generel_recipe(recipe), tmp_path / "run", encoder=WordEncoder())
    assert training.run()
    assert read_tables(tmp_path / "run/model").symbols == []


def test_symbols_that_are_outdated_come_with_the_model(tmp_path):
    recipe = write_material(tmp_path, n=200, steps=3)
    builder = KbBuilder("genes")
    builder.add([Concept("HGNC:1", "HEARTNEW", ("a gene of the heart", "HEART1"))])
    builder.write(tmp_path / "kb")
    text = recipe.read_text().replace("seed = 3", 'seed = 3\ngenes = "genes"')
    recipe.write_text(text + '\n[[kb]]\nname = "genes"\npath = "kb"\n')
    training = GenerelTraining(read_generel_recipe(recipe), tmp_path / "run", encoder=WordEncoder())
    assert training.run()
    tables = read_tables(tmp_path / "run/model")
    assert "HEART1" not in tables.symbols
    assert tables.gene_aliases == {"HEART1": tables.symbols.index("HEARTNEW")}


def test_synonyms_have_a_temperature_of_their_own(tmp_path):
    costs = []
    for place, more in (("one", ""), ("other", "synonym_temperature = 0.02")):
        recipe = write_material(tmp_path / place, n=200)
        builder = KbBuilder("organs")
        builder.add(
            [Concept(f"HP:{n}", f"{organ} failure", (f"failing {organ}",))
            for n, organ in enumerate(ORGANS)]
        )  # fmt: skip
        builder.write(tmp_path / place / "kb")
        text = recipe.read_text().replace("seed = 3", 'seed = 3\nsynonyms = ["organs"]')
        text = text.replace("batch = 64", f"batch = 64\n{more}")
        recipe.write_text(text + '\n[[kb]]\nname = "organs"\npath = "kb"\n')
        training = GenerelTraining(
            read_generel_recipe(recipe), tmp_path / place / "run", encoder=WordEncoder()
        )
        by_name = {each.name: each for each in training.tasks}
        costs.append(
            [
                float(by_name[name].cost(training.network, np.random.default_rng(1)).detach())
                for name in ("synonyms", "disease_phenotype")
            ]
        )
    assert costs[0][0] != pytest.approx(costs[1][0], rel=0.1)
    # The network drops out at random, and so costs differ a little.
    assert costs[0][1] == pytest.approx(costs[1][1], rel=0.1)
