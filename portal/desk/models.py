"""Tables of the desk: only the heartbeat of the background work."""

from django.db import models


class Heartbeat(models.Model):
    """When the scheduler's last message went through broker and worker to the database."""

    name = models.CharField("名称", max_length=30, primary_key=True)
    seen_at = models.DateTimeField("最近一次")

    class Meta:
        verbose_name = verbose_name_plural = "心跳"

    def __str__(self) -> str:
        return self.name
