"""One restic repository. Uses only what restic 0.14 knows; newer ones know it, too."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

from .errors import BackupError
from .processes import Result, Tools
from .settings import Settings, offsite_environment
from .state import parse_time

TAG = "quai"
INCOMPLETE = 3
OPEN_TIMEOUT = 60.0
"""Seconds after which a repository counts as out of reach; restic itself tries for a quarter of an hour."""
Access = Literal["open", "missing", "other password"]


@dataclass(frozen=True)
class Snapshot:
    id: str
    time: str
    tags: tuple[str, ...]
    paths: tuple[str, ...]

    def tag(self, name: str) -> str | None:
        return next((tag.partition(":")[2] for tag in self.tags if tag.startswith(f"{name}:")), None)

    def number(self, name: str) -> int | None:
        text = self.tag(name)
        return int(text) if text is not None and text.isdigit() else None


@dataclass(frozen=True)
class BackupSummary:
    id: str
    bytes: int
    added: int
    complete: bool
    unread: tuple[str, ...]
    """Paths that couldn't be read, when it isn't complete."""
    said: str


class Repository:
    """`restic` with everything that says which repository; never a secret in its arguments."""

    def __init__(self, name: str, location: str, settings: Settings, tools: Tools) -> None:
        self.name = name
        self.location = location
        self.settings = settings
        self.tools = tools
        self.local = name == "local"
        self.client = {} if self.local else offsite_environment(settings.paths)
        self.busy = settings.paths.backup / f"{name}-busy"

    @property
    def folder(self) -> Path | None:
        """Where it is, if that's a folder of this container."""
        return Path(self.location) if self.location.startswith("/") else None

    def options(self, prefix: str = "") -> list[str]:
        if self.folder is not None:
            return [f"--{prefix}repo", self.location]
        words = [f"--{prefix}repository-file", str(self._location_file())]
        command = self._ssh_command()
        return words if command is None else [*words, "-o", f"sftp.command={command}"]

    def environment(self, password: Path | None = None) -> dict[str, str]:
        own = {
            # Days, weeks and months of the retention begin at midnight of this zone.
            "TZ": self.settings.time_zone,
            "RESTIC_PASSWORD_FILE": str(password or self.settings.paths.password),
            "TMPDIR": str(self.settings.paths.staging),
            "HOME": str(self.settings.paths.run),
        }
        return {**self.client, **own}

    def run(
        self,
        step: str,
        *words: str,
        password: Path | None = None,
        env: dict[str, str] | None = None,
        timeout: float | None = None,
        accept: Sequence[int] = (0,),
        cached: bool | None = None,
    ) -> Result:
        paths = self.settings.paths
        # Outside /tmp, which is memory, and inside the volume.
        paths.staging.mkdir(parents=True, exist_ok=True)
        use_cache = not self.local if cached is None else cached
        cache = ["--cache-dir", str(paths.cache), "--cleanup-cache"] if use_cache else ["--no-cache"]
        argv = ["restic", *self.options(), *cache, *words]
        return self.tools.run(step, argv, env={**(env or {}), **self.environment(password)}, timeout=timeout, accept=accept)

    def access(self, password: Path | None = None) -> Access:
        """Raises BackupError when it can't be reached."""
        if self.folder is not None and not (self.folder / "config").exists():
            return "missing"
        result = self.run(
            f"{self.name} repository", "cat", "config", "--no-lock", password=password, timeout=OPEN_TIMEOUT, accept=(0, 1, 10, 12)
        )
        if result.status == 0:
            return "open"
        if result.status == 12 or "wrong password" in result.stderr:
            return "other password"
        if result.status == 10 or "Is there a repository at the following location" in result.stderr:
            return "missing"
        raise self.tools.failure(f"{self.name} repository", "restic", result.status, result.stderr)

    def require_reachable(self) -> None:
        """Else every command would try for a quarter of an hour."""
        found = self.access()
        if found != "open":
            raise BackupError(f"{self.name} repository: {self.location} had been opened before, and now: {found}")

    def identity(self) -> str:
        return str(json.loads(self.run(f"{self.name} repository", "cat", "config", "--no-lock").stdout)["id"])

    def init(self, chunker_of: Repository | None) -> None:
        """restic refuses where a repository is already."""
        more: list[str] = []
        env: dict[str, str] = {}
        if chunker_of is not None:
            # The same pieces are the same on both sides, so that copies are as small as the originals.
            more = [*chunker_of.options("from-"), "--copy-chunker-params"]
            env = {**chunker_of.client, "RESTIC_FROM_PASSWORD_FILE": str(self.settings.paths.password)}
        self.run(f"{self.name} repository", "init", *more, env=env)

    def add_key(self, known: Path, new: Path) -> None:
        self.run(f"{self.name} repository", "key", "add", "--new-password-file", str(new), "--host", self.settings.stack, password=known)

    def key_of(self, password: Path) -> str | None:
        """The id of the key that a password opens; None: it opens none."""
        if self.access(password) != "open":
            return None
        keys = json.loads(self.run(f"{self.name} repository", "key", "list", "--json", "--no-lock", password=password).stdout)
        return next((str(each["id"]) for each in keys if each.get("current")), None)

    def remove_key(self, key: str) -> None:
        self.run(f"{self.name} repository", "key", "remove", key)

    def snapshots(self, step: str = "list") -> list[Snapshot]:
        """Those of this stack, the oldest first."""
        text = self.run(step, "snapshots", "--json", "--no-lock", "--host", self.settings.stack, "--tag", TAG).stdout
        found = [
            Snapshot(each["id"], each["time"], tuple(each.get("tags") or ()), tuple(each["paths"])) for each in json.loads(text) or []
        ]
        # By the moment: as texts, times of two offsets have another order.
        return sorted(found, key=lambda each: (parse_time(each.time), each.id))

    def backup(self, paths: Sequence[str], tags: Sequence[str], excludes: Sequence[str]) -> BackupSummary:
        words = ["--json", "--quiet", "--host", self.settings.stack]
        words += [word for tag in tags for word in ("--tag", tag)]
        words += [word for pattern in excludes for word in ("--exclude", pattern)]
        result = self.run("snapshot", "backup", *words, *paths, accept=(0, INCOMPLETE))
        messages = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        summary = next((each for each in messages if each.get("message_type") == "summary"), None)
        if summary is None or not summary.get("snapshot_id"):
            raise self.tools.failure("snapshot", "restic", result.status, result.stderr or result.stdout)
        return BackupSummary(
            self._full_id(summary["snapshot_id"]),
            summary["total_bytes_processed"],
            summary["data_added"],
            result.status != INCOMPLETE,
            tuple(_unread(result)),
            result.stderr,
        )

    def _full_id(self, short: str) -> str:
        """Older versions print the first eight digits."""
        found = [] if self.folder is None else list((self.folder / "snapshots").glob(f"{short}*"))
        return found[0].name if len(found) == 1 else short

    def forget(self, *snapshots: str) -> None:
        self.run("retention", "forget", "--quiet", *snapshots)

    def apply_retention(self, rules: Sequence[str], prune: bool) -> list[str]:
        """Returns the snapshots that went; with `prune`, their data goes, too."""
        words = ["--json", "--host", self.settings.stack, "--tag", TAG, "--group-by", "host", *(["--prune"] if prune else []), *rules]
        text = self.run("retention", "forget", *words).stdout
        # What pruning says follows after the list.
        groups, _ = json.JSONDecoder().raw_decode(text.lstrip() or "[]")
        return [each["id"] for group in groups or [] for each in group.get("remove") or []]

    def copy_from(self, source: Repository) -> None:
        words = ["copy", "--quiet", "--host", self.settings.stack, "--tag", TAG, *source.options("from-")]
        self.run("off-site copy", *words, env={**source.client, "RESTIC_FROM_PASSWORD_FILE": str(self.settings.paths.password)})

    def restore(self, step: str, snapshot: str, path: str, target: Path, verify: bool = False) -> None:
        more = ["--verify"] if verify else []
        self.run(step, "restore", snapshot, "--quiet", "--include", escape(path), "--target", str(target), *more)

    def text(self, step: str, snapshot: str, path: str) -> str:
        """The content of one file."""
        return self.run(step, "dump", "--no-lock", snapshot, path).stdout

    def measure(self, step: str, snapshot: str, path: str) -> tuple[int, int]:
        """Number of files, and their bytes, below a path of a snapshot."""
        files = size = 0
        for line in self.run(step, "ls", "--json", "--no-lock", "--recursive", snapshot, path).stdout.splitlines():
            node = json.loads(line)
            if node.get("type") == "file":
                files, size = files + 1, size + int(node.get("size", 0))
        return files, size

    def check(self) -> str:
        return self.run(f"check of the {self.name} repository", "check", "--quiet").stdout

    def unlock(self, password: Path | None = None) -> None:
        """
        Locks of killed commands. The local repository is this tool's alone, and whoever calls holds the tool's own lock. Off site, another machine
        may be restoring: there only stale ones go, or all when this machine's own last command was cut off.
        """
        if self.folder is not None and not any((self.folder / "locks").iterdir()):
            return
        everything = ["--remove-all"] if self.local or self.busy.exists() else []
        self.run(f"{self.name} repository", "unlock", "--quiet", *everything, password=password)

    def mark_busy(self, working: bool) -> None:
        with suppress(FileNotFoundError):
            self.busy.touch() if working else self.busy.unlink()

    def _location_file(self) -> Path:
        """In memory and for root alone: the address may hold a password."""
        path = self.settings.paths.run / f"{self.name}-location"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(with_login(self.location, self.client), "utf-8")
        draft.replace(path)
        return path

    def _ssh_command(self) -> str | None:
        if not self.location.startswith("sftp:"):
            return None
        files = {}
        for name in ("SSH_PRIVATE_KEY", "SSH_KNOWN_HOSTS"):
            if name not in self.client:
                raise BackupError(
                    f"backup.offsite.environment.{name}: is needed for {self.location}: name the secret that holds it "
                    "(SSH_PRIVATE_KEY: the key in OpenSSH form; SSH_KNOWN_HOSTS: the server's line as `ssh-keyscan` prints it)"
                )
            path = self.settings.paths.run / name.lower()
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            path.write_text(self.client[name] + "\n", "utf-8")
            files[name] = path
        return ssh_command(self.location, files["SSH_PRIVATE_KEY"], files["SSH_KNOWN_HOSTS"])


def with_login(location: str, client: dict[str, str]) -> str:
    """restic before 0.17 takes a REST server's login from the address only."""
    user, password = client.get("RESTIC_REST_USERNAME"), client.get("RESTIC_REST_PASSWORD")
    if not location.startswith("rest:") or user is None or password is None:
        return location
    scheme, _, rest = location.removeprefix("rest:").partition("://")
    return f"rest:{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{rest.rpartition('@')[2]}"


def ssh_command(location: str, key: Path, known_hosts: Path) -> str:
    """`sftp:user@host:/path` or `sftp://user@host:port//path`."""
    if location.startswith("sftp://"):
        parts = urlsplit(location)
        user, host, port = parts.username, parts.hostname or "", parts.port
    else:
        login = location.removeprefix("sftp:").partition(":")[0]
        user, host, port = (*([login.partition("@")[0]] if "@" in login else [None]), login.rpartition("@")[2], None)
    words = ["ssh", "-i", str(key), "-F", "none", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"]
    words += ["-o", f"UserKnownHostsFile={known_hosts}", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=20"]
    words += ["-o", "ServerAliveInterval=30", *(["-p", str(port)] if port else []), *(["-l", user] if user else [])]
    return shlex.join([*words, host, "-s", "sftp"])


def escape(path: str) -> str:
    """restic's patterns are Go's: a backslash takes away a character's meaning."""
    return "".join(f"\\{each}" if each in "*?[\\" else each for each in path)


def _unread(result: Result) -> list[str]:
    """The files that restic couldn't read, as it names them on standard error or in messages."""
    items = []
    for line in [*result.stderr.splitlines(), *result.stdout.splitlines()]:
        if line.startswith("{"):
            with suppress(ValueError):
                message = json.loads(line)
                if message.get("message_type") == "error":
                    items.append(str(message.get("item") or ""))
    return items
