"""What the desk opened for people who never sign in: links and papers, noted in the trail."""

from __future__ import annotations

from grievances.models import Grievance
from portal.accounts.models import Post
from portal.audit.services import record


def note_links_shown(*, actor: Post, grievance: Grievance) -> None:
    """The post read an 办理链接 that is open."""
    record(actor=actor, action="grievance.link_show", obj=grievance)


def note_forwarded(*, actor: Post, grievance: Grievance, named: bool) -> None:
    """The post opened the 转办单; ``named``: with whom it is from."""
    record(actor=actor, action="grievance.forward", obj=grievance, reason="NAMED" if named else "")
