"""System check: every port of this app is filled before the portal starts."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags
from django.core.checks import register as register_check

from contacts import ports


def check_ports(**_kwargs: Any) -> list[CheckMessage]:
    """An unbound port would only be noticed by the first person who needs it."""
    return [
        Error(
            f"Nobody is bound to the port {port.name}.",
            hint="Bind it in the upper app's AppConfig.ready(), or a default in ContactsConfig.",
            id="contacts.E001",
        )
        for port in ports.ALL
        if not port.is_bound
    ]


def register() -> None:
    register_check(check_ports, Tags.compatibility)
