"""The one place where addresses are mounted; each app owns its own list."""

from django.urls import include, path

urlpatterns = [
    path("", include("portal.accounts.urls")),
    path("accounts/", include("portal.accounts.urls_people")),
    path("contacts/", include("contacts.urls")),
    path("privacy/", include("contacts.urls.privacy")),
    path("grievances/", include("grievances.urls")),
    path("satisfaction/", include("grievances.urls.satisfaction")),
    path("r/", include("grievances.urls.public_resident")),
    path("h/", include("grievances.urls.public_handler_link")),
    path("opinions/", include("grievances.urls.public_opinions")),
    path("reports/exports/", include("portal.jobs.urls")),
    path("", include("portal.core.urls")),
    path("", include("portal.desk.urls_health")),
    path("", include("portal.desk.urls")),
]

handler400 = "portal.core.views.bad_request"
handler403 = "portal.core.views.permission_denied"
handler404 = "portal.core.views.page_not_found"
handler500 = "portal.desk.outage.server_error"
