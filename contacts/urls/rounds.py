"""Addresses of rounds."""

from django.urls import path

from contacts.views import rounds, visit_sync

urlpatterns = [
    path("visits/round/", rounds.RoundListView.as_view(), name="round_list"),
    path("visits/round/offline/", rounds.RoundOfflineView.as_view(), name="round_offline"),
    path("visits/round/<int:building>/", rounds.RoundView.as_view(), name="round"),
    path("visits/round/<int:building>/take/", rounds.RoundTakeView.as_view(), name="round_take"),
    path("visits/to-complete/", rounds.ToCompleteView.as_view(), name="to_complete"),
    path("visits/sync/", visit_sync.VisitSyncView.as_view(), name="visit_sync"),
]
