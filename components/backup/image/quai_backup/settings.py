"""Where things are, and what backup.json says."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import BackupError

DRILLS = ("never", "daily", "weekly", "monthly")
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*\Z")


@dataclass(frozen=True)
class Paths:
    """Everything below one root, so that tests can have their own."""

    root: Path = Path("/")

    @property
    def backup(self) -> Path:
        return self.root / "backup"

    @property
    def repository(self) -> Path:
        return self.backup / "repository"

    @property
    def staging(self) -> Path:
        return self.backup / "staging"

    @property
    def snapshot(self) -> Path:
        """Always the same folder: restic finds unchanged files of the last snapshot by their path."""
        return self.staging / "snapshot"

    @property
    def databases(self) -> Path:
        """Of the snapshot: copies of databases that are files, by the name of their files."""
        return self.snapshot / "sqlite"

    @property
    def cache(self) -> Path:
        return self.backup / "cache"

    @property
    def state(self) -> Path:
        return self.backup / "state.json"

    @property
    def lock(self) -> Path:
        return self.backup / "lock"

    @property
    def log(self) -> Path:
        return self.backup / "log" / "quai-backup.log"

    @property
    def restore(self) -> Path:
        """What a restore under way has done, so that it can go on after a kill."""
        return self.backup / "restore.json"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def files(self) -> Path:
        return self.root / "files"

    @property
    def socket(self) -> Path:
        return self.root / "var/run/postgresql"

    @property
    def secrets(self) -> Path:
        return self.root / "run/secrets"

    @property
    def password(self) -> Path:
        return self.secrets / "repository-password"

    @property
    def run(self) -> Path:
        """In memory, gone with the container."""
        return self.root / "tmp/quai-backup"

    @property
    def heartbeat(self) -> Path:
        return self.run / "heartbeat"

    @property
    def started(self) -> Path:
        return self.run / "started"


@dataclass(frozen=True)
class Keep:
    daily: int
    weekly: int
    monthly: int
    days: int | None = None


@dataclass(frozen=True)
class Settings:
    stack: str
    database: str
    """Empty where there is no PostgreSQL: files alone are backed up. So are its roles then."""
    owner: str
    application: str
    files: tuple[str, ...]
    at: tuple[int, int]
    time_zone: str
    keep: Keep
    offsite: str | None
    drill: str
    max_age: int
    paths: Paths = field(default_factory=Paths)

    @property
    def restored_database(self) -> str:
        return f"{self.database}_restore"

    @property
    def drill_database(self) -> str:
        return f"{self.database}_drill"

    @property
    def before_prefix(self) -> str:
        return f"{self.database}_before_"


def load(paths: Paths | None = None) -> Settings:
    paths = paths or Paths(Path(os.environ.get("QUAI_BACKUP_ROOT", "/")))
    source = paths.secrets / "backup.json"
    try:
        raw = json.loads(source.read_text("utf-8"))
    except OSError as error:
        raise BackupError(f"{source}: cannot be read ({error.strerror}): mount the folder that holds it at {paths.secrets}") from None
    except ValueError as error:
        raise BackupError(f"{source}: is not JSON: {error}") from None
    return parse(raw, paths)


def parse(raw: Any, paths: Paths | None = None) -> Settings:
    """Raises BackupError that lists every problem, each beginning with its path."""
    reader = _Reader(raw if isinstance(raw, dict) else {})
    keep = _Reader(reader.get("keep", dict, {}), reader.problems, "keep.")
    offsite = reader.get("offsite", (dict, type(None)), None)
    alone = "database" in reader.raw and reader.raw["database"] is None
    settings = Settings(
        stack=reader.text("stack", _NAME),
        database="" if alone else reader.text("database", _IDENTIFIER),
        owner="" if alone else reader.text("owner", _IDENTIFIER),
        application="" if alone else reader.text("application", _IDENTIFIER),
        files=tuple(reader.names("files")),
        at=reader.time_of_day("at"),
        time_zone=reader.zone("timeZone"),
        keep=Keep(keep.count("daily"), keep.count("weekly"), keep.count("monthly"), keep.optional_count("days")),
        offsite=None if offsite is None else _Reader(offsite, reader.problems, "offsite.").text("repository"),
        drill=reader.one_of("drill", DRILLS),
        max_age=reader.count("maxAgeSeconds"),
        paths=paths or Paths(),
    )
    if reader.problems:
        raise BackupError("\n".join(f"backup.json: {problem}" for problem in reader.problems))
    return settings


class _Reader:
    """Takes values out of an object and notes what's wrong with them, all at once."""

    def __init__(self, raw: dict[str, Any], problems: list[str] | None = None, prefix: str = "") -> None:
        self.raw = raw
        self.problems = problems if problems is not None else []
        self.prefix = prefix

    def wrong(self, key: str, must: str) -> None:
        self.problems.append(f"{self.prefix}{key}: must be {must} (got {json.dumps(self.raw.get(key))})")

    def get(self, key: str, kind: Any, fallback: Any) -> Any:
        value = self.raw.get(key)
        if isinstance(value, kind):
            return value
        self.wrong(key, "an object")
        return fallback

    def text(self, key: str, pattern: re.Pattern[str] | None = None) -> str:
        value = self.raw.get(key)
        if isinstance(value, str) and value and (pattern is None or pattern.match(value)):
            return value
        self.wrong(key, "a text" if pattern is None else f"a text that matches {pattern.pattern.removesuffix(chr(92) + 'Z')}")
        return ""

    def names(self, key: str) -> list[str]:
        value = self.raw.get(key)
        if isinstance(value, list) and all(isinstance(each, str) and _NAME.match(each) for each in value):
            return value
        self.wrong(key, "a list of names")
        return []

    def time_of_day(self, key: str) -> tuple[int, int]:
        value = self.raw.get(key)
        match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
        if match is None:
            self.wrong(key, "a time of day, HH:MM")
            return (0, 0)
        return (int(match[1]), int(match[2]))

    def zone(self, key: str) -> str:
        from zoneinfo import ZoneInfo

        value = self.raw.get(key)
        try:
            return ZoneInfo(value).key if isinstance(value, str) and value else self.zone_failed(key)
        except (ValueError, OSError, KeyError):
            return self.zone_failed(key)

    def zone_failed(self, key: str) -> str:
        self.wrong(key, "the IANA name of a time zone, such as Europe/Paris")
        return "UTC"

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        value = self.raw.get(key)
        if value in allowed:
            return value
        self.wrong(key, f"one of {', '.join(allowed)}")
        return allowed[0]

    def count(self, key: str) -> int:
        value = self.raw.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self.wrong(key, "a whole number, 0 or more")
        return 0

    def optional_count(self, key: str) -> int | None:
        return None if self.raw.get(key) is None else self.count(key)


def offsite_environment(paths: Paths) -> dict[str, str]:
    """Variables of the off-site repository's client, one file each: `offsite-AWS_ACCESS_KEY_ID`."""
    if not paths.secrets.is_dir():
        return {}
    found = ((each.name.removeprefix("offsite-"), each) for each in sorted(paths.secrets.glob("offsite-*")))
    return {name: each.read_text("utf-8").rstrip("\r\n") for name, each in found if _VARIABLE.match(name)}
