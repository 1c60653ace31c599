"""The project: composition root and the apps that every other app stands on."""

from portal.celery import app as celery_app

__all__ = ["celery_app"]
