"""How far each has come, as on a desk of any day: most are filed, about a tenth is open."""

import datetime as dt
from random import Random
from typing import Final

from grievances.models import Grievance
from portal.desk.demo.grievances.kinds import Goal

#: Days since it was registered (up to) → share of each goal.
_BY_AGE: Final[tuple[tuple[int, tuple[tuple[int, Goal], ...]], ...]] = (
    (2, ((4, Goal.REGISTERED), (3, Goal.ACCEPTED), (3, Goal.ASSIGNED), (1, Goal.IN_HAND))),
    (
        9,
        (
            (2, Goal.ASSIGNED), (1, Goal.OBJECTED), (7, Goal.IN_HAND), (2, Goal.REPLIED),
            (2, Goal.CONCLUDED), (2, Goal.FILED),
        ),
    ),
    (
        18,
        (
            (7, Goal.IN_HAND), (2, Goal.REPLIED), (4, Goal.CONCLUDED), (2, Goal.FOLLOWED_UP),
            (1, Goal.UNDECIDED), (1, Goal.NOT_NOW), (11, Goal.FILED),
        ),
    ),
    (
        45,
        (
            (40, Goal.FILED), (3, Goal.REDONE), (2, Goal.IN_HAND), (2, Goal.NOT_NOW),
            (2, Goal.CONCLUDED), (1, Goal.FOLLOWED_UP), (1, Goal.UNDECIDED), (2, Goal.AGAIN),
            (2, Goal.WITHDRAWN), (1, Goal.NOT_OURS),
        ),
    ),
    (
        9999,
        (
            (830, Goal.FILED), (48, Goal.REDONE), (28, Goal.UPHELD), (22, Goal.UNREACHED),
            (16, Goal.WITHDRAWN), (16, Goal.NOT_OURS), (9, Goal.LEGAL_PATH), (6, Goal.TERMINATED),
            (9, Goal.NOT_NOW), (2, Goal.IN_HAND),
        ),
    ),
)  # fmt: skip

#: In 八角, at any size: theme, goal, days ago, source.
SHOWCASE: Final = (
    ("heating", Goal.REGISTERED, 0, "PHONE"),
    ("lamps", Goal.REGISTERED, 1, "HOTLINE"),
    ("parking", Goal.ACCEPTED, 1, "HOTLINE"),
    ("rubbish", Goal.ASSIGNED, 2, "PHONE"),
    ("neighbours", Goal.ASSIGNED, 2, "RECEPTION"),
    ("trees", Goal.OBJECTED, 4, "PHONE"),
    ("noise", Goal.IN_HAND, 15, "LETTER"),
    ("rubbish", Goal.IN_HAND, 17, "PHONE"),
    ("roads", Goal.IN_HAND, 6, "HOTLINE"),
    ("lamps", Goal.IN_HAND, 23, "WEB"),
    ("neighbours", Goal.IN_HAND, 9, "PHONE"),
    ("lifts", Goal.NOT_NOW, 40, "RECEPTION"),
    ("leaks", Goal.NOT_NOW, 55, "PHONE"),
    ("ebikes", Goal.REPLIED, 8, "HOTLINE"),
    ("gates", Goal.REPLIED, 10, "PHONE"),
    ("water", Goal.CONCLUDED, 12, "PHONE"),
    ("heating", Goal.CONCLUDED, 13, "HOTLINE"),
    ("trees", Goal.FOLLOWED_UP, 16, "PHONE"),
    ("noise", Goal.UNDECIDED, 18, "PHONE"),
    ("roads", Goal.AGAIN, 33, "MEETING"),
    ("heating", Goal.MERGED, 11, "PHONE"),
    ("water", Goal.MERGED, 20, "HOTLINE"),
    ("care", Goal.WITHDRAWN, 30, "PHONE"),
    ("school", Goal.NOT_OURS, 25, "WEB"),
    ("gates", Goal.LEGAL_PATH, 50, "LETTER"),
    ("leaks", Goal.TERMINATED, 70, "PHONE"),
    ("ebikes", Goal.REDONE, 60, "PHONE"),
    ("parking", Goal.UPHELD, 65, "HOTLINE"),
    ("care", Goal.UNREACHED, 75, "PHONE"),
)
PETITIONS: Final = (
    (Goal.FILED, 170),
    (Goal.IN_HAND, 20),
    (Goal.OPINION, 50),
    (Goal.IN_REVIEW, 70),
    (Goal.REVIEWED, 95),
)
SEALED: Final = (
    (Goal.IN_HAND, 6),
    (Goal.FILED, 90),
    (Goal.REPLIED, 15),
    (Goal.FILED, 140),
    (Goal.ASSIGNED, 2),
)


def draw(rng: Random, grievance: Grievance, now: dt.datetime) -> Goal:
    """By how long ago it was registered."""
    age = (now - grievance.registered_at).days
    shares = next(shares for most, shares in _BY_AGE if age <= most)
    return rng.choices([goal for _, goal in shares], [share for share, _ in shares])[0]
