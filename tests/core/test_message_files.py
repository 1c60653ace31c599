"""The embedded queue holds whole messages only."""

from pathlib import Path

import pytest
from kombu import Connection

from portal.core.message_files import register


@pytest.fixture
def queue(tmp_path):
    for name in ("messages", "control"):
        (tmp_path / name).mkdir()
    options = {
        "data_folder_in": str(tmp_path / "messages"),
        "data_folder_out": str(tmp_path / "messages"),
        "control_folder": str(tmp_path / "control"),
    }
    with Connection(register(), transport_options=options) as connection:
        yield connection.SimpleQueue(tmp_path.name)  # kombu remembers names per process


def test_what_is_put_is_got_once(queue):
    for number in range(3):
        queue.put({"n": number, "text": "漏水"})

    got = [queue.get(timeout=5).payload for _ in range(3)]
    assert sorted(one["n"] for one in got) == [0, 1, 2]
    assert {one["text"] for one in got} == {"漏水"}


def test_a_message_half_written_is_not_seen(queue, tmp_path, monkeypatch):
    seen = []

    whole = Path.replace

    def look(self, target):
        seen.append(sorted(path.name[-4:] for path in (tmp_path / "messages").iterdir()))
        with pytest.raises(queue.Empty):
            queue.get(block=False)
        return whole(self, target)

    monkeypatch.setattr(Path, "replace", look)
    queue.put({"n": 1})

    assert seen == [["half"]]
    assert queue.get(timeout=5).payload == {"n": 1}
