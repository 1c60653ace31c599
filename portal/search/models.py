"""The findable words of every record, beside its scope and date."""

from __future__ import annotations

from django.db import models

from portal.core.db.fulltext import TokensField


class SearchEntry(models.Model):
    """One findable object. Derived: ``manage.py rebuild_search`` makes the table again."""

    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    district_id = models.BigIntegerField(null=True)
    street_id = models.BigIntegerField(null=True)
    community_id = models.BigIntegerField(null=True)
    happened_on = models.DateField()
    tokens = TokensField()

    class Meta:
        verbose_name = "检索条目"
        indexes = (
            models.Index(fields=("district_id", "happened_on", "id"), name="search_district"),
            models.Index(fields=("street_id", "happened_on", "id"), name="search_street"),
        )
        constraints = (models.UniqueConstraint(name="search_object", fields=("kind", "object_id")),)

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"
