"""What section rules must equal: each rule by itself, at each place by itself, no expression."""

from __future__ import annotations

from biotk.sections.rules import NO_HEADING
from biotk.sections.tiling import Heading
from biotk.text.lines import split_lines

#: Marks before titles, as notes of tests have them.
MARKS = ["", "", "", "- ", "## ", "1. ", "**", "> ", "  ", "B) ", "1. **"]


def title_of(literal):
    return literal.rstrip().removesuffix(":").rstrip()


def plain_words(text):
    words, run = [], ""
    for char in text + " ":
        if char.isalnum():
            run += char
            continue
        words += [run] * bool(run) + [char] * (not char.isspace())
        run = ""
    return [word.lower() for word in words]


def is_closed(rest):
    short = rest.lstrip()
    bare = short.lstrip("*_#=~").lstrip()
    dash = rest[:1] == "-" and (len(rest) == 1 or rest[1].isspace())
    return (
        not bare
        or bare.startswith(":")
        or short.startswith(("**", "__"))
        or (short != rest and short.startswith("-"))
        or dash
        or len(rest) - len(short) >= 2
        or rest.startswith("\t")
    )


def colon_behind(rest):
    short = rest.lstrip()
    for mark in ("**", "*"):
        short = short.removeprefix(mark)
        if short != rest.lstrip():
            break
    return len(rest) - len(short.lstrip()) + 1 if short.lstrip().startswith(":") else 0


def slow_hits(rules, text, place, stop, *, anywhere):
    hits = []
    for n, rule in enumerate(rules):
        for end in range(place + 1, stop + 1):
            half = end < stop and text[end - 1].isalnum() and text[end].isalnum()
            if half or text[end - 1].isspace():
                continue
            if plain_words(text[place:end]) == plain_words(title_of(rule.literal)):
                rest = text[end:stop]
                if rule.literal.endswith(":"):
                    if colon_behind(rest):
                        hits.append((place, end, end + colon_behind(rest), n))
                elif anywhere or is_closed(rest):
                    hits.append((place, end, end, n))
    return hits


def slow_best(hits, rules, around):
    held = [h for h in hits if not rules[h[3]].parent_required or around & set(rules[h[3]].parents)]
    return min(held, key=lambda hit: (hit[0] - hit[1], -hit[2], hit[3]), default=None)


def slow_amend(rules, text, headings, *, anywhere):
    made, around = [], set()

    def add(heading):
        if not heading.is_part:
            around.clear()
        around.add(heading.category)
        made.append(heading)

    def open_section(hit, start):
        rule = rules[hit[3]]
        if rule.category != NO_HEADING:
            part = bool(around & set(rule.parents))
            add(Heading(start, hit[0], hit[1], rule.category, part, "rule: " + rule.literal))

    for line in split_lines(text):
        own = [h for h in headings if line.outer <= h.start <= line.end]
        marks = line.start
        while some := [m for m in MARKS if m.strip() and text.startswith(m.strip(), marks)]:
            marks += len(max(some, key=len).strip())
            while marks < line.end and text[marks].isspace():
                marks += 1
        hits = {
            hit
            for place in {line.start, min(marks, line.end)}
            for hit in slow_hits(rules, text, place, line.end, anywhere=anywhere)
        }
        best = slow_best(hits, rules, around)
        place = line.start
        if best is None:
            for heading in own:
                add(heading)
        else:
            open_section(best, line.outer)
            own, place = [], best[2]
        while anywhere and place < line.end:
            inside = place > 0 and text[place - 1].isalnum() and text[place].isalnum()
            hits = slow_hits(rules, text, place, line.end, anywhere=True)
            if inside or text[place].isspace() or not hits:
                place += 1
                continue
            # What is skipped is the longest match, whether its rule holds here or not.
            place, best = slow_best(hits, rules, {"s"})[2], slow_best(hits, rules, around)
            if best and not any(h.title_start < best[1] and best[2] <= h.title_end for h in own):
                open_section(best, best[0])
    return made
