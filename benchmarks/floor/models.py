"""A plain table of a million rows."""

from django.db import models


class Item(models.Model):
    title = models.CharField(max_length=120)
    text = models.TextField()
    state = models.CharField(max_length=12)
    number = models.IntegerField()
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        app_label = "floor"

    def __str__(self) -> str:
        return self.title
