"""Waking a worker: the row is the work, the message only says that there is some."""

from __future__ import annotations

import logging
from typing import Final

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

_FAIL_FAST: Final = {"max_retries": 0, "socket_connect_timeout": 1}


def wake(task: str, *row_ids: int, expires: float) -> None:
    """Ask a worker to do ``task``, for a row or for all that wait.

    A message nobody took in ``expires`` seconds is void.

    A broker that is away delays the work, it never loses it: beat sweeps the rows.
    """
    try:
        # A connection of its own: the pool would try a broker that is away again and again.
        with current_app.connection_for_write(transport_options=_FAIL_FAST) as broker:
            current_app.send_task(
                task, args=list(row_ids), expires=expires, connection=broker, retry=False
            )
    except (OperationalError, OSError) as error:
        logger.warning("no broker (%s); the sweep will do %s of %s", type(error), task, row_ids)
