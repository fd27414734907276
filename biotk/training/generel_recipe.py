"""The recipe of a space of SNPs and concepts: a TOML file, checked before anything is done."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biotk.errors import InputError
from biotk.evaluation.pair_splits import HeldShares
from biotk.kb.toml_values import check_range, make, table_of, value_as
from biotk.nn.generel_network import Hidden
from biotk.training.recipe import DocumentsRecipe, HeldRecipe, KbRecipe, RecipeFile
from biotk.training.recipe_file import check_table_names, kb_table, read_head, recipe_tables

_TOP = (
    "name", "seed", "model", "associations", "relations", "kb", "genes", "gene_table", "synonyms",
    "hierarchies", "held",
    "training", "hidden", "weights",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRecipe:
    """An ``[[associations]]`` or ``[[relations]]``.

    :param path: the Parquet file.
    :param licences: the terms of rows that are trained on; by default all.
    :param leave_out: sources or kinds of relations that are not.
    """

    path: str
    licences: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneTableRecipe:
    """``[gene_table]``: where genes lie and what was measured of them.

    :param path: the table; see :mod:`biotk.genomics.gene_table`.
    :param licence: its terms.
    """

    path: str
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerelShape:
    """``[model]``.

    :param dim: the length of vectors.
    :param hidden: the width inside the adapters.
    :param gene_factors: how many numbers tell what a gene is linked to by relations; 0 for none.
    :param scales: the lengths of regions of chromosomes that have a vector each, in bases.
    """

    dim: int = 64
    hidden: int = 256
    gene_factors: int = 0
    scales: tuple[int, ...] = (50_000, 300_000, 2_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWeights:
    """``[weights]``: what the loss of each kind of task is multiplied by; 0 leaves it out.

    :param snp_trait: pairs of the association table.
    :param snp_gene: SNPs and the genes that they are mapped to.
    :param relations: pairs of the relation tables.
    :param synonyms: names of one concept of a KB.
    :param effect: of pairs of SNPs of one trait: that the one with the larger odds ratio is nearer.
    """

    snp_trait: float = 1.0
    snp_gene: float = 0.3
    relations: float = 0.5
    synonyms: float = 0.5
    effect: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerelSchedule:
    """``[training]``.

    :param steps: how many.
    :param batch: pairs in each.
    :param lr: the highest rate of the adapters; it falls along a cosine.
    :param table_lr: that of the tables, whose rows are seen seldom.
    :param warmup: steps until it is reached.
    :param temperature: what cosines are divided by.
    :param synonym_temperature: the same for names of one concept, which are nearer than what is
        merely linked; by default the same number.
    :param tempering: a task of n pairs is drawn as often as n to the power of this.
    :param snp_trait_share: how many of the steps are the first task's whatever its size.
    :param p_cap: a −log10 p counts at most as this much.
    :param p_power: the weight of a pair is its capped −log10 p to the power of this.
    :param effect_weight: and is so much larger for each unit of the log odds ratio, at most one.
    :param checkpoint_every: steps between checkpoints.
    :param evaluate_every: steps between figures.
    """

    steps: int
    batch: int = 1024
    lr: float = 1e-3
    table_lr: float = 3e-3
    warmup: int = 50
    temperature: float = 0.1
    synonym_temperature: float | None = None
    tempering: float = 0.5
    snp_trait_share: float = 0.5
    p_cap: float = 50.0
    p_power: float = 0.3
    effect_weight: float = 0.5
    checkpoint_every: int = 200
    evaluate_every: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerelRecipe(RecipeFile):
    """How a space of SNPs and concepts is trained.

    :param associations: tables of SNPs and traits.
    :param relations: tables of what is known of concepts and genes.
    :param kbs: by which concepts are named; the first that knows an id is heard.
    :param genes: the name of the KB that has the genes.
    :param gene_table: where genes lie and what was measured of them; None to take their places from
        the SNPs that are mapped to them.
    :param synonyms: the names of the KBs whose names of one concept are trained on.
    :param hierarchies: the names of the KBs of which it is, what is broader than what.
    :param shape: of the network.
    :param training: how long, and how.
    :param hidden: what is hidden in training.
    :param weights: of the tasks.
    :param shares: which share of pairs, SNPs and loci is held, to tell figures by; None to train
        on all.
    """

    associations: tuple[TableRecipe, ...]
    training: GenerelSchedule
    relations: tuple[TableRecipe, ...] = ()
    kbs: tuple[KbRecipe, ...] = ()
    genes: str | None = None
    gene_table: GeneTableRecipe | None = None
    synonyms: tuple[str, ...] = ()
    hierarchies: tuple[str, ...] = ()
    shape: GenerelShape = field(default_factory=GenerelShape)
    hidden: Hidden = field(default_factory=Hidden)
    weights: TaskWeights = field(default_factory=TaskWeights)
    shares: HeldShares | None = None

    @property
    def corpora(self) -> tuple[DocumentsRecipe, ...]:
        """None: it reads no documents; :class:`biotk.training.places.Sources` asks for them."""
        return ()

    @property
    def held(self) -> tuple[HeldRecipe, ...]:
        """None, likewise."""
        return ()


def read_generel_recipe(path: Path | str, *, data: Path | None = None) -> GenerelRecipe:
    """Read a recipe.

    :param path: the TOML file.
    :param data: what its paths are relative to; by default its own folder.
    :raises InputError: it cannot be read, or something in it is missing, of a wrong type, or makes
        no sense. The message names the file, the table and the key.
    :raises UnknownNameError: it holds a key, or a name of something, that there is not.
    """
    path = Path(path)
    raw, head = read_head(path, data, keys=_TOP, needed=("name", "associations", "training"))

    def made(key: str, cls: type[Any]) -> Any:
        return make(cls, table_of(raw.get(key, {}), f"{path}: [{key}]"), f"{path}: [{key}]")

    genes = raw.get("genes")
    recipe = GenerelRecipe(
        **head,
        associations=_tables(raw, "associations", path),
        relations=_tables(raw, "relations", path),
        kbs=tuple(kb_table(each, path, head["data"]) for each in recipe_tables(raw, "kb", path)),
        genes=None if genes is None else value_as(genes, str, f"{path}: genes"),
        gene_table=made("gene_table", GeneTableRecipe) if "gene_table" in raw else None,
        synonyms=value_as(raw.get("synonyms", []), tuple[str, ...], f"{path}: synonyms"),
        hierarchies=value_as(raw.get("hierarchies", []), tuple[str, ...], f"{path}: hierarchies"),
        shape=made("model", GenerelShape),
        training=made("training", GenerelSchedule),
        hidden=made("hidden", Hidden),
        weights=made("weights", TaskWeights),
        shares=made("held", HeldShares) if "held" in raw else None,
    )
    _check(recipe)
    return recipe


def _tables(raw: dict[str, Any], key: str, path: Path) -> tuple[TableRecipe, ...]:
    return tuple(
        make(TableRecipe, each, f"{path}: [[{key}]] {number}")
        for number, each in enumerate(recipe_tables(raw, key, path), 1)
    )


def _check(recipe: GenerelRecipe) -> None:
    """Check ranges, and what the tables say of one another."""
    path, training, shape = recipe.path, recipe.training, recipe.shape
    for name in ("steps", "checkpoint_every", "evaluate_every"):
        check_range(f"{path}: [training] {name}", getattr(training, name), least=1)
    check_range(f"{path}: [training] batch", training.batch, least=2)
    check_range(f"{path}: [training] warmup", training.warmup, least=0)
    for name in ("lr", "table_lr", "temperature", "p_cap"):
        check_range(f"{path}: [training] {name}", getattr(training, name), least=0, above=True)
    if training.synonym_temperature is not None:
        check_range(
            f"{path}: [training] synonym_temperature", training.synonym_temperature,
            least=0, above=True,
        )  # fmt: skip
    for name in ("tempering", "snp_trait_share"):
        check_range(f"{path}: [training] {name}", getattr(training, name), least=0, most=1)
    for name in ("p_power", "effect_weight"):
        check_range(f"{path}: [training] {name}", getattr(training, name), least=0)
    check_range(f"{path}: [model] dim", shape.dim, least=1, most=128)
    check_range(f"{path}: [model] hidden", shape.hidden, least=1)
    check_range(f"{path}: [model] gene_factors", shape.gene_factors, least=0, most=1024)
    for scale in shape.scales:
        check_range(f"{path}: [model] scales", scale, least=1000)
    for table, shares in (("hidden", recipe.hidden), ("held", recipe.shares)):
        for name in () if shares is None else shares.__dataclass_fields__:
            check_range(f"{path}: [{table}] {name}", getattr(shares, name), least=0, most=0.95)
    for name in recipe.weights.__dataclass_fields__:
        check_range(f"{path}: [weights] {name}", getattr(recipe.weights, name), least=0)
    kbs = [each.name for each in recipe.kbs]
    check_table_names(path, "kb", kbs)
    for key, names in (
        ("genes", () if recipe.genes is None else (recipe.genes,)),
        ("synonyms", recipe.synonyms),
        ("hierarchies", recipe.hierarchies),
    ):
        for name in names:
            if name not in kbs:
                raise InputError(f"{path}: {key} names {name!r}, which is no [[kb]]")
