"""Addresses of the desk."""

from typing import Final

from django.urls import path, register_converter

from portal.accounts.roles import Role
from portal.desk import manual
from portal.desk.views.feedback import FeedbackBoxView, FeedbackReplyView, FeedbackView
from portal.desk.views.help import HelpFormulasView, HelpRoleView, HelpView, HelpWorkflowView
from portal.desk.views.offline import ServiceWorkerView
from portal.desk.views.search import SearchView
from portal.desk.views.today import TodayView

_BY_SLUG: Final = {manual.slug(role): role for role in Role}


class RoleConverter:
    """A role in an address; an unknown one is no address at all."""

    regex = "|".join(_BY_SLUG)

    def to_python(self, value: str) -> Role:
        return _BY_SLUG[value]

    def to_url(self, value: Role | str) -> str:
        return manual.slug(value) if isinstance(value, Role) else value


register_converter(RoleConverter, "role")

app_name = "desk"
urlpatterns = [
    path("", TodayView.as_view(), name="today"),
    path("sw.js", ServiceWorkerView.as_view(), name="service_worker"),
    path("search/", SearchView.as_view(), name="search"),
    path("feedback/", FeedbackView.as_view(), name="feedback"),
    path("feedback/box/", FeedbackBoxView.as_view(), name="feedback_box"),
    path("feedback/<int:pk>/", FeedbackReplyView.as_view(), name="feedback_reply"),
    path("help/", HelpView.as_view(), name="help"),
    path("help/formulas/", HelpFormulasView.as_view(), name="help_formulas"),
    path("help/workflow/", HelpWorkflowView.as_view(), name="help_workflow"),
    path("help/<role:role>/", HelpRoleView.as_view(), name="help_role"),
]
