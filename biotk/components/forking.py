"""What a process that was forked has to know: ``nlp.pipe(n_process=...)`` may make some."""

from __future__ import annotations

import os
import sys
from functools import cache


@cache
def one_thread_after_fork() -> None:
    """Have processes that are forked from now on compute with one thread each.

    The threads of OpenMP, which torch and FAISS use, do not live on in a forked process: one that
    has used several would wait for them for ever.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_use_one_thread)


def _use_one_thread() -> None:
    torch, faiss = sys.modules.get("torch"), sys.modules.get("faiss")
    if torch is not None:
        torch.set_num_threads(1)
    if faiss is not None:
        faiss.omp_set_num_threads(1)
