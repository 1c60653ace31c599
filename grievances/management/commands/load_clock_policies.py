"""Bring the shipped clock policies to the file of this edition."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from grievances.services.policies import load_shipped


class Command(BaseCommand):
    help = "装入随系统提供的办理时限；重复运行没有影响，改动只对以后开始的环节有效"

    def handle(self, *args: Any, **options: Any) -> None:
        done = load_shipped(now=timezone.now())
        self.stdout.write(
            f"clock policies: {done.created} new, {done.changed} changed, {done.ended} ended"
        )
