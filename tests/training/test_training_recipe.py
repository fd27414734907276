"""What a recipe may say, and the one error for each thing that it may not."""

from __future__ import annotations

import pytest
from tiny_training import FINETUNE, INFILL, PRETRAIN, RECIPE

from biotk.errors import InputError, UnknownNameError
from biotk.resources import resource_path
from biotk.training.recipe import Seq2SeqRecipe
from biotk.training.recipe_file import read_recipe

WHOLE = RECIPE + "".join(stage.format(steps=16) for stage in (INFILL, PRETRAIN, FINETUNE))


def written(folder, text: str):
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


def test_recipe_is_read_with_defaults(tmp_path) -> None:
    recipe = read_recipe(written(tmp_path, WHOLE))
    assert [stage.name for stage in recipe.stages] == ["infill", "pretrain", "finetune"]
    infill, pretrain, finetune = recipe.stages
    assert (infill.loss, infill.watch, infill.text.masked) == ("vocabulary", "nll", 0.3)
    assert (pretrain.loss, pretrain.kb.copied, pretrain.schedule.seed) == ("trie", 0.3, 5)
    assert (finetune.corpus.targets, finetune.feeds[0].corpus) == ("top-3", "notes")
    assert pretrain.feeds[0].shares == {"HGNC:": 0.5}
    assert recipe.place("train.jsonl") == tmp_path / "train.jsonl"
    assert read_recipe(recipe.path, data=tmp_path / "data").place("a") == tmp_path / "data" / "a"


def test_seq2seq_has_neither_nil_nor_hidden_names(tmp_path) -> None:
    a = WHOLE.index("[model]")
    b = WHOLE.index("[[kb]]")
    text = WHOLE[:a] + '[model]\nkind = "seq2seq"\nbase = "bart"\n\n' + WHOLE[b:]
    recipe = read_recipe(written(tmp_path, text))
    assert recipe.model == Seq2SeqRecipe(kind="seq2seq", base="bart")
    for stage in recipe.stages:
        assert stage.loss == "vocabulary"
        assert (stage.corpus.nil, stage.corpus.hide_name, stage.kb.nil, stage.kb.copied) == (0,) * 4
    with pytest.raises(InputError, match=r"finetune: \[stage.corpus\]: nil is 0.1; .* no NIL"):
        read_recipe(written(tmp_path, text.replace('targets = "top-3"', "nil = 0.1")))


def test_kb_may_be_built_from_sources(tmp_path) -> None:
    source = 'sources = [{ path = "kb/a.tsv.gz", release = "2024" }]'
    recipe = read_recipe(written(tmp_path, WHOLE.replace('path = "tiny"', source)), data=tmp_path)
    (kb,) = recipe.kbs
    assert kb.build is not None and kb.path is None
    assert [(each.path, each.release) for each in kb.build.sources] == [
        (tmp_path / "kb" / "a.tsv.gz", "2024")
    ]


MISTAKES = [
    ("seed = 5", "sead = 5", r"unknown key in .*recipe.toml: 'sead'. Did you mean 'seed'"),
    ("seed = 5", "seed = 'x'", r"recipe.toml: seed is 'x', expected a whole number"),
    ("seed = 5", "seed = -1", r"seed is -1, expected at least 0"),
    ('name = "tiny"\nseed', "seed", r"recipe.toml: 'name' is missing"),
    ('kind = "biotk-mini"', 'kind = "mini"', r"unknown kind of model in .*\[model\]: 'mini'"),
    ('kind = "biotk-mini"', "", r"\[model\]: 'kind' is missing"),
    ("tuned_layers = 1", "tuned_layer = 1", r"key in .*\[model\]: 'tuned_layer'.*'tuned_layers'"),
    ("tuned_layers = 1", "tuned_layers = true", r"tuned_layers is True, expected a whole number"),
    ('path = "tiny"', "", r"\[\[kb\]\] tiny: expected either 'path', of a built KB, or 'sources'"),
    ('path = "train.jsonl"', 'paths = "train.jsonl"', r"\[\[corpus\]\] notes: paths is 'train"),
    ('path = "train.jsonl"', "", r"\[\[corpus\]\] notes: 'paths' is missing"),
    ("whole = true", "whole = 1", r"\[\[held\]\] dev: whole is 1, expected true or false"),
    ('kb = "tiny"\nwhole', 'kb = "tinny"\nwhole', r"kb in .*\[\[held\]\] dev: 'tinny'.*'tiny'"),
    ('kind = "finetune"', 'kind = "tune"', r"\[\[stage\]\] finetune: kind is 'tune', expected one"),
    ('kind = "finetune"', 'kind = "kb-pretraining"', r"is fed with kb, and a feed names a corpus"),
    ("steps = 16", "stepps = 16", r"key in .*\[\[stage\]\] infill: 'stepps'.*'steps'"),
    ("steps = 16\n", "", r"\[\[stage\]\] infill: 'steps' is missing"),
    ("steps = 16", "steps = 0", r"infill: steps is 0, expected at least 1"),
    ("steps = 16", "steps = 16\nsmoothing = 1.5", r"smoothing is 1.5, expected .* at most 0.9"),
    ("steps = 16", "steps = 16\nloss = 'trie'", r"infill: loss is 'trie'; stages of kind"),
    ("length = 24", "masked = 2", r"\[stage.text\]: masked is 2.0, expected at least 0"),
    ('targets = "top-3"', 'targets = "top"', r"targets is 'top', expected one of 'nearest', 'to"),
    ('targets = "top-3"', "outside = 1.5", r"outside is 1.5, expected at least 0 and at most 1"),
    ("weight = 0.7", "weight = 0", r"finetune: feed 1: weight is 0.0, expected more than 0"),
    ("weight = 0.7", "weigth = 0.7", r"key in .*finetune: feed 1: 'weigth'.*'weight'"),
    ('corpus = "notes"', 'corpus = "note"', r"corpus in .*finetune: feed 1: 'note'.*'notes'"),
    ('corpus = "notes"\nkb = "tiny"', 'corpus = "notes"', r"feed 1: names corpus; expected a text"),
    ('name = "finetune"', 'name = "pretrain"', r"two \[\[stage\]\] are named 'pretrain'"),
    ('name = "finetune"', 'name = "../x"', r"\[\[stage\]\] name is '../x', expected letters"),
    ('[[corpus]]\nname = "notes"', '[corpus]\nname = "notes"', r"corpus is .*, expected tables"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "message"), MISTAKES)
def test_mistake_is_told_with_file_table_and_key(tmp_path, before, after, message) -> None:
    assert before in WHOLE
    path = written(tmp_path, WHOLE.replace(before, after, 1))
    with pytest.raises((InputError, UnknownNameError), match=message) as caught:
        read_recipe(path)
    assert str(path) in str(caught.value)


def test_what_is_no_toml_is_told(tmp_path) -> None:
    with pytest.raises(InputError, match="not TOML"):
        read_recipe(written(tmp_path, "a = = 1"))
    with pytest.raises(InputError, match="cannot be read"):
        read_recipe(tmp_path / "none.toml")
    with pytest.raises(InputError, match="'stage' is missing"):
        read_recipe(written(tmp_path, RECIPE))
    with pytest.raises(InputError, match=r"there is no \[\[stage\]\]"):
        read_recipe(written(tmp_path, "stage = []\n" + RECIPE))


def test_recipes_that_ship_are_sound_and_of_the_same_data() -> None:
    recipe, large = (
        read_recipe(resource_path("models", "biotk-mini", name))
        for name in ("recipe.toml", "recipe-gpu.toml")
    )
    assert [stage.kind for stage in recipe.stages][-1] == "finetune"
    for key in ("name", "seed", "model", "data", "kbs", "corpora", "texts", "held"):
        assert getattr(recipe, key) == getattr(large, key)
    for small, more in zip(recipe.stages, large.stages, strict=True):
        assert small.feeds == more.feeds and small.corpus == more.corpus and small.kb == more.kb
        assert more.schedule.batch > small.schedule.batch
        assert more.schedule.steps > small.schedule.steps and more.schedule.bf16
