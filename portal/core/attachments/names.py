"""The name a person gave a file, as far as it can be shown and saved anywhere."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

from portal.core.attachments.kinds import ENDINGS, Kind

#: With its ending.
LONGEST: Final = 80
_NAMELESS: Final = "附件"
#: What some system refuses in a name.
_FORBIDDEN: Final = re.compile(r'[<>:"|?*]')


def clean_name(name: str, kind: Kind) -> str:
    """No path, nothing unseen (also nothing that turns the writing round), the ending of ``kind``.

    A name may hold a person's: it is kept encrypted and masked like any text.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " for c in last)
    plain = " ".join(_FORBIDDEN.sub("", seen).split())
    path = PurePosixPath(plain)
    endings = ENDINGS[kind]
    ending = path.suffix.lower() if path.suffix.lower() in endings else endings[0]
    stem = (path.stem if path.suffix else plain).strip(" .")
    return f"{stem[: LONGEST - len(ending)].rstrip(' .') or _NAMELESS}{ending}"
