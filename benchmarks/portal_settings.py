"""The served portal with one address more: the empty page P′."""

from pathlib import Path

from portal.settings.production import *

ROOT_URLCONF = "benchmarks.portal_urls"
#: A run is longer than people are idle.
SESSION_IDLE_SECONDS = 6 * 3600
TEMPLATES[0]["DIRS"].append(Path(__file__).parent / "templates")
