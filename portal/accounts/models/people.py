"""Organisations, people, and the dated posts that join them."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import F, Q

from portal.accounts.kinds import OrganisationKind, ScopeIds, full_name
from portal.accounts.permissions import ROLES, Permission, needs_second_factor, whom_to_ask
from portal.accounts.querysets import OrganisationQuerySet, PostQuerySet, UserQuerySet
from portal.accounts.roles import SEPARATED, DelegateKind, Role, post_label
from portal.core.encryption import EncryptedTextField


class Organisation(models.Model):
    """A place or unit of the tree; never deleted, only ended (``valid_until``, first day outside)."""

    Kind = OrganisationKind

    kind = models.CharField("类别", max_length=12, choices=OrganisationKind)
    #: National code down to the community (6, 9, 12 digits); own codes (code + suffix) below.
    code = models.CharField("代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=80)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    #: Codes from the root, each ended by "/": a prefix match is the whole subtree.
    path = models.CharField(max_length=200, unique=True)
    #: The units above (null for the unit itself and above it); kept by ``services.organisations``.
    district = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    street = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    community = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    valid_from = models.DateField("启用日期")
    valid_until = models.DateField("停用日期", null=True, blank=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ("path",)
        verbose_name = "单位"
        indexes = (models.Index(fields=("kind", "path"), name="organisation_kind_path"),)
        constraints = (
            models.CheckConstraint(
                name="organisation_dates",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
            ),
            models.CheckConstraint(
                name="organisation_kind", condition=Q(kind__in=OrganisationKind.values)
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        """``kinds.full_name``; needs ``community`` and ``street`` loaded."""
        return full_name(self.kind, self.name, lambda level: getattr(self, level, None) or "")

    def scope_ids(self) -> ScopeIds:
        """The district, street and community this unit lies in, itself included."""
        return ScopeIds(
            district_id=self.pk if self.kind == OrganisationKind.DISTRICT else self.district_id,
            street_id=self.pk if self.kind == OrganisationKind.STREET else self.street_id,
            community_id=self.pk if self.kind == OrganisationKind.COMMUNITY else self.community_id,
        )


class OrganisationName(models.Model):
    """A former name; a record keeps reading under the name of its day."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="former_names")
    name = models.CharField(max_length=80)
    until = models.DateField("改名日期")

    class Meta:
        ordering = ("-until", "-pk")

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, post: Post | None) -> UserQuerySet:
        return self.get_queryset().visible_to(post)

    def create_user(self, username: str, *, name: str, password: str | None = None) -> User:
        user = self.model(username=username, name=name)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser):
    """A person who signs in; rights come only from posts."""

    username = models.CharField("账号", max_length=40, unique=True)
    name = models.CharField("姓名", max_length=40)
    is_active = models.BooleanField("可登录", default=True)
    is_demo = models.BooleanField("演示账号", default=False)
    must_change_password = models.BooleanField("下次登录须改密码", default=True)
    #: Raised when what was typed must not come back (sign-out, new password); forms carry it.
    draft_epoch = models.PositiveIntegerField(default=0, editable=False)
    #: The unit that made the account, and looks after it while there is no post.
    home = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("username",)
        verbose_name = "用户"

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name


class Post(models.Model):
    """岗位: user × organisation × role from ``since`` until ``until`` (first day outside)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="posts")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="posts")
    role = models.CharField("角色", max_length=20, choices=Role)
    delegate_kind = models.CharField("代表类别", max_length=20, choices=DelegateKind, blank=True)
    title = models.CharField("岗位名称", max_length=60, blank=True)
    since = models.DateField("任职自")
    until = models.DateField("任职至", null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ("user_id", "since", "pk")
        verbose_name = "岗位"
        indexes = (models.Index(fields=("organisation", "role"), name="post_organisation_role"),)
        constraints = (
            models.CheckConstraint(
                name="post_dates", condition=Q(until__isnull=True) | Q(until__gt=F("since"))
            ),
            models.CheckConstraint(name="post_role", condition=Q(role__in=Role.values)),
            models.CheckConstraint(
                name="post_delegate_kind_iff_delegate",
                condition=Q(role="DELEGATE", delegate_kind__in=DelegateKind.values)
                | (~Q(role="DELEGATE") & Q(delegate_kind="")),
            ),
            models.UniqueConstraint(
                name="post_one_separated_role",
                fields=("user",),
                condition=Q(role__in=sorted(SEPARATED), until__isnull=True),
                violation_error_message="系统管理员、安全管理员、审计员不得由一人兼任。",
            ),
        )

    def __str__(self) -> str:
        return f"{self.organisation.name} {self.label}"

    @property
    def place(self) -> str:
        """Where it is held, said in full."""
        return self.organisation.full_name

    @property
    def label(self) -> str:
        """What the post is called on screen."""
        return post_label(self.role, self.title)

    def in_force(self, on: dt.date) -> bool:
        return self.since <= on and (self.until is None or on < self.until)

    def may(self, permission: Permission | str) -> bool:
        return self.role in ROLES[Permission(permission)]

    def require(self, permission: Permission) -> None:
        """Refuse with a sentence that says whom to ask, when the role may not do this."""
        if not self.may(permission):
            raise PermissionDenied(
                f"您当前的岗位（{self.label}）不能“{permission.label}”。"
                f"如工作需要，请联系{self.whom_to_ask}。"
            )

    @property
    def whom_to_ask(self) -> str:
        """Who can help when this post may not do something; needs ``organisation`` loaded."""
        in_street = self.organisation.scope_ids().street_id is not None
        return whom_to_ask(self.role, in_street=in_street)

    @property
    def needs_second_factor(self) -> bool:
        return needs_second_factor(self.role)

    @property
    def district_id(self) -> int | None:
        """The district the post lies in; needs ``organisation`` loaded."""
        return self.organisation.scope_ids().district_id


class Reveal(models.Model):
    """A stated reason to see one subject's personal data in full, until ``until`` (domain §3)."""

    class Reason(models.TextChoices):
        VISIT = "VISIT", "上门走访需要"
        PHONE = "PHONE", "电话联系需要"
        COVER = "COVER", "同事不在，代为联系"
        CHECK = "CHECK", "核对登记信息"
        EMERGENCY = "EMERGENCY", "紧急情况"

    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    reason = models.CharField("理由", max_length=12, choices=Reason)
    note = EncryptedTextField("说明", blank=True, default="")
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-pk")
        indexes = (
            models.Index(
                fields=("post", "subject_kind", "subject_id", "until"), name="reveal_live"
            ),
            models.Index(fields=("subject_kind", "subject_id", "-at"), name="reveal_who_looked"),
        )

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id}"
