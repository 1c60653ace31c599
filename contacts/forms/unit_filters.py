"""Which unit a list is about: any place of the scope, by its code in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from portal.accounts.kinds import OrganisationKind
from portal.accounts.models import Organisation
from portal.accounts.querysets import SCOPE_COLUMNS

if TYPE_CHECKING:
    from portal.accounts.models import Post

#: The column that is empty for what lies in no unit below.
_BELOW: Final = {
    OrganisationKind.STREET: "community_id",
    OrganisationKind.COMMUNITY: "grid_id",
}
ON: Final = "1"


class UnitFilter(forms.Form):
    """``unit`` (a code) and ``apart`` (only what lies in none of its units below); links set them."""

    post: Post

    unit = forms.CharField(label="单位", required=False, max_length=32, widget=forms.HiddenInput)
    apart = forms.ChoiceField(
        label="范围",
        required=False,
        choices=[("", ""), (ON, "不属于下级单位的")],
        widget=forms.HiddenInput,
    )

    def clean_unit(self) -> Organisation | None:
        """SECURITY: a unit outside the scope is one that does not exist."""
        code = self.cleaned_data["unit"]
        if not code:
            return None
        places = Organisation.objects.visible_to(self.post).filter(kind__in=list(SCOPE_COLUMNS))
        found: Organisation | None = places.filter(code=code).first()
        if found is None:
            raise ValidationError("没有这个单位，请重新选择。", code="unit")
        return found

    def in_unit(self) -> Q:
        """Rows of the unit that was asked for; only of a valid form."""
        columns, apart = self.unit_columns()
        found = Q(**{column: self.cleaned_data[name].pk for name, column in columns.items()})
        return found & Q(**{f"{apart}__isnull": True}) if apart else found

    def unit_columns(self) -> tuple[dict[str, str], str]:
        """The column of the unit that was asked for, and the one that is empty of what is apart."""
        unit: Organisation | None = self.cleaned_data.get("unit")
        column = SCOPE_COLUMNS.get(unit.kind) if unit else None
        kind = OrganisationKind((unit or self.post.organisation).kind)
        apart = _BELOW.get(kind, "") if self.cleaned_data.get("apart") == ON else ""
        return {"unit": column} if column else {}, apart
