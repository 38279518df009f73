"""Background work: the Celery application, the heartbeats that the health page reads, and the schedule.

Beat is static, in UTC, and only says "look what is due": when something is due is computed from our own tables in
each office's and person's own time zone. A tick that is missed or runs twice changes nothing.
"""

import os
from typing import Any

import pghistory
from celery import Celery, Task, bootsteps, signals
from celery.beat import PersistentScheduler
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from iomcase.health import HEARTBEAT_SECONDS, beat_heart

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iomcase.settings")

# Task → seconds between two ticks.
BEAT = {
    "notifications.sweep": 60,
    "notifications.send_digests": 60,
    "notifications.remind_due": 300,
    "reports.run_due": 60,
    "audit.seal": 600,
    "audit.send_head": 3600,
    "batches.sweep": 20,
    "batches.remove_expired": 3600,
    "lists.remove_expired": 3600,
    "files.scan_waiting": 60,
    "files.sweep": 24 * 3600,
    "papers.sweep": 30,
    "drafts.expire": 3600,
    "people.sweep_photos": 24 * 3600,
    "people.look_for_duplicates": 120,
    "people.tidy_dictionary": 24 * 3600,
    "demand.expire_lapsed": 3600,
    "departure.age_documents": 3600,
    "readiness.keep": 20,
    "readiness.pass_time": 3600,
    "returns.mark_overdue": 3600,
    "reintegration.mark_due": 3600,
}


class RecordedTask(Task):
    """A task whose changes carry its name in the row history, as a request's changes carry the user."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task."""
        with pghistory.context(task=self.name):
            return super().__call__(*args, **kwargs)


class WorkerHeart(bootsteps.StartStopStep):
    """Tells the health page, from the worker's own event loop, that this worker takes work."""

    requires = ("celery.worker.components:Timer",)

    def start(self, parent: Any) -> None:
        """Beat now and from now on."""
        beat_heart("worker")
        self.timer = parent.timer.call_repeatedly(HEARTBEAT_SECONDS, beat_heart, ("worker",))

    def stop(self, parent: Any) -> None:
        """Stop beating."""
        self.timer.cancel()


class HeartedScheduler(PersistentScheduler):
    """Celery's own scheduler, which also tells the health page that it ticks."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; return the seconds to sleep."""
        beat_heart("beat")
        return min(super().tick(*args, **kwargs), HEARTBEAT_SECONDS)


@signals.setup_logging.connect
def use_the_settings_for_logs(**kwargs: Any) -> None:
    """Keep Celery from installing handlers of its own: with a receiver here it leaves logging to the settings."""


app = Celery("iomcase", task_cls=RecordedTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_scheduler = "iomcase.celery:HeartedScheduler"
app.conf.beat_schedule_filename = str(settings.VAR_DIR / "beat")
# A tick that waited longer than its interval is stale: the next one does its work.
app.conf.beat_schedule = {
    name: {"task": name, "schedule": seconds, "options": {"expires": seconds}} for name, seconds in BEAT.items()
}
app.steps["worker"].add(DjangoStructLogInitStep)
app.steps["worker"].add(WorkerHeart)
app.autodiscover_tasks()
