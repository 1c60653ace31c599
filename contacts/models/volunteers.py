"""志愿服务: 服务队 and 党员工作室, their sessions, and each service given."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from contacts.querysets import ServiceSessionQuerySet, TeamQuerySet
from portal.core.encryption import EncryptedTextField
from portal.core.paths import path_of


class VolunteerTeam(models.Model):
    """A team of a street or of one of its communities."""

    class Kind(models.TextChoices):
        TEAM = "TEAM", "志愿服务队"
        STUDIO = "STUDIO", "党员工作室"

    name = models.CharField("名称", max_length=60)
    kind = models.CharField("类别", max_length=8, choices=Kind, default=Kind.TEAM)
    district = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    street = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    #: Empty: a team of the whole street.
    community = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    purpose = models.CharField("服务内容", max_length=200, blank=True)
    since = models.DateField("成立日期")
    until = models.DateField("停止日期", null=True, blank=True)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("street_id", "community_id", "name", "pk")
        verbose_name = "志愿队伍"
        constraints = (
            models.UniqueConstraint(
                name="team_name_once",
                fields=("street", "name"),
                condition=Q(until__isnull=True),
                violation_error_message="本街道已有同名的队伍。",
            ),
            models.CheckConstraint(name="team_kind", condition=Q(kind__in=["TEAM", "STUDIO"])),
            models.CheckConstraint(
                name="team_dates", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return path_of("contacts:team", self.pk)


class TeamMember(models.Model):
    """A volunteer of a team, dated; need not be a user of the portal."""

    team = models.ForeignKey(VolunteerTeam, models.PROTECT, related_name="members")
    name = models.CharField("姓名", max_length=40)
    phone = EncryptedTextField("电话", blank=True, default="")
    since = models.DateField("加入日期")
    until = models.DateField("离队日期", null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        verbose_name = "志愿者"
        constraints = (
            models.CheckConstraint(
                name="member_dates", condition=Q(until__isnull=True) | Q(until__gte=F("since"))
            ),
        )

    def __str__(self) -> str:
        return f"志愿者 {self.pk}"


class ServiceSession(models.Model):
    """One occasion on which a team served; 服务人次 is the number of its valid entries."""

    client_id = models.UUIDField(unique=True)
    team = models.ForeignKey(VolunteerTeam, models.PROTECT, related_name="sessions")
    district = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    street = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    community = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    held_on = models.DateField("服务日期")
    place = models.CharField("地点", max_length=80)
    text = models.TextField("情况", blank=True)
    volunteers = models.ManyToManyField(TeamMember, blank=True, related_name="+")
    author = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    post = models.ForeignKey("accounts.Post", models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    void_reason = models.CharField("作废原因", max_length=200, blank=True)

    objects = ServiceSessionQuerySet.as_manager()

    class Meta:
        ordering = ("-held_on", "-pk")
        verbose_name = "服务记录"
        indexes = (
            models.Index(fields=("street", "-held_on", "-id"), name="service_street"),
            models.Index(fields=("community", "-held_on", "-id"), name="service_community"),
        )
        constraints = (
            models.CheckConstraint(
                name="service_void_is_whole",
                condition=Q(voided_at__isnull=True, voided_by__isnull=True, void_reason="")
                | (Q(voided_at__isnull=False, voided_by__isnull=False) & ~Q(void_reason="")),
            ),
        )

    def __str__(self) -> str:
        return f"服务 {self.held_on}"

    def get_absolute_url(self) -> str:
        return path_of("contacts:service", self.client_id)


class ServiceEntry(models.Model):
    """One person served once with one thing: the unit of 服务人次."""

    class Item(models.TextChoices):
        HAIRCUT = "HAIRCUT", "理发"
        HEALTH = "HEALTH", "量血压、健康咨询"
        REPAIR = "REPAIR", "小修小补"
        CLEANING = "CLEANING", "打扫整理"
        ERRAND = "ERRAND", "代办跑腿"
        COMPANY = "COMPANY", "陪伴聊天"
        LEGAL = "LEGAL", "法律、政策咨询"
        DIGITAL = "DIGITAL", "教用手机"
        OTHER = "OTHER", "其他"

    client_id = models.UUIDField(unique=True)
    session = models.ForeignKey(ServiceSession, models.CASCADE, related_name="entries")
    item = models.CharField("服务项目", max_length=10, choices=Item)
    #: For whom, as the volunteer says it; personal.
    served = EncryptedTextField("服务对象", blank=True, default="")
    recorded_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pk",)
        verbose_name = "服务人次"
        constraints = (
            models.CheckConstraint(
                name="service_item",
                condition=Q(
                    item__in=[
                        "HAIRCUT",
                        "HEALTH",
                        "REPAIR",
                        "CLEANING",
                        "ERRAND",
                        "COMPANY",
                        "LEGAL",
                        "DIGITAL",
                        "OTHER",
                    ]
                ),
            ),
        )

    def __str__(self) -> str:
        return f"人次 {self.pk}"
