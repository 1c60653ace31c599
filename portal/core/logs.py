"""What a log line must not carry."""

from __future__ import annotations

import logging
import re
from typing import Final

#: Addresses whose last part is all that is asked of whoever opens them (private links).
_LINK: Final = re.compile(r"/([rhs])/[^/\s?]{20,}")


class HideLinks(logging.Filter):
    """Takes the token out of ``/r/<token>/`` and its like; Django writes the path of a refusal."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        hidden = _LINK.sub(r"/\1/…", said)
        if hidden != said:
            record.msg, record.args = hidden, ()
        return True
