"""Addresses of visits."""

from django.urls import path

from contacts.views import visit_drafts, visit_edit, visit_new, visits

urlpatterns = [
    path("visits/", visits.VisitListView.as_view(), name="visit_list"),
    path("visits/new/", visit_new.VisitNewRouter.as_view(), name="visit_new"),
    path("visits/new/field/", visit_new.ToFieldView.as_view(), name="visit_new_field"),
    path("visits/new/reception/", visit_new.ToReceptionView.as_view(), name="visit_new_reception"),
    path("visits/draft/", visit_drafts.VisitDraftView.as_view(), name="visit_draft"),
    path("visits/<uuid:client_id>/", visits.VisitView.as_view(), name="visit"),
    path("visits/<uuid:client_id>/edit/", visit_edit.VisitEditView.as_view(), name="visit_edit"),
    path("visits/<uuid:client_id>/void/", visits.VisitVoidView.as_view(), name="visit_void"),
    path(
        "visits/<uuid:client_id>/next-step/",
        visits.NextStepView.as_view(),
        name="next_step",
    ),
    path("promises/<int:promise_id>/kept/", visits.PromiseKeptView.as_view(), name="promise_kept"),
]
