"""The portal's addresses and P′."""

from django.urls import include, path
from django.views.generic import TemplateView

from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


class EmptyView(PostMixin, TemplateView):
    """P′: everything around a page and no page."""

    permission = Permission.USE_PORTAL
    template_name = "bench/empty.html"


urlpatterns = [path("bench/empty/", EmptyView.as_view()), path("", include("portal.urls"))]
