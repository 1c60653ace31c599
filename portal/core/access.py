"""The mark of a page for everybody; portal.accounts checks that each view carries one."""

from typing import ClassVar


class PublicMixin:
    """A page for people who are not signed in; says so, because the default is private."""

    login_required = False
    permission: ClassVar[str | None] = None
