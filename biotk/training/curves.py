"""Curves of a training as an SVG picture, from its log."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from biotk.io.files import atomic_writer

_COLOURS = ("#1b6ca8", "#c1443c", "#2e8b57", "#8a5fbf", "#c78a1b", "#4a4a4a", "#0b7a75", "#d1669e")
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 300, 60, 34, 190, 36

#: What the highest value may be, times a power of ten.
_TOPS = (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10)

#: A curve: its points, steps and values.
Curve = Sequence[tuple[float, float]]


def curves_of(log: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Curve]]:
    """Sort the figures of a log into panels.

    :param log: what :func:`biotk.training.log.read_log` read.
    :returns: for each panel, its curves by name.
    """
    panels: dict[str, dict[str, list[tuple[float, float]]]] = {
        panel: {} for panel in ("nll", "right", "f1", "auc")
    }
    for figures in log:
        for key, value in figures.items():
            panel = key.rpartition(" ")[2]
            if panel in panels and isinstance(value, int | float) and math.isfinite(value):
                name = "training" if key == panel else key.removesuffix(f" {panel}")
                panels[panel].setdefault(name, []).append((float(figures["step"]), float(value)))
    return {panel: dict(found) for panel, found in panels.items() if found}


def write_curves(
    path: Path,
    panels: Mapping[str, Mapping[str, Curve]],
    *,
    title: str,
    unit: str = "steps",
) -> None:
    """Draw panels of curves, one below the other.

    :param path: the SVG file.
    :param panels: from :func:`curves_of`.
    :param title: stands above each panel, before its name.
    :param unit: of what runs from left to right; "" for shares of one.
    """
    height = _HEIGHT * max(len(panels), 1)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
    ]
    for number, (name, curves) in enumerate(panels.items()):
        lines.append(f'<g transform="translate(0 {number * _HEIGHT})">')
        lines += _panel(f"{title}: {name}", curves, unit)
        lines.append("</g>")
    with atomic_writer(path) as file:
        file.write("\n".join([*lines, "</svg>", ""]))


def _panel(title: str, curves: Mapping[str, Curve], unit: str) -> list[str]:
    points = [point for curve in curves.values() for point in curve]
    most_x = max(x for x, _ in points) or 1.0
    most_y = _round_up(max(y for _, y in points))
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def at(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + (right - _LEFT) * x / most_x,
            bottom - (bottom - _TOP) * min(max(y, 0.0) / most_y, 1.0),
        )

    lines = [f'<text x="{_LEFT}" y="20" font-weight="bold">{escape(title)}</text>']
    for quarter in range(5):
        _, y = at(0, most_y * quarter / 4)
        lines.append(f'<line x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        label = f"{most_y * quarter / 4:.3g}"
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
        x, _ = at(most_x * quarter / 4, 0)
        place = most_x * quarter / 4
        step = f"{place:,.0f}" + f" {unit}" * (quarter == 4) if unit else f"{place:.2g}"
        lines.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{step}</text>')
    for number, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in curve))
        dash = ' stroke-dasharray="4 3"' if name.endswith("permuted") else ""
        lines.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="1.5"{dash} points="{path}"/>'
        )
        if len(curve) == 1:  # of which no line can be drawn
            x, y = at(*curve[0])
            lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>')
        y = _TOP + 16 * number + 8
        lines.append(f'<text x="{right + 12}" y="{y}" fill="{colour}">{escape(name)}</text>')
    return lines


def _round_up(value: float) -> float:
    """:returns: the next number of few digits whose quarters have few digits, too."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in _TOPS if power * step >= value * 0.999)
