"""Backup and restore: one encrypted file with the database, the files of jobs and the seals.

The keys are not in it. Whoever restores needs the same ``FIELD_KEYS``, ``BLIND_INDEX_KEY`` and
``AUDIT_SEAL_KEY``; keep them apart from the backups.
"""
