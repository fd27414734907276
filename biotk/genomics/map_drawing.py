"""Draws the map of a neighbourhood as an SVG picture, or as a page with a table below it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from biotk.errors import InputError
from biotk.genomics.neighbour import WARNING, Neighbour
from biotk.genomics.space_map import MapPoint, SpaceMap
from biotk.io.files import atomic_writer

_SIZE, _LEGEND, _MARGIN = 760, 230, 30
_HEAD = 34
_RINGS = (0.9, 0.7, 0.5, 0.3, 0.1)
_FONT, _CHARACTER, _LINE = 11, 6.4, 13
_LONGEST, _LONGEST_TITLE = 34, 80
_COLOURS = {
    "snp": "#1b6ca8", "gene": "#2e8b57", "disease": "#c1443c", "phenotype": "#c78a1b",
    "drug": "#8a5fbf", "measurement": "#0b7a75", "response": "#d1669e",
}  # fmt: skip
_STYLE = (
    "body{font:14px/1.5 sans-serif;margin:2em auto;max-width:60em;padding:0 1em;color:#222}"
    "svg{width:100%;height:auto}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.2em .8em .2em 0;border-bottom:1px solid #ddd;"
    "vertical-align:top}"
)

#: Left, top, right, bottom.
Box = tuple[float, float, float, float]


def write_map(path: Path, shown: SpaceMap) -> None:
    """Write a map.

    :param path: ends in ``.svg`` for a picture, in ``.html`` for a page.
    :raises InputError: it ends otherwise, or cannot be written.
    """
    check_map_path(path)
    make = page_of if path.suffix.lower() == ".html" else svg_of
    try:
        with atomic_writer(path) as file:
            file.write(make(shown))
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error


def check_map_path(path: Path) -> None:
    """Check what a map is to be, before it is made.

    :raises InputError: it is neither a picture nor a page, or its folder is missing.
    """
    if path.suffix.lower() not in {".svg", ".html"}:
        raise InputError(f"{path}: a map is a picture, .svg, or a page, .html")
    if not path.parent.is_dir():
        raise InputError(f"{path}: the folder {path.parent} is missing")


def svg_of(shown: SpaceMap) -> str:
    """:returns: the picture; what a point is shows when it is pointed at."""
    farthest = max((math.hypot(each.x, each.y) for each in shown.points), default=1.0)
    scale = (_SIZE / 2 - _MARGIN) / max(farthest, 1.0)
    middle = _SIZE / 2, _HEAD + _SIZE / 2
    places = [(middle[0] + each.x * scale, middle[1] - each.y * scale) for each in shown.points]
    width, height = _SIZE + _LEGEND, _SIZE + _HEAD
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="{_FONT}">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="12" y="22" font-size="15" font-weight="bold">Around {_title(shown)}</text>',
        *_rings(middle, scale, farthest),
    ]
    for one, other in shown.links:
        (x1, y1), (x2, y2) = places[one], places[other]
        lines.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#bbb"/>'
        )
    for place, point in zip(places, shown.points, strict=True):
        if point.neighbour.status == "known":
            lines.append(
                f'<line x1="{middle[0]}" y1="{middle[1]}" x2="{place[0]:.1f}" '
                f'y2="{place[1]:.1f}" stroke="#bbb"/>'
            )
    lines += [_marker(*each) for each in zip(places, shown.points, strict=True)]
    x, y = middle
    lines.append(f'<path d="M{x - 7} {y}H{x + 7}M{x} {y - 7}V{y + 7}" stroke="#222"/>')
    lines += _labels(shown.points, places, middle)
    lines += _legend(shown)
    return "\n".join([*lines, "</svg>", ""])


def page_of(shown: SpaceMap) -> str:
    """:returns: the picture and a table of all that is on it, as one page that needs nothing."""
    rows = [_row(each.neighbour) for each in shown.points]
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>Around {_title(shown)}</title>',
            f"<style>{_STYLE}</style></head><body>",
            svg_of(shown).rstrip(),
            f"<p>{WARNING}</p>",
            "<table><tr><th>cosine</th><th>kind</th><th>id</th><th>name</th><th>place</th>"
            "<th>status</th><th>evidence</th></tr>",
            *rows,
            "</table></body></html>",
            "",
        ]
    )


def _title(shown: SpaceMap) -> str:
    told = shown.query if shown.id == shown.query else f"{shown.query} ({shown.id})"
    return _text(told, most=_LONGEST_TITLE)


def _text(text: str, *, most: int) -> str:
    """:returns: a text that fits, without what XML knows no way to write."""
    text = "".join(each for each in text if each.isprintable())
    return escape(text if len(text) <= most else text[: most - 1].rstrip() + "…")


def _row(neighbour: Neighbour) -> str:
    cells = (
        f"{neighbour.score:.3f}", neighbour.kind, neighbour.id, neighbour.name, neighbour.place,
        neighbour.status, neighbour.told_evidence,
    )  # fmt: skip
    return "<tr>" + "".join(f"<td>{escape(each)}</td>" for each in cells) + "</tr>"


def _rings(middle: tuple[float, float], scale: float, farthest: float) -> Iterable[str]:
    x, y = middle
    for cosine in _RINGS:
        degrees = math.degrees(math.acos(cosine))
        if degrees > farthest * 1.05:
            return
        radius = degrees * scale
        yield f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="none" stroke="#e4e4e4"/>'
        yield (
            f'<text x="{x}" y="{y + radius - 3:.1f}" fill="#999" font-size="9" '
            f'text-anchor="middle">cosine {cosine}</text>'
        )


def _marker(place: tuple[float, float], point: MapPoint) -> str:
    neighbour = point.neighbour
    colour = _COLOURS[neighbour.kind]
    fill = colour if neighbour.status == "known" else "white"
    told = [neighbour.kind, neighbour.id, neighbour.name, f"cosine {neighbour.score:.3f}"]
    told += [neighbour.place, neighbour.status, neighbour.told_evidence]
    title = escape(", ".join(dict.fromkeys(each for each in told if each)))
    return (
        f'<circle cx="{place[0]:.1f}" cy="{place[1]:.1f}" r="4.5" fill="{fill}" '
        f'stroke="{colour}" stroke-width="1.6"><title>{title}</title></circle>'
    )


def _labels(
    points: Sequence[MapPoint], places: Sequence[tuple[float, float]], middle: tuple[float, float]
) -> Iterable[str]:
    """Yield names of points, those of the nearest first, as long as there is room."""
    taken: list[Box] = [(x - 6, y - 6, x + 6, y + 6) for x, y in [*places, middle]]
    for number, (x, y) in enumerate(places):
        name = points[number].neighbour
        text = name.id if name.kind == "gene" else name.name
        width = min(len(text), _LONGEST) * _CHARACTER
        # To the right, to the left, above, below: where the text is tied, and its box.
        sides = (
            ("start", x + 8, x + 8, y - 7), ("end", x - 8, x - 8 - width, y - 7),
            ("middle", x, x - width / 2, y - 21), ("middle", x, x - width / 2, y + 8),
        )  # fmt: skip
        for anchor, at, left, top in sides:
            box = left, top, left + width, top + _LINE
            inside = left >= 2 and box[2] <= _SIZE and top >= _HEAD and box[3] <= _SIZE + _HEAD
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                tied = f'x="{at:.1f}" y="{top + 11:.1f}" text-anchor="{anchor}"'
                yield f"<text {tied}>{_text(text, most=_LONGEST)}</text>"
                break


def _overlap(one: Box, other: Box) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]


def _legend(shown: SpaceMap) -> Iterable[str]:
    x, y = _SIZE + 16, _HEAD + 20
    kinds = {each.neighbour.kind for each in shown.points}
    for kind, colour in _COLOURS.items():
        if kind in kinds:
            yield f'<circle cx="{x}" cy="{y - 4}" r="4.5" fill="{colour}"/>'
            yield f'<text x="{x + 12}" y="{y}">{kind}</text>'
            y += 20
    y += 6
    for fill, text in (("#555", "a study links it"), ("white", "predicted")):
        yield f'<circle cx="{x}" cy="{y - 4}" r="4.5" fill="{fill}" stroke="#555"/>'
        yield f'<text x="{x + 12}" y="{y}">{text}</text>'
        y += 20
    yield f'<line x1="{x - 5}" x2="{x + 7}" y1="{y - 4}" y2="{y - 4}" stroke="#999"/>'
    yield f'<text x="{x + 12}" y="{y}">SNP and trait of a study</text>'
    told = (
        "The middle is what was asked.", "How far from it: right for all.",
        "Which way: so that like lies by like,", f"as well as it goes (ρ {shown.fit:.2f}).",
        "Research use only.",
    )  # fmt: skip
    for number, text in enumerate(told):
        yield f'<text x="{x - 5}" y="{y + 34 + 16 * number}" fill="#555">{escape(text)}</text>'
