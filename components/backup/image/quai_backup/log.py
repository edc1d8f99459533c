"""One line per event: for people on a terminal, as JSON for `docker logs`; always as JSON in a rotated file."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any, TextIO

from .scrub import scrub, secrets_of
from .settings import Paths
from .state import iso, now

MAX_BYTES = 1_000_000
OLD_FILES = 4


class Log:
    def __init__(self, paths: Paths, as_json: bool, stream: TextIO | None = None) -> None:
        self.paths = paths
        self.as_json = as_json
        self.stream = stream or (sys.stdout if as_json else sys.stderr)
        self.secrets = secrets_of(paths)
        self.lock = threading.Lock()

    def info(self, message: str, **fields: Any) -> None:
        self._write("info", message, fields)

    def warning(self, message: str, **fields: Any) -> None:
        self._write("warning", message, fields)

    def error(self, message: str, **fields: Any) -> None:
        self._write("error", message, fields)

    def clean(self, text: str) -> str:
        return scrub(text, self.secrets)

    def _write(self, level: str, message: str, fields: dict[str, Any]) -> None:
        message = self.clean(message)
        record = {"time": iso(now()), "level": level, "message": message, **fields}
        line = self.clean(json.dumps(record, ensure_ascii=False, default=str))
        with self.lock:
            self._print(line if self.as_json else message if level == "info" else f"{level}: {message}")
            self._keep(line)

    def _print(self, line: str) -> None:
        try:
            print(line, file=self.stream, flush=True)
        except OSError:
            # Nobody listens any more; the work goes on.
            pass

    def _keep(self, line: str) -> None:
        path = self.paths.log
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > MAX_BYTES:
                self._rotate()
            with open(path, "a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError:
            # A full disk must not keep the message from the console.
            pass

    def _rotate(self) -> None:
        for number in range(OLD_FILES - 1, 0, -1):
            older = self.paths.log.with_suffix(f".log.{number}")
            if older.exists():
                os.replace(older, self.paths.log.with_suffix(f".log.{number + 1}"))
        os.replace(self.paths.log, self.paths.log.with_suffix(".log.1"))
