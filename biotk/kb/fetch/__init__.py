"""The only part of BioTK that goes to the network: vocabularies from their official addresses.

``kb/<name>/recipe.toml`` says, as data, where a vocabulary is, under which licence, and how it is
read. What was downloaded is described in a file beside it, which ``biotk kb build`` reads.
"""

from biotk.kb.fetch.download import Patience
from biotk.kb.fetch.fetch import Fetched, fetch_file
from biotk.kb.fetch.record import FetchRecord, find_record, record_path
from biotk.kb.fetch.source import FetchFile, FetchSource, list_sources, read_source

__all__ = [
    "FetchFile",
    "FetchRecord",
    "FetchSource",
    "Fetched",
    "Patience",
    "fetch_file",
    "find_record",
    "list_sources",
    "read_source",
    "record_path",
]
