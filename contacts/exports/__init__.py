"""The lists of the contact work as files. Care categories are never among their columns."""

from contacts.exports.households import register as _households
from contacts.exports.points import register as _points
from contacts.exports.rights import register as _rights
from contacts.exports.visits import register as _visits


def register() -> None:
    """Tell portal.jobs which lists can be exported."""
    _visits()
    _households()
    _points()
    _rights()
