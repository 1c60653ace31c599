"""The one way to throw a coin here."""

from random import Random


def chance(rng: Random, share: float) -> bool:
    """True in `share` of the cases."""
    return rng.random() < share
