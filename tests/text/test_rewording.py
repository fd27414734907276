from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biotk.text.normalize import plural_key
from biotk.text.rewording import noun_forms, rewordings


@pytest.mark.parametrize(
    ("word", "noun"),
    [
        ("placental", "placenta"),
        ("neuronal", "neuron"),
        ("cerebellar", "cerebellum"),
        ("epithelial", "epithelium"),
        ("vesicular", "vesicle"),
        ("nuclear", "nucleus"),
        ("laryngeal", "larynx"),
        ("embryonic", "embryo"),
        ("cytoplasmic", "cytoplasm"),
        ("thoracic", "thorax"),
        ("pancreatic", "pancreas"),
        ("endolymphatic", "endolymph"),
        ("mitotic", "mitosis"),
        ("synaptic", "synapse"),
        ("epileptic", "epilepsy"),
        ("autistic", "autism"),
        ("ischemic", "ischemia"),
        ("olfactory", "olfaction"),
        ("hypertensive", "hypertension"),
        ("deficient", "deficiency"),
        ("ovarian", "ovary"),
        ("uterine", "uterus"),
        ("testicular", "testis"),
        ("secreted", "secretion"),
        ("methylated", "methylation"),
        ("cilia", "cilium"),
        ("ganglia", "ganglion"),
        ("nuclei", "nucleus"),
        ("cochleae", "cochlea"),
        ("cortices", "cortex"),
        ("peritoneally", "peritoneum"),
    ],
)
def test_noun_forms_have_the_noun_among_few_guesses(word: str, noun: str) -> None:
    forms = noun_forms(plural_key(word))
    assert noun in forms
    assert len(forms) < 20


@pytest.mark.parametrize("word", ["", "al", "anal", "joint", "il", "2", "dna", "cell", "kidney"])
def test_noun_forms_leave_short_words_and_nouns_alone(word: str) -> None:
    assert noun_forms(word) == ()


def test_rewordings_exchange_one_word_the_last_one_first() -> None:
    keys = list(rewordings("renal glomerular"))
    assert "renal glomerulus" in keys
    assert keys.index("renal glomerulus") < keys.index("renum glomerular")
    assert not any("glomerular" not in key and "renal" not in key for key in keys)


def test_rewordings_take_a_word_of_vocabularies_only_beside_others() -> None:
    assert "insulin secretion" in rewordings("insulin release")
    assert "kidney disease" in rewordings("kidney toxicity")
    assert "secretion" not in rewordings("release")
    assert "disease" not in rewordings("toxicity")


def test_rewordings_join_neighbours_but_no_numbers() -> None:
    assert list(rewordings("hind limb bud")) == ["hindlimb bud", "hind limbbud"]
    assert list(rewordings("nphp 1 9")) == ["nphp1 9"]


@given(st.text(alphabet="acegilnorsty 19-") | st.text())
def test_rewordings_differ_from_the_key_in_one_place(text: str) -> None:
    words = plural_key(text).split()
    for other in rewordings(" ".join(words)):
        exchanged = other.split()
        if len(exchanged) == len(words):
            assert sum(one != two for one, two in zip(words, exchanged, strict=True)) == 1
        else:
            assert "".join(exchanged) == "".join(words)
            assert len(exchanged) == len(words) - 1
