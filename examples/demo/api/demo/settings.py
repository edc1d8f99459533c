"""Settings from the environment, secrets from files that it names. Every fault is found before anything starts."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROLES = ("serve", "migrate", "worker", "scheduler")
BREAKS = ("", "health", "listen", "migrate", "start")
LOG_LEVELS = ("debug", "info", "warning", "error")
SESSION_KEY_CHARACTERS = 50
PEM = r"-----BEGIN [^-]+-----\n[^-]+-----END [^-]+-----\n?"


class SettingsError(Exception):
    """One or more settings are missing or wrong; says all of them at once and no secret value."""

    def __init__(self, role: str, problems: list[str]) -> None:
        self.problems = problems
        plural = "setting is" if len(problems) == 1 else "settings are"
        super().__init__(f"demo-api {role} cannot start, {len(problems)} {plural} wrong:\n" + "\n".join(f"  {p}" for p in problems))


@dataclass(frozen=True)
class Settings:
    """What a role needs. Secrets stay out of repr. Fields that the role does not use are empty."""

    role: str
    release: str = "dev"
    version: str = "1"
    break_on_purpose: str = ""
    log_level: str = "info"
    database_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    session_keys: tuple[str, ...] = field(default=(), repr=False)
    jwt_private_key: str = field(default="", repr=False)
    jwt_public_keys: tuple[str, ...] = field(default=(), repr=False)
    token_seconds: int = 900
    public_origins: tuple[str, ...] = ()
    uploads_dir: Path = Path("/data/uploads")
    migrations_dir: Path = Path("/opt/demo/migrations")
    grant_to: str = ""
    port: int = 8000
    pool_size: int = 10
    upload_max_bytes: int = 1 << 30
    drain_seconds: int = 25
    wait_seconds: int = 60
    schedule_seconds: int = 15
    keep_hours: int = 168
    heartbeat_dir: Path = Path("/tmp")
    instance: str = "local"


def read_settings(role: str, env: Mapping[str, str]) -> Settings:
    """Raises SettingsError with every problem of this role's settings."""
    reader = _Reader(env)
    common = {
        "role": role,
        "release": reader.text("RELEASE", "dev", r"[A-Za-z0-9._-]{1,64}"),
        "version": reader.text("DEMO_VERSION", "1", r"[A-Za-z0-9._-]{1,64}"),
        "break_on_purpose": reader.choice("DEMO_BREAK", BREAKS, ""),
        "log_level": reader.choice("LOG_LEVEL", LOG_LEVELS, "info"),
        "wait_seconds": reader.number("WAIT_SECONDS", 60, 1, 600),
        "heartbeat_dir": Path(env.get("HEARTBEAT_DIR") or "/tmp"),
        "instance": reader.text("HOSTNAME", "local", r"[A-Za-z0-9._-]{1,64}"),
    }
    specific = {"serve": _serve, "migrate": _migrate, "worker": _worker, "scheduler": _scheduler}[role](reader)
    if reader.problems:
        raise SettingsError(role, reader.problems)
    return Settings(**common, **specific)


def _serve(reader: _Reader) -> dict[str, object]:
    public_key = reader.pem("JWT_PUBLIC_KEY_FILE", "PUBLIC KEY")
    former_keys = re.findall(PEM, reader.pem("JWT_PREVIOUS_PUBLIC_KEYS_FILE", "PUBLIC KEY", optional=True))
    session_key = reader.key("SESSION_KEY_FILE", SESSION_KEY_CHARACTERS)
    former_session_keys = reader.key("SESSION_PREVIOUS_KEYS_FILE", SESSION_KEY_CHARACTERS, optional=True).split(",")
    return {
        "database_url": reader.database("DATABASE_URL_FILE"),
        "redis_url": reader.url("REDIS_URL_FILE", ("redis", "rediss"), "redis://:password@host:6379/0"),
        "session_keys": tuple(key for key in (session_key, *former_session_keys) if key),
        "jwt_private_key": reader.pem("JWT_PRIVATE_KEY_FILE", "PRIVATE KEY"),
        "jwt_public_keys": tuple(key for key in (public_key, *former_keys) if key),
        "token_seconds": reader.number("TOKEN_SECONDS", 900, 1, 86400),
        "public_origins": reader.origins("PUBLIC_URL"),
        "uploads_dir": Path(reader.env.get("UPLOADS_DIR") or "/data/uploads"),
        "port": reader.number("PORT", 8000, 1, 65535),
        "pool_size": reader.number("DATABASE_POOL_SIZE", 10, 1, 200),
        "upload_max_bytes": reader.number("UPLOAD_MAX_BYTES", 1 << 30, 1, 1 << 40),
        "drain_seconds": reader.number("DRAIN_SECONDS", 25, 0, 600),
    }


def _migrate(reader: _Reader) -> dict[str, object]:
    return {
        "database_url": reader.database("MIGRATION_DATABASE_URL_FILE"),
        "migrations_dir": Path(reader.env.get("MIGRATIONS_DIR") or "/opt/demo/migrations"),
        "grant_to": reader.text("GRANT_TO", "", r"[A-Za-z_][A-Za-z0-9_$-]{0,62}"),
    }


def _worker(reader: _Reader) -> dict[str, object]:
    return {
        "database_url": reader.database("DATABASE_URL_FILE"),
        "redis_url": reader.url("REDIS_URL_FILE", ("redis", "rediss"), "redis://:password@host:6379/0"),
        "uploads_dir": Path(reader.env.get("UPLOADS_DIR") or "/data/uploads"),
        "pool_size": 2,
    }


def _scheduler(reader: _Reader) -> dict[str, object]:
    return {
        "database_url": reader.database("DATABASE_URL_FILE"),
        "schedule_seconds": reader.number("SCHEDULE_SECONDS", 15, 1, 86400),
        "keep_hours": reader.number("KEEP_HOURS", 168, 1, 87600),
        "pool_size": 2,
    }


class _Reader:
    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []

    def text(self, name: str, default: str, pattern: str) -> str:
        value = self.env.get(name) or default
        if value and not re.fullmatch(pattern, value):
            self.problems.append(f'{name}: must match {pattern} (got "{value}")')
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.env.get(name) or default
        if value not in allowed:
            self.problems.append(f'{name}: must be one of {", ".join(a for a in allowed if a)} (got "{value}")')
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.env.get(name) or str(default)
        if not re.fullmatch(r"\d{1,15}", value) or not least <= int(value) <= most:
            self.problems.append(f'{name}: must be a whole number from {least} to {most} (got "{value}")')
            return default
        return int(value)

    def secret(self, name: str, what: str) -> str | None:
        """The content of the file that the setting names, without the newline at its end; None after noting a problem."""
        path = self.env.get(name)
        if not path:
            self.problems.append(f"{name}: is missing; set it to the path of a file that holds {what}")
            return None
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not text"
            self.problems.append(f"{name}: cannot read {path}: {reason}; it must be a text file that this user may read")
            return None
        if not value:
            self.problems.append(f"{name}: {path} is empty; it must hold {what}")
            return None
        return value

    def key(self, name: str, least: int, optional: bool = False) -> str:
        if optional and not self.env.get(name):
            return ""
        value = self.secret(name, f"a random key of at least {least} characters")
        if value is not None and len(value) < least:
            self.problems.append(f"{name}: holds {len(value)} characters; generate a key of at least {least}")
        return value or ""

    def pem(self, name: str, kind: str, optional: bool = False) -> str:
        if optional and not self.env.get(name):
            return ""
        value = self.secret(name, f"an RSA-4096 {kind.lower()} in PEM form")
        if value is not None and not re.match(rf"-----BEGIN (RSA )?{kind}-----\n", value):
            self.problems.append(f"{name}: is not a PEM {kind.lower()}; the file must begin with -----BEGIN {kind}-----")
        return value or ""

    def database(self, name: str) -> str:
        return self.url(name, ("postgresql", "postgres"), "postgresql://user:password@host:5432/database")

    def url(self, name: str, schemes: tuple[str, ...], example: str) -> str:
        value = self.secret(name, f"a URL such as {example}")
        if value is None:
            return ""
        try:
            parts = urlsplit(value)
            good = parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            good = False
        if not good:
            self.problems.append(f"{name}: does not hold a URL such as {example}; encode special characters of the password with %")
        return value

    def origins(self, name: str) -> tuple[str, ...]:
        """One or more origins, separated by commas: scheme, host and port only, so that they compare equal to what browsers send."""
        value = self.env.get(name, "")
        if not value.strip():
            self.problems.append(f"{name}: is missing; set it to the public address, such as https://demo.example.com")
            return ()
        origins = tuple(part.strip().rstrip("/").lower() for part in value.split(","))
        for origin in origins:
            if not re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", origin):
                self.problems.append(f'{name}: must be an address without a path, such as https://demo.example.com (got "{origin}")')
        return origins
