"""Tables of the desk: the heartbeat of the background work, and the box for complaints about us."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from portal.accounts.permissions import Permission

if TYPE_CHECKING:
    from portal.accounts.models import Post


class Heartbeat(models.Model):
    """When the scheduler's last message went through broker and worker to the database."""

    name = models.CharField("名称", max_length=30, primary_key=True)
    seen_at = models.DateTimeField("最近一次")

    class Meta:
        verbose_name = verbose_name_plural = "心跳"

    def __str__(self) -> str:
        return self.name


class FeedbackQuerySet(models.QuerySet):
    def visible_to(self, post: Post | None) -> Self:
        """The own ones; those of the district for who answers them."""
        if post is None:
            return self.none()
        own = Q(user_id=post.user_id)
        if post.may(Permission.ANSWER_FEEDBACK):
            return self.filter(own | Q(district_id=post.district_id))
        return self.filter(own)


class Feedback(models.Model):
    """反馈箱: a complaint or wish about the system itself, with whoever answers it and the reply."""

    class Kind(models.TextChoices):
        TROUBLE = "TROUBLE", "不好用、多余的填报"
        FAULT = "FAULT", "出错了"
        WISH = "WISH", "希望增加"

    client_id = models.UUIDField(unique=True)
    kind = models.CharField("类别", max_length=10, choices=Kind)
    text = models.TextField("内容")
    #: The page it is about, without its query.
    page = models.CharField("页面", max_length=200, blank=True)
    user = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    #: Who answers reads the street, not the name, when the writer asked so.
    unnamed = models.BooleanField("不显示姓名", default=False)
    district = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    street = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField("时间")
    owner = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    reply = models.TextField("答复", blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)

    objects = FeedbackQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = "系统意见"
        constraints = (
            models.CheckConstraint(name="feedback_has_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="feedback_reply_is_whole",
                condition=Q(reply="", replied_at__isnull=True)
                | (~Q(reply="") & Q(replied_at__isnull=False, owner__isnull=False)),
            ),
        )

    def __str__(self) -> str:
        return f"意见 {self.pk}"
