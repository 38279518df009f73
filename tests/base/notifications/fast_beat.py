"""The application's own schedule, ticking each second instead of each minute, for tests that cannot wait."""

from iomcase.celery import app

app.conf.beat_schedule = {name: {**entry, "schedule": 1.0} for name, entry in app.conf.beat_schedule.items()}
