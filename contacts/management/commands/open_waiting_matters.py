"""manage.py open_waiting_matters: what was heard before the grievance desk opened is handled too."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from contacts import ports
from contacts.services.waiting import open_waiting


class Command(BaseCommand):
    help = "Open a grievance for every matter that waits; running it again opens nothing twice."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if ports.escalate.is_default:
            raise CommandError("No app opens grievances here: the matters go on waiting.")
        opened = open_waiting(now=timezone.now())
        self.stdout.write(f"grievances: {opened} opened")
