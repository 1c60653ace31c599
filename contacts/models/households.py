"""Households, their people, care categories and who is responsible for them."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Right

from contacts.querysets import HouseholdDutyQuerySet, HouseholdQuerySet
from portal.core.encryption import EncryptedTextField
from portal.core.paths import path_of


def door_words(unit: str, room: str) -> str:
    """3单元502室; what is no plain number is said as it was written."""
    if unit.isascii() and unit.isalnum():
        unit = f"{unit}单元"
    return f"{unit}{room}室" if room.isascii() and room.isalnum() else f"{unit}{room}"


def wish_words(wish: str, until: dt.date | None, on: dt.date) -> str:
    """What was wished, in words while it holds on that day, else nothing; never the reason."""
    if not wish_holds(wish, until, on):
        return ""
    lasts = f"（至 {until}）" if until else ""
    return f"{Household.DoorWish(wish).label}{lasts}"


def wish_holds(wish: str, until: dt.date | None, on: dt.date) -> bool:
    """Whether a household with this wish is not to be visited at the door on that day."""
    return wish == Household.DoorWish.PHONE and (until is None or on <= until)


class CareCategory(models.Model):
    """关爱类别: why a household needs regular care, with its legal basis; reference data."""

    code = models.CharField("代码", max_length=24, unique=True)
    name = models.CharField("名称", max_length=40)
    basis = models.CharField("依据", max_length=200)
    #: 困难家庭 of the quarterly rhythm (domain §4, §7 line 7).
    is_hardship = models.BooleanField("属困难家庭", default=False)
    order = models.PositiveSmallIntegerField("次序", default=0)
    valid_until = models.DateField("停用日期", null=True, blank=True)

    class Meta:
        ordering = ("order", "code")
        verbose_name = "关爱类别"

    def __str__(self) -> str:
        return self.name


class Household(models.Model):
    """户: an address with people. Scope columns follow the address; visits keep their own."""

    class DoorWish(models.TextChoices):
        NONE = "NONE", "可上门"
        PHONE = "PHONE", "暂不上门，改电话"

    district = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    street = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    community = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    grid = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    building = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, related_name="+", verbose_name="楼栋"
    )
    unit = models.CharField("单元", max_length=10, blank=True)
    floor = models.SmallIntegerField("楼层", null=True, blank=True)
    room = models.CharField("室", max_length=20)
    #: Doors in the order of the stairs: 2单元 before 10单元, 502 before 1001.
    door_order = models.GeneratedField(
        expression=Concat(
            Right(Concat(Value("0" * 10), "unit"), 10), Right(Concat(Value("0" * 20), "room"), 20)
        ),
        output_field=models.CharField(max_length=30),
        db_persist=True,
    )
    door_wish = models.CharField("上门意愿", max_length=8, choices=DoorWish, default=DoorWish.NONE)
    #: The last day of the wish; empty: until further notice.
    door_wish_until = models.DateField("暂不上门至", null=True, blank=True)
    door_wish_reason = models.CharField("原因", max_length=100, blank=True)
    #: When it was taken back last: no list made before brings it back.
    wish_lifted_on = models.DateField("改回可上门的日期", null=True, blank=True)
    #: What not to ask again; shown on the door card, to those who see the household in full.
    avoid = EncryptedTextField("不要再问", blank=True, default="")
    note = EncryptedTextField("备注", blank=True, default="")
    #: Derived from valid visits with contact made, any channel; kept by ``services.visits``.
    last_contact_on = models.DateField(null=True, blank=True)
    #: The same, at the door only (what counts, domain §4).
    last_met_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    #: Moved out or pulled down: out of lists and proposals, history stays.
    ended_on = models.DateField("停用日期", null=True, blank=True)
    #: The one this turned out to be the same as; its history is read there. Ended when merged.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="并入"
    )

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        ordering = ("community_id", "building_id", "door_order", "pk")
        verbose_name = "住户"
        indexes = (
            models.Index(fields=("community", "last_met_on", "id"), name="household_community_met"),
            models.Index(fields=("street", "last_met_on", "id"), name="household_street_met"),
            models.Index(fields=("district", "last_met_on", "id"), name="household_district_met"),
            models.Index(fields=("grid", "last_met_on", "id"), name="household_grid_met"),
            models.Index(fields=("building", "door_order"), name="household_door"),
            # From a building to its people without reading the household.
            models.Index(fields=("building", "id"), name="household_of_building"),
            # The few who wish to be called instead.
            models.Index(
                fields=("district", "street", "community"),
                name="household_phone",
                condition=Q(door_wish="PHONE"),
            ),
        )
        constraints = (
            models.UniqueConstraint(
                name="household_one_per_door",
                fields=("building", "unit", "room"),
                condition=Q(ended_on__isnull=True),
                violation_error_message="这个门牌已经登记过了。",
            ),
            models.CheckConstraint(
                name="household_door_wish", condition=Q(door_wish__in=["NONE", "PHONE"])
            ),
            models.CheckConstraint(
                name="household_wish_has_reason",
                condition=Q(door_wish="NONE") | ~Q(door_wish_reason=""),
                violation_error_message="请写明住户为什么暂不上门。",
            ),
            models.CheckConstraint(
                name="household_merged_is_ended",
                condition=Q(merged_into__isnull=True) | Q(ended_on__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"户 {self.pk}"

    def get_absolute_url(self) -> str:
        return path_of("contacts:household", self.pk)

    @property
    def door(self) -> str:
        """Unit and room as one says them: 3单元502室. Personal: only for who sees it in full."""
        return door_words(self.unit, self.room)

    def wishes_phone(self, on: dt.date) -> bool:
        """Whether the household asked not to be visited at the door on that day."""
        return wish_holds(self.door_wish, self.door_wish_until, on)

    def door_wish_text(self, on: dt.date) -> str:
        """The wish in words while it holds, else nothing; never the reason."""
        return wish_words(self.door_wish, self.door_wish_until, on)


class HouseholdMove(models.Model):
    """Where a household was registered before; visits of that time keep their place."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="moves")
    building = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    unit = models.CharField("单元", max_length=10, blank=True)
    floor = models.SmallIntegerField("楼层", null=True, blank=True)
    room = models.CharField("室", max_length=20)
    moved_on = models.DateField("迁出日期")
    #: It never lived there: the door had been written down wrongly, and was corrected that day.
    was_wrong = models.BooleanField("登记错的门牌", default=False)
    moved_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("-moved_on", "-pk")
        verbose_name = "迁居"

    def __str__(self) -> str:
        return f"迁居 {self.pk}"


class Resident(models.Model):
    """居民: one person of a household."""

    class Relation(models.TextChoices):
        HEAD = "HEAD", "户主"
        SPOUSE = "SPOUSE", "配偶"
        CHILD = "CHILD", "子女"
        PARENT = "PARENT", "父母"
        GRANDCHILD = "GRANDCHILD", "孙辈"
        TENANT = "TENANT", "租户"
        CARER = "CARER", "照护人"
        OTHER = "OTHER", "其他"

    #: Read by the key rotation: which column is the blind index of which source.
    blind_indexes: ClassVar[dict[str, tuple[str, str]]] = {
        "phone_index": ("phone", "resident.phone"),
        "phone_tail_index": ("phone_tail", "resident.phone_tail"),
    }

    household = models.ForeignKey(Household, models.PROTECT, related_name="residents")
    name = models.CharField("姓名", max_length=40)
    #: Earlier spellings: what was written under them is masked and unfindable like the present one.
    former_names = models.JSONField("曾用写法", default=list, blank=True)
    relation = models.CharField(
        "与户主关系", max_length=12, choices=Relation, default=Relation.HEAD
    )
    birth_year = models.PositiveSmallIntegerField("出生年份", null=True, blank=True)
    phone = EncryptedTextField("电话", blank=True, default="")
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    #: Blind index of the last four digits; always searched inside a community.
    phone_tail_index = models.CharField(max_length=64, blank=True, db_index=True)
    #: Ring this one first.
    is_contact = models.BooleanField("首选联系人", default=False)
    left_on = models.DateField("离开日期", null=True, blank=True)

    class Meta:
        ordering = ("-is_contact", "pk")
        verbose_name = "居民"
        #: Who is named in a text, who lives around, and the few once spelled otherwise: asked for
        #: every masked page, answered by the index alone.
        indexes = (
            models.Index(fields=("name",), name="resident_name"),
            models.Index(fields=("household", "name"), name="resident_of_household"),
            models.Index(
                fields=("household",), name="resident_respelled", condition=~Q(former_names=[])
            ),
        )
        constraints = (
            models.UniqueConstraint(
                name="resident_one_contact_per_household",
                fields=("household",),
                condition=Q(is_contact=True, left_on__isnull=True),
            ),
            models.CheckConstraint(
                name="resident_birth_year",
                condition=Q(birth_year__isnull=True)
                | Q(birth_year__gte=1900, birth_year__lte=2100),
            ),
        )

    def __str__(self) -> str:
        return f"居民 {self.pk}"

    @property
    def phone_tail(self) -> str:
        """The last four digits, or nothing when there are fewer."""
        digits = "".join(c for c in self.phone if c.isdigit())
        return digits[-4:] if len(digits) >= 4 else ""  # noqa: PLR2004 -- "last 4 digits" is the rule


class HouseholdCare(models.Model):
    """A care category of a household, from ``since`` until ``until`` (first day outside)."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="cares")
    category = models.ForeignKey(CareCategory, models.PROTECT, related_name="+")
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)

    class Meta:
        ordering = ("category__order", "pk")
        constraints = (
            models.UniqueConstraint(
                name="care_once_at_a_time",
                fields=("household", "category"),
                condition=Q(until__isnull=True),
            ),
            models.CheckConstraint(
                name="care_dates", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.household_id} {self.category_id}"


class HouseholdDuty(models.Model):
    """走访责任人: who answers for contact with a household, dated; one at a time.

    From ``since`` until the day before ``until``; one that begins later is planned, and the one
    before it ends that day.
    """

    household = models.ForeignKey(Household, models.CASCADE, related_name="duties")
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="household_duties")
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)

    objects = HouseholdDutyQuerySet.as_manager()

    class Meta:
        ordering = ("-since", "-pk")
        indexes = (models.Index(fields=("user", "until", "household"), name="duty_of_user"),)
        constraints = (
            models.UniqueConstraint(
                name="duty_one_at_a_time", fields=("household",), condition=Q(until__isnull=True)
            ),
            models.CheckConstraint(
                name="duty_dates", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.household_id} {self.user_id}"

    def holds_on(self, on: dt.date) -> bool:
        """Whether the person answers for the household on that day."""
        return self.since <= on and (self.until is None or on < self.until)
