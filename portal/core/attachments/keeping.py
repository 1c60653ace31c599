"""Where attachments lie: encrypted, under random names, in ``settings.ATTACHMENT_FILES``.

Rows are the app's that has them. It registers its place with ``portal.core.rekeying``, as
``portal.jobs.files`` does, and removes strays.
"""

from __future__ import annotations

import io
from typing import Final

from portal.core.attachments.accepting import Accepted
from portal.core.sealed_store import SealedStore, Written

STORE: Final = SealedStore("ATTACHMENT_FILES")


def keep(accepted: Accepted) -> Written:
    """Write the file; whole when this returns. A row that is not committed leaves a stray."""
    return STORE.keep(io.BytesIO(accepted.data))
