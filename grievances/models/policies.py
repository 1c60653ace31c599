"""时限: how long each step may take, as rows; a change begins a new version of a row."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q

from grievances.clocks.kinds import Start, Step, Unit
from grievances.clocks.policy import Policy
from grievances.kinds import Nature, Regime, Source, Urgency

ARTICLE_LIMIT: Final = 120
#: For which grievances a row is; "" is any.
KEY: Final = ("step", "regime", "nature", "urgency", "source")
#: What it says of them: with ``KEY`` the columns of the shipped file.
SAID: Final = (
    "start",
    "length",
    "unit",
    "first_day_counts",
    "rolls_over",
    "may_pause",
    "extension",
    "article",
)
#: Steps of PETITION whose length is somebody's right against the office: not to be changed.
RIGHTS: Final = frozenset({Step.OBJECT, Step.ASK_REVIEW, Step.ASK_RECHECK})


def is_fixed(policy: Policy) -> bool:
    """Whether a law or another office has set it for good."""
    is_right = policy.regime == Regime.PETITION and policy.step in RIGHTS
    return is_right or policy.unit is Unit.STATED


class ClockPolicy(models.Model):
    """One version of one row: it limits what began from ``valid_from`` on, before ``valid_until``.

    A change never rewrites a period that has begun (decision 0117).
    """

    #: None: shipped, for every district; a district's own row of the same key goes before.
    district = models.ForeignKey(
        "accounts.Organisation", models.PROTECT, null=True, blank=True, related_name="+"
    )
    step = models.CharField("环节", max_length=12, choices=Step)
    regime = models.CharField("办理渠道", max_length=10, choices=Regime, blank=True)
    nature = models.CharField("性质", max_length=10, choices=Nature, blank=True)
    urgency = models.CharField("紧急程度", max_length=10, choices=Urgency, blank=True)
    source = models.CharField("来源", max_length=10, choices=Source, blank=True)
    start = models.CharField("从何时起算", max_length=14, choices=Start)
    #: In units; 0 for a stated date only.
    length = models.PositiveSmallIntegerField("时长")
    unit = models.CharField("单位", max_length=14, choices=Unit)
    first_day_counts = models.BooleanField("始日计入", default=False)
    rolls_over = models.BooleanField("末日顺延", default=False)
    may_pause = models.BooleanField("可以暂停", default=False)
    extension = models.PositiveSmallIntegerField("最多延长", default=0)
    article = models.CharField("依据", max_length=ARTICLE_LIMIT)
    #: None: from ever.
    valid_from = models.DateTimeField("起用", null=True, blank=True)
    valid_until = models.DateTimeField("停用", null=True, blank=True)
    #: None: the file that comes with the portal.
    created_by = models.ForeignKey(
        "accounts.Post", models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ("pk",)
        verbose_name = "时限"
        constraints = (
            models.CheckConstraint(name="clock_policy_step", condition=Q(step__in=Step.values)),
            models.CheckConstraint(name="clock_policy_unit", condition=Q(unit__in=Unit.values)),
            models.CheckConstraint(name="clock_policy_start", condition=Q(start__in=Start.values)),
            models.CheckConstraint(name="clock_policy_article", condition=~Q(article="")),
            models.CheckConstraint(
                name="clock_policy_stated_says_nothing",
                condition=Q(
                    unit="STATED",
                    length=0,
                    extension=0,
                    first_day_counts=False,
                    rolls_over=False,
                    may_pause=False,
                )
                | (~Q(unit="STATED") & Q(length__gte=1)),
            ),
            models.CheckConstraint(
                name="clock_policy_hours_have_no_days",
                condition=~Q(unit="HOURS") | Q(first_day_counts=False, rolls_over=False),
            ),
            models.CheckConstraint(
                name="clock_policy_ends_after",
                condition=Q(valid_from__isnull=True)
                | Q(valid_until__isnull=True)
                | Q(valid_until__gt=F("valid_from")),
            ),
            models.UniqueConstraint(
                name="clock_policy_shipped_once",
                fields=KEY,
                condition=Q(district__isnull=True, valid_until__isnull=True),
            ),
            models.UniqueConstraint(
                name="clock_policy_district_once",
                fields=("district", *KEY),
                condition=Q(district__isnull=False, valid_until__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.regime} {self.step}"

    @property
    def policy(self) -> Policy:
        """The rule of the row, as a value."""
        return Policy(
            **{name: getattr(self, name) for name in (*KEY, *SAID)}
            | {"step": Step(self.step), "start": Start(self.start), "unit": Unit(self.unit)}
        )
