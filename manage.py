#!/usr/bin/env python
"""Command line of the portal; the embedded settings are the default."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
