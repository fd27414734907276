"""UMLS and RxNorm in NLM's Rich Release Format: rows parted by ``|``, sorted by concept."""

from biotk.kb.readers.rrf.files import sniff_rxnorm_rrf, sniff_umls_rrf
from biotk.kb.readers.rrf.reader import iter_rxnorm_rrf, iter_umls_rrf

__all__ = ["iter_rxnorm_rrf", "iter_umls_rrf", "sniff_rxnorm_rrf", "sniff_umls_rrf"]
