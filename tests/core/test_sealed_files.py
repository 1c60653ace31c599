"""Encrypted files: nothing readable on disk, nothing cut, moved or swapped unnoticed."""

import base64
import tracemalloc

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from portal.core.encryption import DecryptionError
from portal.core.sealed_files import FRAME, SealedReader, SealedWriter

SECRET = "王秀英 13800131234 "


def write(path, data: bytes, *, name="one", step=None) -> None:
    with SealedWriter(path, name=name) as writer:
        for start in range(0, len(data) or 1, step or len(data) or 1):
            writer.write(data[start : start + (step or len(data) or 1)])
        writer.finish()


def read(path, *, name="one") -> bytes:
    with SealedReader(path, name=name) as reader:
        return reader.read()


@tries(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(size=st.integers(0, 3 * FRAME), step=st.integers(1, 2 * FRAME))
def test_what_was_written_reads_back(tmp_path_factory, size, step):
    path = tmp_path_factory.mktemp("sealed") / "file"
    data = (SECRET.encode() * (size // 26 + 1))[:size]

    write(path, data, step=max(step, size // 50 + 1))

    assert read(path) == data
    assert "王秀英".encode() not in path.read_bytes()
    assert b"13800131234" not in path.read_bytes()


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME])
def test_the_edges_of_a_frame(tmp_path, size):
    write(tmp_path / "file", b"x" * size)

    assert read(tmp_path / "file") == b"x" * size


def frames(sealed: bytes) -> tuple[bytes, list[bytes]]:
    head = 5 + sealed[4] + 16
    parts, at = [], head
    while at < len(sealed):
        length = int.from_bytes(sealed[at : at + 4], "big") + 4
        parts.append(sealed[at : at + length])
        at += length
    return sealed[:head], parts


@pytest.mark.parametrize(
    "damage",
    [
        lambda head, parts: head + b"".join(parts[:-1]),
        lambda head, parts: head + parts[1] + parts[0] + parts[2],
        lambda head, parts: head + parts[0] + parts[2],
        lambda head, parts: head + b"".join(parts) + parts[2],
        lambda head, parts: head + b"".join(parts)[:-1],
        lambda head, parts: head + parts[0][:-1] + bytes([parts[0][-1] ^ 1]) + b"".join(parts[1:]),
        lambda head, parts: head[:-1] + bytes([head[-1] ^ 1]) + b"".join(parts),
        lambda head, _parts: head,
        lambda head, parts: head + b"\xff\xff\xff\xff" + b"".join(parts),
        lambda _head, _parts: b"",
        lambda _head, parts: b"PK\x03\x04" + b"".join(parts),
    ],
    ids=[
        "last frame cut off", "frames swapped", "frame left out", "frame twice", "byte cut off",
        "bit turned", "salt turned", "no frame", "long frame", "empty", "another kind of file",
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / "file"
    write(path, b"x" * (2 * FRAME + 10))

    path.write_bytes(damage(*frames(path.read_bytes())))

    with pytest.raises(DecryptionError):
        read(path)


def test_a_file_under_another_name_is_refused(tmp_path):
    write(tmp_path / "file", b"x", name="one")

    with pytest.raises(DecryptionError):
        read(tmp_path / "file", name="two")


def test_a_file_that_was_not_finished_cannot_be_read(tmp_path):
    with SealedWriter(tmp_path / "file", name="one") as writer:
        writer.write(b"x" * (FRAME + 1))

    with pytest.raises(DecryptionError):
        read(tmp_path / "file")


def test_old_files_read_after_a_rotation_and_not_without_their_key(tmp_path, settings):
    old = list(settings.FIELD_KEYS)
    new = "k2:" + base64.b64encode(b"n" * 32).decode()
    write(tmp_path / "file", b"before")

    settings.FIELD_KEYS = [new, *old]
    assert read(tmp_path / "file") == b"before"

    settings.FIELD_KEYS = [new]
    with pytest.raises(DecryptionError):
        read(tmp_path / "file")


def test_memory_does_not_grow_with_the_file(tmp_path):
    block = b"x" * (FRAME // 2)
    tracemalloc.start()
    with SealedWriter(tmp_path / "file", name="one") as writer:
        for _ in range(60):
            writer.write(block)
        writer.finish()
    with SealedReader(tmp_path / "file", name="one") as reader:
        while reader.read(FRAME):
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 8 * FRAME
