"""Files of tensors: what is written is read, and what is damaged is told."""

from __future__ import annotations

import os
import stat

import pytest
import torch

from biotk.errors import InputError
from biotk.nn.tensor_files import (
    check_finite,
    check_names,
    read_metadata,
    read_tensors,
    write_tensors,
)

TENSORS = {
    "half": torch.arange(6, dtype=torch.bfloat16).reshape(2, 3).t(),
    "none": torch.zeros(0, 4),
    "number": torch.tensor(3.5),
    "bytes": torch.tensor([-128, 127], dtype=torch.int8),
}


def test_tensors_are_read_as_they_were_written(tmp_path) -> None:
    path = tmp_path / "deep" / "a.safetensors"
    write_tensors(path, TENSORS, metadata={"step": "320"})
    found = read_tensors(path)
    assert found.metadata == read_metadata(path) == {"format": "pt", "step": "320"}
    assert set(found.tensors) == set(TENSORS)
    for name, tensor in TENSORS.items():
        assert found.tensors[name].dtype == tensor.dtype and torch.equal(
            found.tensors[name], tensor
        )
    old = os.umask(0)
    os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~old


def test_same_tensors_make_the_same_bytes(tmp_path) -> None:
    # safetensors has no order of its own for metadata: of so many, two would differ but by chance.
    metadata = {f'{word} \t\x01\\"µ🜨\x7f': word * 3 for word in "zyxwvutsrq"}
    paths = [tmp_path / name for name in ("a", "b")]
    for path in paths:
        write_tensors(path, TENSORS, metadata=metadata)
    first, second = (path.read_bytes() for path in paths)
    assert first == second
    found = read_tensors(paths[0])
    assert found.metadata == {"format": "pt", **metadata}
    assert all(torch.equal(found.tensors[name], tensor) for name, tensor in TENSORS.items())


def test_file_is_replaced_whole_or_left_alone(tmp_path, monkeypatch) -> None:
    path = tmp_path / "a.safetensors"
    write_tensors(path, {"x": torch.ones(3)})
    before = path.read_bytes()

    def full(*_, **__) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("biotk.nn.tensor_files.save_file", full)
        with pytest.raises(InputError, match="No space left"):
            write_tensors(path, {"x": torch.zeros(3)})
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    write_tensors(path, {"x": torch.zeros(3)})
    assert torch.equal(read_tensors(path).tensors["x"], torch.zeros(3))
    with pytest.raises(InputError, match="cannot be written"):
        write_tensors(path / "below.safetensors", {"x": torch.zeros(3)})


def test_damaged_file_is_told(tmp_path) -> None:
    path = tmp_path / "a.safetensors"
    with pytest.raises(InputError, match="is missing"):
        read_tensors(path)
    write_tensors(path, TENSORS)
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1], whole[:20], b"\xff" * 64, b"version https://git-lfs"):
        path.write_bytes(damaged)
        for read in (read_tensors, read_metadata):
            with pytest.raises(InputError, match=r"a\.safetensors: the tensors are damaged"):
                read(path)


def test_names_and_numbers_are_checked() -> None:
    check_names("a", ["x", "y"], ["y", "x"])
    with pytest.raises(InputError, match="1 missing: z; 2 without a place: x, y"):
        check_names("a", ["x", "y"], ["z"])
    check_finite("a", {"x": torch.ones(2), "n": torch.ones(2, dtype=torch.int8)})
    for bad in (float("nan"), float("inf")):
        with pytest.raises(InputError, match="x holds values that are not finite"):
            check_finite("a", {"x": torch.tensor([1.0, bad])})
