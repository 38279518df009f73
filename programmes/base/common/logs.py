"""Logs carry no values: no query strings, no rows quoted by PostgreSQL."""

import logging
import re

import structlog

_DETAIL = re.compile(r"DETAIL:.*", re.DOTALL)
_QUERY = re.compile(r"\?[^\s\"']*")


def scrub(text: str) -> str:
    """Cut what PostgreSQL quotes of a row, and every query string."""
    return _QUERY.sub("?…", _DETAIL.sub("DETAIL: (cut)", text))


class ScrubValues(logging.Filter):
    """Scrub the message and the traceback of a record before any handler sees them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through, changed."""
        if isinstance(record.msg, str):
            record.msg, record.args = scrub(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


def _scrub_event(_logger, _name, event):
    return {k: scrub(v) if isinstance(v, str) else v for k, v in event.items() if k not in {"query", "body"}}


def json_formatter():
    """One JSON line per record, with the request id that django-structlog binds."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _scrub_event,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
        ],
    )
