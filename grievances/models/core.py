"""诉求: one thing that must be handled and answered, who raised it, and who may see it."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from grievances.clocks.kinds import Step
from grievances.kinds import ENDED, Nature, Regime, Result, Source, State, Urgency
from grievances.querysets import GrievanceQuerySet
from portal.core.encryption import EncryptedTextField

#: 街道短码-年月-流水; restricted ones carry F behind the code of the street.
NUMBER_LIMIT: Final = 24


def _place(level: str, *, blank: bool = True) -> models.ForeignKey:
    return models.ForeignKey(
        "accounts.Organisation",
        models.PROTECT,
        verbose_name=level,
        null=blank,
        blank=blank,
        related_name="+",
    )


class Grievance(models.Model):
    """What a resident raised, from the first word to the file.

    The scope columns are those of the day it was registered. A restricted one (封存) keeps its text
    in ``sealed_text``, and nothing of it outside this app.
    """

    #: Made by the form: the same id sent again is the same grievance.
    client_id = models.UUIDField(unique=True)
    number = models.CharField("编号", max_length=NUMBER_LIMIT, unique=True)
    regime = models.CharField("办理渠道", max_length=10, choices=Regime, default=Regime.LOCAL)
    nature = models.CharField("性质", max_length=10, choices=Nature, default=Nature.HELP)
    source = models.CharField("来源", max_length=10, choices=Source)
    urgency = models.CharField("紧急程度", max_length=10, choices=Urgency, default=Urgency.ORDINARY)
    state = models.CharField("状态", max_length=12, choices=State, default=State.REGISTERED)
    state_since = models.DateTimeField()
    #: Handling round: 2 after 重新办理.
    round = models.PositiveSmallIntegerField("轮次", default=1)
    is_restricted = models.BooleanField("封存", default=False)
    district = _place("区", blank=False)
    street = _place("街道", blank=False)
    community = _place("社区")
    grid = _place("网格")
    building = _place("楼栋")
    household = models.ForeignKey(
        "contacts.Household", models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: The matter of a visit it was opened for.
    matter = models.OneToOneField(
        "contacts.Matter", models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: Where it is, in words: 3号楼门前, 古城路公交站.
    place = models.CharField("地点", max_length=120, blank=True)
    text = models.TextField("内容", blank=True)
    sealed_text = EncryptedTextField("封存内容", blank=True, default="")
    #: When it reached the office; the first clock counts from here.
    received_at = models.DateTimeField("收到时间")
    received_on = models.DateField()
    registered_at = models.DateTimeField("登记时间")
    #: None: by a resident (意见箱) or an import without an actor.
    registered_by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    #: 首接责任人: who answers the resident from first word to last.
    owner = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    #: The unit that leads now.
    lead = _place("主办单位")
    accepted_at = models.DateTimeField("受理时间", null=True, blank=True)
    assigned_at = models.DateTimeField("交办时间", null=True, blank=True)
    #: From when the present round is to be settled: 受理, or 重新办理.
    settle_from = models.DateTimeField(null=True, blank=True)
    #: Of the present round; and until when it had to be, as it was counted then.
    replied_at = models.DateTimeField("答复时间", null=True, blank=True)
    replied_due_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField("办结时间", null=True, blank=True)
    result = models.CharField("办理结果", max_length=10, choices=Result, blank=True)
    #: Which clock runs, and when it is due; none while nothing is waited for. Never typed:
    #: counted again when facts, policies or the calendar change (decision 0117).
    due_step = models.CharField(max_length=12, choices=Step, blank=True)
    due_at = models.DateTimeField("期限", null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    #: Of the working calendar and the policies that ``due_at`` was counted with.
    due_version = models.CharField(max_length=64, blank=True)
    #: NOT_NOW: the day to look at it again.
    relook_on = models.DateField("回看日期", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )
    #: HOTLINE and PETITION: what the other system calls it and says of it; mirrored.
    official_number = models.CharField("工单编号", max_length=40, blank=True)
    official_state = models.CharField("平台状态", max_length=40, blank=True)
    official_due_at = models.DateTimeField("平台办结时限", null=True, blank=True)
    #: Plain words about it that a person wrote for the resident and for everybody to read.
    public_words = models.CharField("给居民的话", max_length=300, blank=True)

    objects = GrievanceQuerySet.as_manager()

    class Meta:
        ordering = ("-received_at", "-pk")
        verbose_name = "诉求"
        indexes = (
            models.Index(fields=("street", "-received_at", "-id"), name="grievance_street"),
            models.Index(fields=("district", "-received_at", "-id"), name="grievance_district"),
            models.Index(fields=("community", "-received_at", "-id"), name="grievance_community"),
            models.Index(fields=("household", "-received_at"), name="grievance_household"),
            models.Index(
                fields=("street", "due_at", "id"),
                name="grievance_due",
                condition=~Q(state__in=sorted(ENDED)),
            ),
            # What the job that counts again has to look for.
            models.Index(
                fields=("district", "due_version", "id"),
                name="grievance_due_version",
                condition=~Q(state__in=sorted(ENDED)),
            ),
        )
        constraints = (
            models.CheckConstraint(name="grievance_state", condition=Q(state__in=State.values)),
            models.CheckConstraint(name="grievance_regime", condition=Q(regime__in=Regime.values)),
            models.CheckConstraint(name="grievance_nature", condition=Q(nature__in=Nature.values)),
            models.CheckConstraint(name="grievance_source", condition=Q(source__in=Source.values)),
            models.CheckConstraint(
                name="grievance_urgency", condition=Q(urgency__in=Urgency.values)
            ),
            # The text of a restricted one lies nowhere in clear (domain §3).
            models.CheckConstraint(
                name="grievance_restricted_is_sealed",
                condition=(Q(is_restricted=False) & ~Q(text=""))
                | Q(is_restricted=True, text="", place="", public_words=""),
            ),
            models.CheckConstraint(
                name="grievance_due_is_whole",
                condition=Q(due_at__isnull=True, due_on__isnull=True)
                | Q(due_at__isnull=False, due_on__isnull=False),
            ),
            models.CheckConstraint(
                name="grievance_ended_is_dated",
                condition=Q(state__in=sorted(ENDED), ended_at__isnull=False)
                | (~Q(state__in=sorted(ENDED)) & Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="grievance_merged_has_other",
                condition=Q(state="MERGED", merged_into__isnull=False)
                | (~Q(state="MERGED") & Q(merged_into__isnull=True)),
            ),
            models.CheckConstraint(
                name="grievance_relook_iff_not_now",
                condition=Q(state="NOT_NOW", relook_on__isnull=False)
                | (~Q(state="NOT_NOW") & Q(relook_on__isnull=True)),
            ),
            models.CheckConstraint(
                name="grievance_registered_after", condition=Q(registered_at__gte=F("received_at"))
            ),
            models.UniqueConstraint(
                name="grievance_official_once",
                fields=("district", "regime", "official_number"),
                condition=~Q(official_number=""),
            ),
        )

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("grievances:grievance", args=[self.number])

    @property
    def has_ended(self) -> bool:
        return self.state in ENDED

    @property
    def words(self) -> str:
        """What was raised, wherever it is kept. SECURITY: never shown without ``selectors.sight``."""
        return self.sealed_text if self.is_restricted else self.text


class Raiser(models.Model):
    """Who raised it, or a proxy for somebody (子女代办); personal data. Nobody: anonymous."""

    blind_indexes: ClassVar[dict[str, tuple[str, str]]] = {
        "phone_index": ("phone", "grievance_raiser.phone"),
    }

    grievance = models.OneToOneField(Grievance, models.CASCADE, related_name="raiser")
    name = EncryptedTextField("诉求人")
    phone = EncryptedTextField("电话", blank=True, default="")
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    address = EncryptedTextField("住址", blank=True, default="")
    #: Known in the register.
    resident = models.ForeignKey(
        "contacts.Resident", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    #: Who speaks for the person, and what they are to each other.
    proxy_name = EncryptedTextField("代办人", blank=True, default="")
    proxy_relation = models.CharField("与诉求人关系", max_length=20, blank=True)

    class Meta:
        verbose_name = "诉求人"

    def __str__(self) -> str:
        return f"诉求人 {self.pk}"


class NumberSeries(models.Model):
    """The last number given in a street and month; restricted ones count apart. Gapless."""

    #: 短码: what the numbers of a street begin with.
    code = models.CharField(max_length=12)
    #: 202611
    month = models.CharField(max_length=6)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(name="number_series_once", fields=("code", "month")),
        )

    def __str__(self) -> str:
        return f"{self.code}-{self.month} {self.last}"


class GrievanceAccess(models.Model):
    """What opens a grievance beside its place: a unit that handles it, or a post it belongs to.

    A restricted one is opened by the rows of posts only: those named for it.
    """

    grievance = models.ForeignKey(Grievance, models.CASCADE, related_name="access")
    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    post = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    #: Of the grievance: a page of a list is read off the index.
    received_at = models.DateTimeField()

    class Meta:
        indexes = (
            models.Index(
                fields=("unit", "-received_at", "-grievance"),
                name="access_unit",
                condition=Q(unit__isnull=False),
            ),
            models.Index(
                fields=("post", "-received_at", "-grievance"),
                name="access_post",
                condition=Q(post__isnull=False),
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="access_of_one",
                condition=Q(unit__isnull=True, post__isnull=False)
                | Q(unit__isnull=False, post__isnull=True),
            ),
            models.UniqueConstraint(name="access_unit_once", fields=("grievance", "unit")),
            models.UniqueConstraint(name="access_post_once", fields=("grievance", "post")),
        )

    def __str__(self) -> str:
        return f"{self.grievance_id} {self.unit_id or self.post_id}"
