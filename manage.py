#!/usr/bin/env python
"""Django's command line for iomcase."""

import os
import sys

# These change tables, so they sign in to PostgreSQL as their owner; everything else as the role of web and workers.
OWNER_COMMANDS = {"migrate", "flush", "seed"}

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iomcase.settings")
    if OWNER_COMMANDS.intersection(sys.argv[1:2]):
        os.environ["IOMCASE_DATABASE_ROLE"] = "owner"
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
