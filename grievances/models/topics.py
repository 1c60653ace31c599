"""诉求分类: the tree of topics, and what each was called before."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

#: Levels of the tree, the first one included (domain §5).
DEEPEST: Final = 5
CODE_LIMIT: Final = 16
NAME_LIMIT: Final = 30


class Topic(models.Model):
    """One kind of matter; never deleted, only ended (``valid_until``, the first day outside).

    The code stays what it is wherever the topic moves: records and trained models keep it.
    """

    code = models.CharField("代码", max_length=CODE_LIMIT, unique=True)
    name = models.CharField("名称", max_length=NAME_LIMIT)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    #: Codes from the root, each ended by "/": a prefix match is the whole subtree.
    path = models.CharField(max_length=DEEPEST * (CODE_LIMIT + 1), unique=True)
    level = models.PositiveSmallIntegerField("层级")
    #: How people say it, one a line.
    aliases = models.TextField("别名", blank=True)
    valid_from = models.DateField("启用日期")
    valid_until = models.DateField("停用日期", null=True, blank=True)
    #: The one that took it over; its code leads there.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )

    class Meta:
        ordering = ("path",)
        verbose_name = "诉求分类"
        constraints = (
            models.CheckConstraint(
                name="topic_level", condition=Q(level__gte=1, level__lte=DEEPEST)
            ),
            models.CheckConstraint(
                name="topic_root_is_first",
                condition=Q(level=1, parent__isnull=True) | Q(level__gt=1, parent__isnull=False),
            ),
            models.CheckConstraint(
                name="topic_dates",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
            ),
            models.CheckConstraint(
                name="topic_merged_is_ended",
                condition=Q(merged_into__isnull=True)
                | (Q(valid_until__isnull=False) & ~Q(merged_into=F("id"))),
            ),
            models.CheckConstraint(name="topic_named", condition=~Q(name="")),
            models.UniqueConstraint(
                name="topic_name_once",
                fields=("parent", "name"),
                condition=Q(valid_until__isnull=True),
            ),
            models.UniqueConstraint(
                name="topic_root_name_once",
                fields=("name",),
                condition=Q(valid_until__isnull=True, parent__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("grievances:topic", args=[self.code])

    def in_force(self, day: dt.date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or self.valid_until > day)

    @property
    def also_called(self) -> list[str]:
        return self.aliases.splitlines()


class TopicPast(models.Model):
    """What a topic was called and where it stood before ``until``; added to, never changed.

    A grievance keeps reading under the name of its day.
    """

    topic = models.ForeignKey(Topic, models.PROTECT, related_name="past")
    name = models.CharField(max_length=NAME_LIMIT)
    path = models.CharField(max_length=DEEPEST * (CODE_LIMIT + 1))
    #: The first day of what came after.
    until = models.DateField("变更日期")

    class Meta:
        ordering = ("until", "pk")
        verbose_name = "诉求分类变更"
        indexes = (models.Index(fields=("topic", "until"), name="topic_past"),)

    def __str__(self) -> str:
        return self.name
