"""The policies that come with the portal, out of ``data/clock_policies.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from grievances.clocks.kinds import Start, Step, Unit
from grievances.clocks.policy import Policy

SHIPPED: Final = Path(__file__).resolve().parent.parent / "data" / "clock_policies.csv"
_FLAGS: Final = {"0": False, "1": True}


def read(path: Path = SHIPPED) -> tuple[Policy, ...]:
    """Every row of the file, in its order. Raises ``ValueError`` with the line that is wrong."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(enumerate(csv.DictReader(file), start=2))
    policies: dict[tuple[str, ...], Policy] = {}
    for number, line in lines:
        try:
            policy = _policy(line)
        except (KeyError, ValueError) as error:
            raise ValueError(f"{path.name}, line {number}: {error}") from error
        key = (policy.step, policy.regime, policy.nature, policy.urgency, policy.source)
        if key in policies:
            raise ValueError(f"{path.name}, line {number}: the same grievances as a line above")
        policies[key] = policy
    return tuple(policies.values())


def _policy(line: Mapping[str, str]) -> Policy:
    return Policy(
        step=Step(line["step"]),
        start=Start(line["start"]),
        unit=Unit(line["unit"]),
        length=int(line["length"]),
        article=line["article"],
        first_day_counts=_FLAGS[line["first_day_counts"]],
        rolls_over=_FLAGS[line["rolls_over"]],
        may_pause=_FLAGS[line["may_pause"]],
        extension=int(line["extension"]),
        regime=line["regime"],
        nature=line["nature"],
        urgency=line["urgency"],
        source=line["source"],
    )
