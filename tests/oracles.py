"""What the search must equal: every name scored on its own, and transformers' own beam search."""

from __future__ import annotations

import math
import random

import torch

from biotk.nn.inputs import Seq2SeqInput

Name = tuple[int, ...]


def random_names(n: int, *, seed: int, tokens: int = 12, longest: int = 6) -> list[Name]:
    """:returns: n different names: many share beginnings, some go on where others end."""
    rng = random.Random(seed)
    names: set[Name] = set()
    while len(names) < n:
        start = list(rng.choice(sorted(names))) if names and rng.random() < 0.6 else []
        start = start[: rng.randint(0, len(start))]
        room = longest - len(start)
        if room > 0:
            more = [10 + rng.randrange(tokens) for _ in range(rng.randint(1, room))]
            names.add((*start, *more))
    return sorted(names)


def random_inputs(n: int, *, seed: int, start: int) -> list[Seq2SeqInput]:
    """:returns: inputs with sources and prefixes of unequal length."""
    rng = random.Random(seed)

    def some(least: int, most: int) -> list[int]:
        return [rng.randrange(10, 60) for _ in range(rng.randint(least, most))]

    return [Seq2SeqInput((*some(1, 9), 2), (start, *some(0, 4))) for _ in range(n)]


def all_logits(model, each: Seq2SeqInput, tokens: Name) -> torch.Tensor:
    """:returns: the logits before each token and behind the last. *Shape*: (tokens + 1, ids)."""
    with torch.inference_mode():
        logits = model(
            input_ids=torch.tensor([each.source]),
            decoder_input_ids=torch.tensor([[*each.prefix, *tokens]]),
        ).logits[0]
    return logits[len(each.prefix) - 1 :].double()


def legal_tokens(names: list[Name], before: Name, end: int) -> list[int]:
    """:returns: what may follow, END among it where a name ends."""
    longer = {name[len(before)] for name in names if name[: len(before)] == before != name}
    return sorted(longer) + [end] * (before in names)


def score_names(
    model, each: Seq2SeqInput, names: list[Name], *, end: int, normalisation: str, nil=None
) -> dict[Name, float]:
    """Score every name, one by one; NIL, if there is one, as the empty name."""
    scores = {}
    for name in names:
        logits, log_prob = all_logits(model, each, name), 0.0
        for at, token in enumerate([*name, end]):
            if normalisation == "vocabulary":
                log_prob += float(logits[at].log_softmax(-1)[token])
            else:
                legal = legal_tokens(names, name[:at], end)
                legal += [nil] * (nil is not None and at == 0)
                log_prob += float(logits[at][legal].log_softmax(-1)[legal.index(token)])
        scores[name] = log_prob / (len(name) + 1 if normalisation == "vocabulary" else 1)
    if nil is not None:
        logits = all_logits(model, each, (nil,))
        if normalisation == "vocabulary":
            both = logits[0].log_softmax(-1)[nil] + logits[1].log_softmax(-1)[end]
            scores[()] = float(both) / 2
        else:
            legal = [*legal_tokens(names, (), end), nil]
            scores[()] = float(logits[0][legal].log_softmax(-1)[-1])
    return scores


def generate(model, each: Seq2SeqInput, names: list[Name], *, end: int, normalisation: str):
    """transformers' beam search of width 5 over the same names.

    :returns: the best name and its score.
    """
    known = set(names)
    following: dict[Name, set[int]] = {}
    for name in known:
        for at, token in enumerate([*name, end]):
            following.setdefault(name[:at], set()).add(token)
    n_prefix = len(each.prefix)

    def allowed(_: int, ids: torch.Tensor) -> list[int]:
        return sorted(following.get(tuple(ids[n_prefix:].tolist()), {end}))

    trie = normalisation == "trie"
    out = model.generate(
        input_ids=torch.tensor([each.source]),
        attention_mask=torch.ones(1, len(each.source), dtype=torch.long),
        decoder_input_ids=torch.tensor([each.prefix]),
        prefix_allowed_tokens_fn=allowed,
        num_beams=5,
        do_sample=False,
        early_stopping="never",
        length_penalty=0.0 if trie else 1.0,
        renormalize_logits=trie,
        max_new_tokens=max(map(len, names)) + 1,
        eos_token_id=end,
        return_dict_in_generate=True,
        output_scores=True,
    )
    ids = out.sequences[0].tolist()[n_prefix:]
    return tuple(ids[: ids.index(end)]), float(out.sequences_scores[0])


def close(a: float, b: float, tolerance: float = 1e-4) -> bool:
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)
