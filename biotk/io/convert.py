"""Documents to and from plain dicts, the objects of ``docs/formats/documents.md``.

The batch command writes one such object a line and spaCy's components store them, so that these
two functions are on the fast path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from biotk.document import (
    Abbreviation,
    Candidate,
    CandidateSets,
    Document,
    Link,
    Mention,
    Section,
    Spans,
    span_text,
)
from biotk.errors import InputError
from biotk.types import NIL, to_curie

#: What corpora write for "in no entry".
NIL_IDS = frozenset({"", "-", "-1", NIL})

_KNOWN = frozenset({"id", "text", "mentions", "sections", "abbreviations", "meta"})
_SECTION = ("start", "end", "title_start", "title_end")
_ABBREVIATION = ("start", "end", "long_start", "long_end")

Report = Callable[[str], None]


def document_to_dict(document: Document) -> dict[str, Any]:
    """:returns: the document as JSON's types; absent values and empty lists are left out.

    >>> document_to_dict(Document("n1", "No fever.", (Mention(((3, 8),), "fever"),)))["mentions"]
    [{'start': 3, 'end': 8, 'text': 'fever'}]
    """
    data: dict[str, Any] = {"id": document.id, "text": document.text}
    if document.mentions:
        data["mentions"] = [mention_to_dict(mention) for mention in document.mentions]
    if document.sections:
        data["sections"] = [_section_to_dict(s, document.text) for s in document.sections]
    if document.abbreviations:
        data["abbreviations"] = [
            {
                "start": a.start,
                "end": a.end,
                "short": a.short,
                "long": a.long,
                "long_start": a.long_start,
                "long_end": a.long_end,
            }
            for a in document.abbreviations
        ]
    if document.meta:
        data["meta"] = dict(document.meta)
    return data


def mention_to_dict(mention: Mention) -> dict[str, Any]:
    """:returns: the mention as JSON's types."""
    data: dict[str, Any] = {"start": mention.start, "end": mention.end}
    if len(mention.spans) > 1:
        data["spans"] = [list(span) for span in mention.spans]
    data["text"] = mention.text
    if mention.type is not None:
        data["type"] = mention.type
    if mention.score is not None:
        data["score"] = float(mention.score)
    if mention.links:
        data["concept_id"] = mention.links[0].concept_id or NIL
        data["links"] = [link_to_dict(link) for link in mention.links]
    return data


def link_to_dict(link: Link) -> dict[str, Any]:
    """:returns: the link as JSON's types."""
    data: dict[str, Any] = {"concept_id": link.concept_id or NIL}
    if link.name is not None:
        data["name"] = link.name
    if link.matched is not None:
        data["matched"] = link.matched
    data["score"] = float(link.score)
    if link.route:
        data["route"] = link.route
    if link.query is not None:
        data["query"] = link.query
    if link.log_prob is not None:
        data["log_prob"] = float(link.log_prob)
    if link.nil_interval is not None:
        data["nil_interval"] = [float(end) for end in link.nil_interval]
    if link.probability is not None:
        data["probability"] = float(link.probability)
    if link.sets is not None:
        levels = [float(level) for level in link.sets.levels]
        data["sets"] = {"levels": levels, "reached": float(link.sets.reached)}
    if link.is_tied:
        data["tied"] = True
    if link.candidates:
        data["candidates"] = [_candidate_to_dict(c) for c in link.candidates]
    if link.reasons:
        data["reasons"] = dict(link.reasons)
    return data


def _candidate_to_dict(candidate: Candidate) -> dict[str, Any]:
    data: dict[str, Any] = {
        "concept_id": candidate.concept_id,
        "name": candidate.name,
        "score": float(candidate.score),
        "route": candidate.route,
    }
    if candidate.tied:
        data["tied"] = True
    if candidate.log_prob is not None:
        data["log_prob"] = float(candidate.log_prob)
    return data


def _section_to_dict(section: Section, text: str) -> dict[str, Any]:
    data: dict[str, Any] = {key: getattr(section, key) for key in _SECTION}
    if section.title_end > section.title_start:
        data["title"] = text[section.title_start : section.title_end]
    for key in ("category", "parent", "source"):
        if (value := getattr(section, key)) is not None:
            data[key] = value
    return data


def document_from_dict(
    data: Mapping[str, Any], *, default_id: str | None = None, report: Report | None = None
) -> Document:
    """Make a document of JSON's types; offsets are checked and trusted over copies of the text.

    :param data: an object as in ``docs/formats/documents.md``. Keys that are not known are kept
        in ``meta``.
    :param default_id: the id where the object has none.
    :param report: called with what is wrong with a part, which is then left out or mended; the
        message holds no text of the document. Raises if absent.
    :raises InputError: where the object is no document.
    """
    report = _raise if report is None else report
    if not isinstance(data, Mapping):
        raise InputError("a document is an object with the keys id and text")
    text = data.get("text")
    if not isinstance(text, str):
        raise InputError("a document needs the key text, a string")
    document_id = data.get("id", default_id)
    if isinstance(document_id, bool) or not isinstance(document_id, (str, int)):
        raise InputError("a document needs the key id, a string")
    odd: list[str] = []
    mentions = _parts(data, "mentions", report, lambda part: _mention(part, text, odd))
    for message in odd:
        report(message)
    mentions.sort(key=lambda mention: (mention.start, mention.end))
    return Document(
        str(document_id),
        text,
        tuple(mentions),
        tuple(_parts(data, "sections", report, lambda part: _section(part, len(text)))),
        tuple(_parts(data, "abbreviations", report, lambda part: _abbreviation(part, len(text)))),
        _meta(data),
    )


def _raise(message: str) -> None:
    raise InputError(message)


def _meta(data: Mapping[str, Any]) -> dict[str, Any]:
    extra = {key: value for key, value in data.items() if key not in _KNOWN}
    meta = data.get("meta")
    if isinstance(meta, Mapping):
        return {**extra, **meta}
    return extra if meta is None else {**extra, "meta": meta}


def _parts(data: Mapping[str, Any], key: str, report: Report, make: Callable[[Any], Any]) -> Any:
    """Make each element of a list; one that is wrong is reported and left out."""
    parts = data.get(key)
    if parts is None:
        return []
    if not isinstance(parts, list):
        report(f"{key} is not a list, left out")
        return []
    made = []
    for index, part in enumerate(parts):
        try:
            made.append(make(part))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # The classes say what was wrong; the values may be text of a note.
            told = str(error) if type(error) is InputError else type(error).__name__
            report(f"{key}[{index}] left out: {told}")
    return made


def _offset(value: Any) -> int:
    if type(value) is not int:
        raise InputError("an offset is not an integer")
    return value


def _spans(data: Mapping[str, Any], length: int) -> Spans:
    given = data.get("spans")
    if given is None:
        given = [[data.get("start"), data.get("end")]]
    spans = tuple(sorted((_offset(start), _offset(end)) for start, end in given))
    if not spans:
        raise InputError("no spans")
    for start, end in spans:
        if not 0 <= start < end <= length:
            raise InputError(f"[{start}, {end}) is no range of a text of {length} characters")
    return spans


def _mention(data: Any, text: str, odd: list[str]) -> Mention:
    spans = _spans(data, len(text))
    stands = span_text(text, spans)
    type_ = _string(data, "type")
    if data.get("links") is not None:
        links = tuple(_link(link) for link in data["links"])
    else:
        links = _gold_links(data.get("concept_id"), type_)
    score = data.get("score")
    mention = Mention(spans, stands, type_, links, None if score is None else float(score))
    if data.get("text", stands) != stands:
        odd.append(f"the text of the mention at {list(map(list, spans))} is not what stands there")
    return mention


def _gold_links(concept_id: Any, type_: str | None) -> tuple[Link, ...]:
    """:returns: the links of a corpus that gives ids only: one, or a list of them."""
    if concept_id is None:
        return ()
    ids = concept_id if isinstance(concept_id, list) else [concept_id]
    return gold_links([str(raw) for raw in ids], type_)


def gold_links(ids: list[str], type_: str | None) -> tuple[Link, ...]:
    """:returns: a gold link for each different id of an annotated corpus, in their order."""
    curies = [None if raw.strip() in NIL_IDS else to_curie(raw, type=type_) for raw in ids]
    return tuple(Link(curie, route="gold") for curie in dict.fromkeys(curies))


def _link(data: Any) -> Link:
    concept_id = _string(data, "concept_id")
    return Link(
        None if concept_id is None or concept_id == NIL else concept_id,
        _string(data, "name"),
        _string(data, "matched"),
        float(data.get("score", 0.0)),
        _string(data, "route") or "",
        _string(data, "query"),
        tuple(
            Candidate(
                str(c["concept_id"]),
                str(c["name"]),
                float(c["score"]),
                str(c.get("route", "")),
                bool(c.get("tied", False)),
                _number(c, "log_prob"),
            )
            for c in data.get("candidates") or ()
        ),
        {str(key): str(value) for key, value in (data.get("reasons") or {}).items()},
        _number(data, "log_prob"),
        _interval(data.get("nil_interval")),
        _number(data, "probability"),
        _sets(data.get("sets")),
    )


def _number(data: Mapping[str, Any], key: str) -> float | None:
    value = data.get(key)
    return None if value is None else float(value)


def _interval(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    low, high = value
    return float(low), float(high)


def _sets(value: Any) -> CandidateSets | None:
    if value is None:
        return None
    return CandidateSets(tuple(map(float, value["levels"])), float(value["reached"]))


def _string(data: Mapping[str, Any], key: str) -> str | None:
    value = data.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{key} is not a string")
    return value


def _section(data: Any, length: int) -> Section:
    start, end, title_start, title_end = (_offset(data[key]) for key in _SECTION)
    if not 0 <= start <= title_start <= title_end <= end <= length:
        raise InputError("its offsets are not in order within the text")
    parent = None if data.get("parent") is None else _offset(data["parent"])
    words = {key: _string(data, key) for key in ("category", "source")}
    return Section(start, end, title_start, title_end, parent=parent, **words)


def _abbreviation(data: Any, length: int) -> Abbreviation:
    start, end, long_start, long_end = (_offset(data[key]) for key in _ABBREVIATION)
    if not (0 <= start <= end <= length and 0 <= long_start <= long_end <= length):
        raise InputError("its offsets are not within the text")
    short, long = _string(data, "short"), _string(data, "long")
    if short is None or long is None:
        raise InputError("it needs the keys short and long")
    return Abbreviation(start, end, short, long, long_start, long_end)
