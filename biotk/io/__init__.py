"""Documents in files: plain text, JSON Lines and PubTator, gzipped or not."""

from __future__ import annotations

from biotk.io.convert import document_from_dict, document_to_dict
from biotk.io.documents import (
    FORMATS,
    iter_inputs,
    read_documents,
    sniff_format,
    write_documents,
)
from biotk.io.jsonl import document_to_json, read_jsonl, write_jsonl
from biotk.io.pubtator import read_pubtator, write_pubtator
from biotk.io.text import read_text, write_text

__all__ = [
    "FORMATS",
    "document_from_dict",
    "document_to_dict",
    "document_to_json",
    "iter_inputs",
    "read_documents",
    "read_jsonl",
    "read_pubtator",
    "read_text",
    "sniff_format",
    "write_documents",
    "write_jsonl",
    "write_pubtator",
    "write_text",
]
