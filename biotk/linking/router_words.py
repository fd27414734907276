"""A router's rule in words and figures: all that it weighs, to be read and worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator

from biotk.linking.additive import AdditiveModel, Curve
from biotk.linking.routing import DEFAULT_DIAL, GAINED, LOST, NAMES, RIGHT, Router


def in_words(router: Router, *, dial: float = DEFAULT_DIAL) -> str:
    """Write a router out.

    :param router: the router.
    :param dial: where it stands.
    :returns: lines of text. Log odds are natural logarithms; features whose curve rises or falls
        the most come first.
    """
    return "\n".join([*_rule(router, dial), *_tables(router)]) + "\n"


def _rule(router: Router, dial: float) -> Iterator[str]:
    yield "What is a name of the KB but for case, punctuation and accents is answered by names."
    if dial == 0:
        yield "The dial is at 0: names answer all the rest, too."
    elif dial == 1:
        yield f"The dial is at 1: all the rest goes the way {router.everything}."
    else:
        yield "For the rest, each way is right with a probability of"
        yield f"  {NAMES}: right"
        yield from (f"  {way}: {NAMES} right + {way} gains - {way} loses" for way in router.ways)
        yield f"and that counts less its price, with the dial at {dial:g}:"
        for way in router.ways:
            cost = router.costs[way]
            yield f"  {way}: {router.least_gain(dial) * cost:.3f} (at a cost of {cost:g})"
        yield "The highest is taken; of equals the cheapest."


def _tables(router: Router) -> Iterator[str]:
    yield from _table(f"{NAMES} right, against wrong", router.names, RIGHT)
    for way, model in router.ways.items():
        yield from _table(f"{way} gains, against no change", model, GAINED)
        yield from _table(f"{way} loses, against no change", model, LOST)
    yield ""
    if router.ways:
        yield "p(gains) = e^gains / (1 + e^gains + e^loses); between two values a line is straight."


def _table(title: str, model: AdditiveModel, outcome: int) -> Iterator[str]:
    constant, curves = model.curves(outcome)
    yield ""
    yield f"log odds: {title}: {constant:+.2f}, and"
    width = max(map(len, curves))
    for name, curve in sorted(curves.items(), key=lambda each: -_range(each[1])):
        if _range(curve) >= 0.005:
            yield f"  {name:{width}}  {_curve(curve)}"


def _range(curve: Curve) -> float:
    """:returns: how much a feature can change."""
    added = [weight for _, weight in curve.points] + [curve.missing] * (curve.missing != 0)
    return max(added, default=0.0) - min(added, default=0.0)


def _curve(curve: Curve) -> str:
    points = [f"{value:.3g}: {weight:+.2f}" for value, weight in curve.points]
    missing = [f"not known: {curve.missing:+.2f}"] if curve.missing else []
    return ", ".join([*points, *missing])
