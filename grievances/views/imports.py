"""导入12345工单: the steps of an import, and where the platform and the desk differ."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.views.generic import TemplateView

from grievances.hotline.columns import LAYOUT
from grievances.selectors.hotline import HotlineCheckPage, hotline_check_page, reconciliation
from grievances.services.hotline_import import CHECK, IMPORT
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.jobs.import_views import ImportCheckView, ImportStartView, ImportSteps
from portal.jobs.models import Job


class HotlineImport(ImportSteps):
    permission = Permission.IMPORT_HOTLINE
    layout = LAYOUT
    check_kind, import_kind = CHECK, IMPORT
    checking, importing = "核对12345工单", "导入12345工单"
    check_url = "grievances:hotline_check"


class HotlineImportView(HotlineImport, ImportStartView):
    template_name = "grievances/import.html"


class HotlineCheckView(HotlineImport, ImportCheckView):
    columns_template = "grievances/import_columns.html"
    check_template = "grievances/import_check.html"

    def check_page(self, job: Job) -> HotlineCheckPage:
        return hotline_check_page(job, post=self.post_in_force, now=timezone.now())


class ReconciliationView(PostMixin, TemplateView):
    """平台与本地不一致的工单."""

    permission = Permission.IMPORT_HOTLINE
    template_name = "grievances/reconciliation.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "page": reconciliation(post=self.post_in_force)
        }
