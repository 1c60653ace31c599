"""One machine, SQLite, no server needed: what ``make run`` starts."""

import os

from portal.core.message_files import register
from portal.settings.base import *

# SECURITY: everything this makes, the database with its names and addresses first, is read by its
# owner alone, whichever command makes it.
os.umask(0o077)
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
_queue = DATA_DIR / "queue"
for _name in ("messages", "control"):
    (_queue / _name).mkdir(parents=True, exist_ok=True)
CELERY_BROKER_URL = register()
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "data_folder_in": str(_queue / "messages"),
    "data_folder_out": str(_queue / "messages"),
    "control_folder": str(_queue / "control"),
    "polling_interval": 0.1,
}
