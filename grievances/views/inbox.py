"""我的待办: what waits for the acting post, by due date, and why it is here."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.views.generic import TemplateView

from contacts.selectors.words import masked_texts
from grievances.parties import runs_desk
from grievances.selectors.inbox import inbox
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin


class InboxView(PostMixin, TemplateView):
    """The nearest day first; what waits for nobody's day comes last."""

    permission = Permission.HANDLE_GRIEVANCES
    template_name = "grievances/inbox.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        found = inbox(post=post, now=timezone.now(), mask=masked_texts)
        number = len(found.items)
        return super().get_context_data(
            items=found.items,
            count_text=f"前 {number} 件，还有更多" if found.has_more else f"共 {number} 件",
            scope=f"{post.place} · {post.label}",
            may_register=post.may(Permission.REGISTER_GRIEVANCES),
            runs_desk=runs_desk(post) is not None,
            **kwargs,
        )
