"""The lists of the contact work as files. Care categories are never among their columns."""

from contacts.exports import households, visits


def register() -> None:
    """Tell portal.jobs which lists can be exported."""
    visits.register()
    households.register()
