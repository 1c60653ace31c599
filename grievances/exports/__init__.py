"""The lists of the grievance desk as files; a restricted grievance is in none of them."""

from grievances.exports.listing import register as _listing


def register() -> None:
    """Tell portal.jobs which lists can be exported."""
    _listing()
