"""The manual: one page per role, and the rules behind the figures, read from the code."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.views.generic import TemplateView

from contacts import workflow
from contacts.models import CareCategory
from contacts.selectors.proposal_rule import LIMIT, REST_DAYS, RETRY_WEEKS, RULES
from contacts.selectors.week import REFERENCE
from contacts.services.households import REVEAL_FOR
from contacts.services.rights import ANSWER_WITHIN
from contacts.workflow import YEAR
from grievances.asks import ASKS
from grievances.kinds import Regime
from grievances.workflow import MOVES
from portal.accounts.models import Reveal
from portal.accounts.permissions import ROLES, Permission
from portal.accounts.roles import Role
from portal.accounts.scope import PostMixin
from portal.desk import manual
from portal.metrics.registry import metrics

_DAYS: Final[dict[str, Any]] = {
    "edit_days": workflow.EDIT_WINDOW.days,
    "reach_days": workflow.REACH.days,
    "rest_days": REST_DAYS,
    "retry_weeks": RETRY_WEEKS[0],
    "reference": REFERENCE,
    "year_days": YEAR.days,
    "proposals": LIMIT,
    "answer_days": ANSWER_WITHIN.days,
    "reveal_minutes": int(REVEAL_FOR.total_seconds() // 60),
    "reveal_reasons": Reveal.Reason.labels,
}


class HelpMixin(PostMixin):
    permission = Permission.USE_PORTAL


class HelpView(HelpMixin, TemplateView):
    template_name = "help/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        own = Role(self.post_in_force.role)
        return super().get_context_data(
            **kwargs,
            own=(own.label, manual.slug(own), manual.MANUALS[own].purpose),
            roles=[
                (role.label, manual.slug(role), manual.MANUALS[role].purpose)
                for role in Role
                if role != own
            ],
        )


class HelpRoleView(HelpMixin, TemplateView):
    template_name = "help/role.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        role: Role = kwargs["role"]
        held = {permission.value.lower(): role in ROLES[permission] for permission in Permission}
        return super().get_context_data(
            **kwargs,
            **_DAYS,
            label=role.label,
            is_own=role == self.post_in_force.role,
            manual=manual.MANUALS[role],
            commands=manual.COMMANDS.get(role, ()),
            allowed=manual.allowed(role),
            may=held,
        )


class HelpFormulasView(HelpMixin, TemplateView):
    template_name = "help/formulas.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        hardship = CareCategory.objects.filter(is_hardship=True, valid_until__isnull=True)
        return super().get_context_data(
            **kwargs,
            **_DAYS,
            rules=RULES,
            figures=[
                (group, list(some)) for group, some in groupby(metrics(), key=attrgetter("group"))
            ],
            hardship=list(hardship.values_list("name", "basis")),
        )


class HelpWorkflowView(HelpMixin, TemplateView):
    """诉求 from the first word to the file: every state and move, read from the one table."""

    template_name = "help/workflow.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            **kwargs,
            regimes=[
                (
                    regime,
                    [manual.step_of(move) for move in MOVES if regime in move.regimes],
                )
                for regime in Regime
            ],
            asks=[manual.aside_of(ask) for ask in ASKS],
            sees_clocks=self.post_in_force.may(Permission.SEE_GRIEVANCES),
        )
