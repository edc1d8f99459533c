"""Log lines as JSON on standard output, one object per line."""
from __future__ import annotations

import json
import logging
import sys
import time
from typing import Any

from .settings import Settings

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class JsonFormatter(logging.Formatter):
    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._fixed = {"role": settings.role, "release": settings.release}

    def format(self, record: logging.LogRecord) -> str:
        at = time.gmtime(record.created)
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", at) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            **self._fixed,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            # Only types and places: messages of drivers may repeat connection strings.
            line["exception"] = record.exc_info[0].__name__
            line["trace"] = trace(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


def trace(tb: Any) -> list[str]:
    places: list[str] = []
    while tb is not None:
        places.append(f"{tb.tb_frame.f_code.co_filename}:{tb.tb_lineno}")
        tb = tb.tb_next
    return places[-8:]


def start(settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(settings))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("demo").setLevel(_LEVELS[settings.log_level])


class _Fields(logging.LoggerAdapter):
    """log.info("message", fields={...}) adds the fields to the line."""

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        fields = kwargs.pop("fields", {})
        kwargs["extra"] = {"fields": fields}
        return msg, kwargs


def get(name: str) -> logging.LoggerAdapter:
    return _Fields(logging.getLogger(name), {})
