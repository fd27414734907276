from __future__ import annotations

import threading
import time

import pytest

from biotk.errors import KbNotFoundError
from biotk.kb import KbBuilder, open_kb
from biotk.types import Concept


def write(place, n, **options):
    builder = KbBuilder("kb")
    builder.add(Concept(f"X:{at}", f"name {at} of {n}") for at in range(n))
    return builder.write(place, **options)


def test_a_kb_that_is_replaced_again_and_again_is_the_old_or_the_new_one(tmp_path):
    place = write(tmp_path / "kb", 40)
    stop = threading.Event()

    def replace_it():
        turn = 0
        while not stop.is_set():
            turn += 1
            write(place, (40, 60)[turn % 2], overwrite=True)
            time.sleep(0.005)

    writer = threading.Thread(target=replace_it)
    writer.start()
    try:
        for _ in range(150):
            kb = open_kb(place)
            assert len(kb) in (40, 60)
            assert kb.name(len(kb) - 1).endswith(f"of {len(kb)}")
            assert len(kb.keys("plural")) == len(kb)
    finally:
        stop.set()
        writer.join()


def test_a_kb_that_is_not_there_is_told(tmp_path):
    with pytest.raises(KbNotFoundError):
        open_kb(tmp_path / "nowhere")
