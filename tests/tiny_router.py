"""A router that was fitted to drawn numbers: it asks about what names call NIL, and little else."""

from __future__ import annotations

import numpy as np

from biotk.linking.additive import fit_additive
from biotk.linking.route_features import FEATURES, NAME_FEATURES
from biotk.linking.routing import GAINED, LOST, RIGHT, SAME, WRONG, Router, by_cost

#: What is expected to gain the most is what costs the most.
GAINS = {"dense": 0.3, "quick": 0.45, "cascade": 0.5, "fused": 0.6, "listed": 0.7}


def made_router(*ways: str, vectors: bool = False, price: float = 0.2, **made_with) -> Router:
    """:returns: a router with these ways, by default the cascade."""
    features = FEATURES if vectors else NAME_FEATURES
    rng = np.random.default_rng(0)
    values = rng.random((800, len(features)))
    values[:, 0] = rng.random(800) < 0.5
    nil, drawn = values[:, 0] == 1, rng.random(800)
    names = np.where(nil | (drawn < 0.1), WRONG, RIGHT)
    fitted = {}
    for way in ways or ("cascade",):
        gained = nil & (drawn < GAINS[way])
        lost = ~nil & (drawn > 0.95)
        outcomes = np.where(gained, GAINED, np.where(lost, LOST, SAME))
        fitted[way] = fit_additive(features, values, outcomes, n_outcomes=3)
    costs = {"dense": 0.2, "quick": 0.7, "cascade": 1.0, "fused": 1.2, "listed": 2.8}
    costs = {way: costs[way] for way in by_cost({way: costs[way] for way in fitted})}
    return Router(
        fit_additive(features, values, names, n_outcomes=2),
        {way: fitted[way] for way in costs},
        costs,
        price,
        {"model": "tiny", **made_with},
    )
