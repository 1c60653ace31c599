"""What of this app can be found by topic, and by whom."""


def register() -> None:
    """Tell portal.search which kinds this app writes."""
