"""The networks of :mod:`biotk.sections.network` in torch, with what they cost on a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - everybody calls it so
from torch import Tensor

from biotk.sections.features import CUES, SectionFeatures, TextFeatures
from biotk.sections.hashing import Bags, title_rows
from biotk.sections.network import LINE, LINE_REACH, SECTION_REACH, SHAPES, windows
from biotk.sections.title_features import N_KNOWN
from biotk.sections.titles import CATEGORIES

#: The target of a line without a title; and of what is not known, and costs nothing.
BODY, UNKNOWN = -1, -1

Parameters = Mapping[str, Tensor]


def initial(generator: torch.Generator) -> dict[str, Tensor]:
    """:returns: parameters to start from."""
    weights = {}
    for name, shape in SHAPES.items():
        if name.endswith("bias"):
            value = torch.zeros(shape)
        elif len(shape) == 2 and not name.endswith("weight"):
            value = torch.randn(shape, generator=generator) * 0.1
        else:
            value = torch.randn(shape, generator=generator) * (1 / shape[-1]) ** 0.5
        weights[name] = value.requires_grad_()
    return weights


class Dropped(NamedTuple):
    """Which parts of what is read are hidden in training.

    :param pieces: share of the rows of words that are hidden.
    :param titles: share of titles whose words are hidden altogether.
    :param known: share of sections for which it is hidden what rules know of their titles.
    :param cues: share of notes in which a kind of cue is hidden, in headings and bodies alike; each
        kind by itself.
    """

    pieces: float = 0.0
    titles: float = 0.0
    known: float = 0.0
    cues: float = 0.0


KEPT = Dropped()


def line_scores(
    weights: Parameters,
    texts: TextFeatures,
    *,
    dropped: Dropped = KEPT,
    generator: torch.Generator | None = None,
) -> Tensor:
    """:returns: the log-odds of each candidate of all texts. *Shape*: (candidates,)."""
    if dropped.cues:
        texts = without_cues(texts, dropped.cues, generator)
    at = torch.from_numpy(texts.at)
    titles = _bag(
        weights["pieces"], Bags.of([title_rows(t) for t in texts.titles]), dropped, generator
    )
    found = _relu(weights, "candidate", titles, torch.from_numpy(texts.candidate))
    best = found.new_zeros((len(texts.line), LINE)).scatter_reduce(
        0, at[:, None].expand(-1, LINE), found, "amax", include_self=False
    )
    line = _relu(weights, "line", best, torch.from_numpy(texts.line))
    near = torch.from_numpy(windows(texts.n_lines, LINE_REACH))
    context = line + _relu(weights, "near", _windowed(line, near))
    context = context + _relu(weights, "far", _windowed(context, near))
    whole = _means(line, texts.n_lines)
    body = context @ weights["body.weight"] + weights["body.bias"]
    hidden = _relu(weights, "score", found, context[at], whole[at])
    return hidden @ weights["title.weight"] + weights["title.bias"] - body[at]


def without_cues(
    texts: TextFeatures, share: float, generator: torch.Generator | None
) -> TextFeatures:
    """Hide kinds of cues, each in a share of the texts.

    A model that sees all of them in all notes leans on those that never fail there: that titles
    have capitals, that a blank line stands before. Where it cannot, it learns the others too.
    """
    candidate, line = texts.candidate.copy(), texts.line.copy()
    titles = texts.titles
    for of_candidate, of_line in CUES:
        hidden = (torch.rand(len(texts.n_lines), generator=generator) < share).numpy()
        found = np.repeat(hidden, texts.n_found)
        candidate[np.ix_(found, np.array(of_candidate))] = 0.0
        if of_line:
            line[np.ix_(np.repeat(hidden, texts.n_lines), np.array(of_line))] = 0.0
        else:  # words, of which rules know something
            titles = ["" if gone else title for gone, title in zip(found, titles)]
    return replace(texts, titles=titles, candidate=candidate, line=line)


def section_scores(
    weights: Parameters,
    texts: SectionFeatures,
    *,
    dropped: Dropped = KEPT,
    generator: torch.Generator | None = None,
) -> Tensor:
    """:returns: *Shape*: (sections of all texts, categories + 1)."""
    titles = _bag(
        weights["titles"], Bags.of([title_rows(t) for t in texts.titles]), dropped, generator
    )
    bodies = _bag(weights["bodies"], texts.bodies, dropped._replace(titles=0.0), generator)
    section = torch.from_numpy(texts.section)
    if dropped.known:
        section = section.clone()
        hidden = torch.rand(len(section), generator=generator) < dropped.known
        section[hidden, -N_KNOWN:] = 0.0
    vectors = _relu(weights, "section", titles, bodies, section)
    near = torch.from_numpy(windows(texts.n_sections, SECTION_REACH))
    context = vectors + _relu(weights, "around", _windowed(vectors, near))
    context = context + _relu(weights, "beyond", _windowed(context, near))
    both = torch.cat([context, _means(vectors, texts.n_sections)], 1)
    return F.linear(both, weights["about.weight"], weights["about.bias"])


def line_cost(scores: Tensor, at: Tensor, right: Tensor) -> tuple[Tensor, float]:
    """Work out what the choice of titles costs.

    :param scores: of candidates. *Shape*: (candidates,).
    :param at: the line of each, ascending. *Shape*: (candidates,).
    :param right: whether a candidate is its line's title. *Shape*: (candidates,), bool.
    :returns: the mean over lines that have candidates of minus the log-probability of what is
        right, and the share of them where it is the likeliest.
    """
    lines, owner = torch.unique_consecutive(at, return_inverse=True)
    n = len(lines)
    top = scores.new_zeros(n).scatter_reduce(0, owner, scores.detach(), "amax")
    total = (-top).exp().index_add(0, owner, (scores - top[owner]).exp())
    norm = top + total.log()
    picked = scores.new_zeros(n).index_add(0, owner, torch.where(right, scores, 0.0))
    titled = torch.zeros(n).index_add(0, owner, right.float()) > 0
    likeliest = torch.where(titled, picked >= top, top <= 0)
    return (norm - picked).mean(), float(likeliest.float().mean())


def section_cost(scores: Tensor, category: Tensor, is_part: Tensor) -> tuple[Tensor, float]:
    """Work out what categories cost, and which sections are parts.

    :param scores: *Shape*: (sections, categories + 1).
    :param category: ``UNKNOWN`` costs nothing. *Shape*: (sections,).
    :param is_part: 1.0, 0.0, or ``UNKNOWN``. *Shape*: (sections,).
    :returns: the sum of both means, and the share of right categories.
    """
    logits, part = scores[:, : len(CATEGORIES)], scores[:, -1]
    cost = scores.sum() * 0.0
    right = 1.0
    if bool((known := category != UNKNOWN).any()):
        cost = cost + F.cross_entropy(logits[known], category[known], label_smoothing=0.02)
        right = float((logits[known].argmax(1) == category[known]).float().mean())
    if bool((told := is_part != UNKNOWN).any()):
        cost = cost + F.binary_cross_entropy_with_logits(part[told], is_part[told])
    return cost, right


def _relu(weights: Parameters, name: str, *parts: Tensor) -> Tensor:
    x = parts[0] if len(parts) == 1 else torch.cat(parts, 1)
    return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"]).relu()


def _bag(
    table: Tensor,
    bags: Bags,
    dropped: Dropped,
    generator: torch.Generator | None,
) -> Tensor:
    rows, starts = torch.from_numpy(bags.rows), torch.from_numpy(bags.starts)
    if dropped == KEPT or not len(rows):
        return F.embedding_bag(rows, table, starts, mode="mean")
    # Row 0, which every bag begins with, is never hidden.
    keep = torch.rand(len(rows), generator=generator) >= dropped.pieces
    if dropped.titles:
        owner = torch.bucketize(torch.arange(len(rows)), starts, right=True) - 1
        keep &= (torch.rand(len(starts), generator=generator) >= dropped.titles)[owner]
    keep[starts] = True
    places = torch.cumsum(keep, 0) - 1
    return F.embedding_bag(rows[keep], table, places[starts], mode="mean")


def _windowed(items: Tensor, near: Tensor) -> Tensor:
    beyond = torch.cat([items, items.new_zeros((1, items.shape[1]))])
    return beyond[near].reshape(len(items), -1)


def _means(items: Tensor, lengths: Sequence[int]) -> Tensor:
    owner = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    sums = items.new_zeros((len(lengths), items.shape[1])).index_add(0, owner, items)
    return (sums / torch.tensor(lengths)[:, None].clamp(min=1))[owner]
