"""导入住户: the steps of an import, of a list of households."""

from __future__ import annotations

import io
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.generic import View

from contacts.forms.imports import HouseholdColumnsForm
from contacts.selectors.imports import CheckPage, check_page
from contacts.selectors.sight import sees_cares
from contacts.services.household_import import CHECK, IMPORT
from contacts.services.household_import_columns import FIELDS, LAYOUT
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.sheets.writing import CONTENT_TYPES, XLSX, Column, write_xlsx
from portal.jobs.import_views import ImportCheckView, ImportStartView, ImportSteps
from portal.jobs.models import Job

_EXAMPLE: Final = {
    "community": "示例社区",
    "building": "12号楼",
    "unit": "3",
    "floor": "5",
    "room": "502",
    "name": "张三（示例，请删除这一行）",
    "relation": "户主",
    "birth": "1950",
    "wish": "可上门",
}


class HouseholdImport(ImportSteps):
    permission = Permission.IMPORT_HOUSEHOLDS
    layout = LAYOUT
    check_kind, import_kind = CHECK, IMPORT
    checking, importing = "核对住户名单", "导入住户"
    check_url = "contacts:household_import_check"

    def without(self) -> tuple[str, ...]:
        return () if sees_cares(self.post_in_force) else ("cares",)


class HouseholdImportView(HouseholdImport, ImportStartView):
    template_name = "contacts/import.html"


class HouseholdImportTemplateView(PostMixin, View):
    """An empty list with the headings that need no explaining."""

    permission = Permission.IMPORT_HOUSEHOLDS

    def get(self, _request: HttpRequest) -> HttpResponse:
        shown = sees_cares(self.post_in_force)
        fields = [field for field in FIELDS if field.key != "cares" or shown]
        columns = [Column(field.label, width=14) for field in fields]
        out = io.BytesIO()
        notes = [(field.label, field.hint) for field in fields if field.hint]
        write_xlsx(out, columns, [[_EXAMPLE.get(f.key, "") for f in fields]], notes=notes)
        return HttpResponse(
            out.getvalue(),
            content_type=CONTENT_TYPES[XLSX],
            headers={
                "Content-Disposition": 'attachment; filename="households.xlsx"; '
                "filename*=UTF-8''%E4%BD%8F%E6%88%B7%E5%90%8D%E5%8D%95.xlsx"
            },
        )


class HouseholdImportCheckView(HouseholdImport, ImportCheckView):
    columns_template = "contacts/import_columns.html"
    check_template = "contacts/import_check.html"

    def columns_form(self, data: Any, **told: Any) -> HouseholdColumnsForm:
        may = self.post_in_force.may(Permission.MANAGE_ORGANISATIONS)
        return HouseholdColumnsForm(data, with_buildings=may, **told)

    def columns_context(self, job: Job) -> dict[str, Any]:
        named = "cares" in self.layout.guess(job.parameters["titles"])
        return {"cares_left_out": named and not sees_cares(self.post_in_force)}

    def check_page(self, job: Job) -> CheckPage:
        return check_page(job, post=self.post_in_force, now=timezone.now())
