"""The embedded queue: kombu's files, each under its name only when it is whole.

kombu opens a message's file under its last name and writes afterwards; a worker that looks between
the two takes an empty message and dies of it.
"""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from time import monotonic
from typing import Any, Final

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem

SCHEME: Final = "wholefiles"


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: dict[str, Any], **_kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        half = folder / f".{name}.half"  # no queue looks for such a name
        try:
            half.write_text(json.dumps(payload), encoding="utf-8")
            half.replace(folder / name)
        except OSError as error:
            raise ChannelError(f"Cannot add a message to {folder}") from error


class Transport(filesystem.Transport):
    Channel = Channel


def register() -> str:
    """Make the scheme known to kombu; its URL."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
    return f"{SCHEME}://localhost/"
