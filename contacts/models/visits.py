"""三访: visits, their matters, promises, amendments and drafts."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import models
from django.db.models import F, Q

from contacts import workflow
from contacts.querysets import VisitPersonQuerySet, VisitQuerySet
from portal.core.encryption import EncryptedTextField
from portal.core.paths import path_of

if TYPE_CHECKING:
    from portal.accounts.models import Organisation

#: 无人在家, said of a call.
NO_ANSWER: Final = "没联系上"


def _few(*columns: str, name: str, condition: Q) -> models.Index:
    fields = (*columns, "-occurred_at", "-id", "district", "street", "community")
    return models.Index(fields=fields, name=name, condition=condition)


class Visit(models.Model):
    """One contact with residents, written down once; wrong ones are voided, never deleted.

    The scope columns are those of the day: moving a household later does not rewrite history.
    """

    class Kind(models.TextChoices):
        HOME = "HOME", "走访"
        FIELD = "FIELD", "下访"
        RECEPTION = "RECEPTION", "接访"

    class Channel(models.TextChoices):
        DOOR = "DOOR", "上门"
        PHONE = "PHONE", "电话"
        VIDEO = "VIDEO", "视频"
        OFFICE = "OFFICE", "来访"
        #: At the contact point, not at anybody's door: the one channel of a 下访.
        SITE = "SITE", "现场"

    class Result(models.TextChoices):
        MET = "MET", "见到了"
        NOT_HOME = "NOT_HOME", "无人在家"
        DECLINED = "DECLINED", "婉拒"

    #: Made by the browser (or the form page): the same id sent again is the same visit.
    client_id = models.UUIDField(unique=True)
    kind = models.CharField("类别", max_length=10, choices=Kind, default=Kind.HOME)
    household = models.ForeignKey(
        "contacts.Household", models.PROTECT, null=True, blank=True, related_name="visits"
    )
    district = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    street = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    #: None for a 下访 or 接访 of a whole street (decision 0055): it counts there, in no community.
    community = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, related_name="+"
    )
    grid = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    building = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, related_name="+"
    )
    #: 下访: the 联系点 it was held at.
    point = models.ForeignKey(
        "contacts.ContactPoint", models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Where, when it was not at a household: 八角南里社区会议室.
    place = models.CharField("地点", max_length=80, blank=True)
    #: 接访 by appointment; otherwise at the fixed place and time.
    by_appointment = models.BooleanField("约访", default=False)
    #: Who wrote it down, under which post.
    author = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    post = models.ForeignKey("accounts.Post", models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField("时间")
    #: The local (Asia/Shanghai) day of ``occurred_at``: lists, weeks and figures count by it.
    occurred_on = models.DateField()
    recorded_at = models.DateTimeField("记录时间")
    channel = models.CharField("方式", max_length=8, choices=Channel, default=Channel.DOOR)
    result = models.CharField("结果", max_length=10, choices=Result, default=Result.MET)
    met = models.ManyToManyField("contacts.Resident", blank=True, related_name="+")
    met_other = models.CharField("还见到", max_length=60, blank=True)
    text = models.TextField("情况", blank=True)
    #: 先记要点，待补记: the author means to write more.
    to_complete = models.BooleanField("待补记", default=False)
    next_step = models.CharField("下一步", max_length=200, blank=True)
    next_step_on = models.DateField("下一步日期", null=True, blank=True)
    next_step_done_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    void_reason = models.CharField("作废原因", max_length=200, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ("-occurred_at", "-pk")
        verbose_name = "三访记录"
        indexes = (
            models.Index(fields=("community", "-occurred_at", "-id"), name="visit_community"),
            models.Index(fields=("street", "-occurred_at", "-id"), name="visit_street"),
            models.Index(fields=("district", "-occurred_at", "-id"), name="visit_district"),
            models.Index(fields=("household", "-occurred_at", "-id"), name="visit_household"),
            # The few of many that a filter asks for, newest first; the places let a list of one
            # place be paged and counted in the index alone.
            _few("kind", name="visit_by_kind", condition=~Q(kind="HOME")),
            _few("channel", name="visit_by_channel", condition=~Q(channel="DOOR")),
            _few("result", name="visit_by_result", condition=~Q(result="MET")),
            _few(name="visit_unfinished", condition=Q(to_complete=True)),
            _few(name="visit_void", condition=Q(voided_at__isnull=False)),
            # The last 下访 of each contact point.
            models.Index(
                fields=("point", "-occurred_on"),
                name="visit_of_point",
                condition=Q(point__isnull=False, voided_at__isnull=True),
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="visit_kind", condition=Q(kind__in=["HOME", "FIELD", "RECEPTION"])
            ),
            models.CheckConstraint(
                name="visit_channel",
                condition=Q(channel__in=["DOOR", "PHONE", "VIDEO", "OFFICE", "SITE"]),
            ),
            # What the channels mean for each kind: only a 走访 is ever made at a door.
            models.CheckConstraint(
                name="visit_channel_of_kind",
                condition=(Q(kind="HOME") & ~Q(channel="SITE"))
                | Q(kind="FIELD", channel="SITE", result="MET")
                | Q(kind="RECEPTION", channel="OFFICE", result="MET"),
            ),
            models.CheckConstraint(
                name="visit_has_place",
                condition=Q(kind="HOME", community__isnull=False)
                | (~Q(kind="HOME") & ~Q(place="")),
            ),
            models.CheckConstraint(
                name="visit_result", condition=Q(result__in=["MET", "NOT_HOME", "DECLINED"])
            ),
            models.CheckConstraint(
                name="visit_home_has_household",
                condition=~Q(kind="HOME") | Q(household__isnull=False),
            ),
            models.CheckConstraint(
                name="visit_recorded_after", condition=Q(recorded_at__gte=F("occurred_at"))
            ),
            models.CheckConstraint(
                name="visit_next_step_has_text",
                condition=Q(next_step_on__isnull=True) | ~Q(next_step=""),
            ),
            models.CheckConstraint(
                name="visit_void_is_whole",
                condition=Q(voided_at__isnull=True, voided_by__isnull=True, void_reason="")
                | (Q(voided_at__isnull=False, voided_by__isnull=False) & ~Q(void_reason="")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.occurred_on}"

    def get_absolute_url(self) -> str:
        return path_of("contacts:visit", self.client_id)

    @property
    def is_voided(self) -> bool:
        return self.voided_at is not None

    @property
    def unit(self) -> Organisation:
        """Where it counts: the grid, community or street of the day; needs them loaded."""
        return self.grid or self.community or self.street

    @property
    def place_words(self) -> str:
        """Where it was, as far as everybody who reads it may know; needs ``community`` loaded."""
        return (self.community or self.street).name

    def is_told_by(self, post_id: int) -> bool:
        """Written or led under this post, whose words they are; asks ``people`` of a 下访, 接访."""
        if self.post_id == post_id:
            return True
        if self.kind == self.Kind.HOME:
            return False
        return any(one.is_lead and one.post_id == post_id for one in self.people.all())

    @property
    def counts(self) -> bool:
        """Whether it counts as a household met: valid, contact made, at the door (domain §4)."""
        return (
            not self.is_voided
            and self.result == self.Result.MET
            and self.channel == self.Channel.DOOR
        )

    @property
    def result_words(self) -> str:
        return result_words(self.result, self.channel)

    @property
    def edit_until(self) -> dt.datetime:
        """Until then the author changes it freely; afterwards a change needs a reason."""
        return workflow.edit_until(self.recorded_at)

    @property
    def was_recorded_late(self) -> bool:
        return workflow.was_recorded_late(
            occurred_at=self.occurred_at, recorded_at=self.recorded_at
        )


def result_words(result: str, channel: str) -> str:
    """The result as one says it of this channel: on the telephone nobody is "at home"."""
    if result == Visit.Result.NOT_HOME and channel != Visit.Channel.DOOR:
        return NO_ANSWER
    return str(Visit.Result(result).label)


class VisitGuest(models.Model):
    """Whom a 下访 or 接访 was with, beside or instead of a household; personal data."""

    blind_indexes: ClassVar[dict[str, tuple[str, str]]] = {
        "phone_index": ("phone", "visit_guest.phone"),
    }

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="guests")
    name = EncryptedTextField("来访人")
    phone = EncryptedTextField("电话", blank=True, default="")
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    #: The household the person belongs to, when it is known.
    household = models.ForeignKey(
        "contacts.Household", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("pk",)
        verbose_name = "来访人"

    def __str__(self) -> str:
        return f"来访人 {self.pk}"


class VisitPerson(models.Model):
    """Who went, under which post: the access row of the visits that post took part in."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="people")
    #: Weeks and figures of a person count by it, whatever the post.
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    #: Reading goes by it: what one wrote is readable while the post lasts, not after.
    post = models.ForeignKey("accounts.Post", models.PROTECT, related_name="+")
    is_lead = models.BooleanField(default=False)
    occurred_on = models.DateField()
    #: The street of the visit.
    street = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")

    objects = VisitPersonQuerySet.as_manager()

    class Meta:
        ordering = ("-is_lead", "pk")
        indexes = (
            models.Index(fields=("user", "-occurred_on", "-visit"), name="visit_person_own"),
        )
        constraints = (
            models.UniqueConstraint(name="visit_person_once", fields=("visit", "user")),
            models.UniqueConstraint(
                name="visit_one_lead", fields=("visit",), condition=Q(is_lead=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.visit_id} {self.user_id}"


class Matter(models.Model):
    """反映事项: one thing a resident raised, with what came of it."""

    class Outcome(models.TextChoices):
        SOLVED = "SOLVED", "当场解决"
        EXPLAINED = "EXPLAINED", "解释说明"
        ESCALATED = "ESCALATED", "转为诉求"
        MUTUAL_AID = "MUTUAL_AID", "自助互助"

    #: The one word, on every page, for a matter that ``is_waiting``.
    WAITING_LABEL: Final = "待转诉求"

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="matters")
    position = models.PositiveSmallIntegerField()
    text = models.TextField("反映的事")
    outcome = models.CharField("结果", max_length=12, choices=Outcome)
    #: Filled by the port ``escalate``: empty while the matter waits for the grievance app.
    grievance_number = models.CharField("诉求编号", max_length=40, blank=True)

    class Meta:
        ordering = ("position", "pk")
        verbose_name = "反映事项"
        indexes = (
            models.Index(
                fields=("visit",), name="matter_escalated", condition=Q(outcome="ESCALATED")
            ),
        )
        constraints = (
            models.UniqueConstraint(name="matter_position_once", fields=("visit", "position")),
            models.CheckConstraint(
                name="matter_outcome",
                condition=Q(outcome__in=["SOLVED", "EXPLAINED", "ESCALATED", "MUTUAL_AID"]),
            ),
            models.CheckConstraint(name="matter_has_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="matter_number_only_if_escalated",
                condition=Q(grievance_number="") | Q(outcome="ESCALATED"),
            ),
        )

    def __str__(self) -> str:
        return f"事项 {self.pk}"

    @property
    def is_waiting(self) -> bool:
        """Escalated, but no grievance opened yet."""
        return self.outcome == self.Outcome.ESCALATED and not self.grievance_number

    @property
    def state_words(self) -> str:
        """What has become of it by now, in words."""
        if self.is_waiting:
            return self.WAITING_LABEL
        if self.grievance_number:
            return f"诉求 {self.grievance_number}"
        return self.get_outcome_display()


class Promise(models.Model):
    """承诺: a dated commitment to a household; kept, late or broken is derived from the dates."""

    household = models.ForeignKey("contacts.Household", models.PROTECT, related_name="promises")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="promises")
    text = models.CharField("答应的事", max_length=200)
    due_on = models.DateField("答应的日期")
    kept_on = models.DateField("兑现日期", null=True, blank=True)
    kept_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("due_on", "pk")
        verbose_name = "承诺"
        indexes = (models.Index(fields=("household", "kept_on", "due_on"), name="promise_open"),)
        constraints = (
            models.CheckConstraint(name="promise_has_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="promise_kept_is_whole",
                condition=Q(kept_on__isnull=True, kept_by__isnull=True)
                | Q(kept_on__isnull=False, kept_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"承诺 {self.pk}"


class VisitAmendment(models.Model):
    """A change after the author's seven days: what it said before, who changed it and why."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="amendments")
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    reason = models.CharField("更正原因", max_length=200)
    #: Field → value before, as shown on screen.
    before = models.JSONField()

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"更正 {self.pk}"


class VisitDraft(models.Model):
    """What somebody has typed into a visit form and not sent: encrypted, wiped at sign-out."""

    user = models.ForeignKey("accounts.User", models.CASCADE, related_name="+")
    #: The client id of the visit it will become.
    client_id = models.UUIDField(unique=True)
    household = models.ForeignKey(
        "contacts.Household", models.CASCADE, null=True, blank=True, related_name="+"
    )
    payload = EncryptedTextField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-updated_at",)

    def __str__(self) -> str:
        return f"草稿 {self.pk}"
