"""What was learned from closed grievances, with what it was measured at."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from grievances.kinds import Suggested


class SuggestionModel(models.Model):
    """One training; the newest of a district and kind is in use, of older ones only the figures stay."""

    kind = models.CharField("建议什么", max_length=8, choices=Suggested)
    district = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    trained_at = models.DateTimeField("训练时间")
    examples = models.PositiveIntegerField("样本数")
    #: Texts held out and asked; the shares are of these, None where none could be.
    asked = models.PositiveIntegerField("检验数")
    accuracy = models.FloatField("准确率", null=True)
    macro_f1 = models.FloatField("宏平均F1", null=True)
    #: Of those that were said.
    accuracy_said = models.FloatField("给出建议的准确率", null=True)
    declined_share = models.FloatField("不给建议的比例", null=True)
    #: ``grievances.suggesting.model.Model.pack``; empty when a newer one took over.
    weights = models.BinaryField(blank=True)

    class Meta:
        ordering = ("-trained_at", "-pk")
        verbose_name = "建议模型"
        indexes = (
            models.Index(
                fields=("district", "kind", "-trained_at", "-id"), name="suggestion_newest"
            ),
        )
        constraints = (
            models.CheckConstraint(name="suggestion_kind", condition=Q(kind__in=Suggested.values)),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.trained_at:%Y-%m-%d}"
