"""Roll-up buckets, the marks that say where they are stale, and since when they are complete.

All of it is derived: ``manage.py rebuild_figures`` makes it again from the records.
"""

from __future__ import annotations

from django.db import models


class Bucket(models.Model):
    """The numbers of one place in one stretch of time, as of the last refresh.

    Every row above a leaf is exactly the sum of its leaves: both change in one transaction.
    """

    source = models.CharField(max_length=20)
    span = models.CharField(max_length=1)
    #: The first day of the stretch.
    start = models.DateField()
    kind = models.CharField(max_length=12)
    place = models.BigIntegerField()
    #: The units above, as the rows have them; 0 where there is none.
    top = models.BigIntegerField(default=0)
    middle = models.BigIntegerField(default=0)
    values = models.JSONField()

    class Meta:
        verbose_name = "汇总"
        indexes = (
            models.Index(
                fields=("source", "span", "start", "kind", "top"), name="metrics_bucket_top"
            ),
            models.Index(
                fields=("source", "span", "start", "kind", "middle"), name="metrics_bucket_middle"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                name="metrics_bucket_once",
                fields=("source", "span", "start", "kind", "place", "top", "middle"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.kind} {self.place} {self.span}{self.start}"


class Mark(models.Model):
    """A leaf whose buckets around ``day`` are stale. Only ever added; a refresh takes it away.

    One row per change, never shared: a refresh deletes the rows it has read, so the mark of a
    writer that commits later stays.
    """

    source = models.CharField(max_length=20)
    top = models.BigIntegerField()
    middle = models.BigIntegerField()
    leaf = models.BigIntegerField()
    #: The day the change counts for; null for a stock.
    day = models.DateField(null=True)

    class Meta:
        verbose_name = "待重算"

    def __str__(self) -> str:
        return f"{self.source} {self.leaf} {self.day}"


class Built(models.Model):
    """A source whose buckets are complete; without this row every answer is counted live."""

    source = models.CharField(max_length=20, primary_key=True)
    #: The day of a stock.
    as_of = models.DateField(null=True)
    built_at = models.DateTimeField()

    class Meta:
        verbose_name = "已汇总"

    def __str__(self) -> str:
        return self.source
