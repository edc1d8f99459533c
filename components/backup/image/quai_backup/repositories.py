"""Makes repositories, and sees to it that the current password opens them."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from .errors import BackupError
from .lock import exclusive
from .log import Log
from .processes import Tools
from .restic import Repository
from .settings import Paths, Settings
from .state import State

DATA_FOLDERS = ("data", "index", "snapshots")
PATIENCE = 60.0
"""Seconds that the first opening of a repository, or a new password, waits for the end of another command."""


def local(settings: Settings, tools: Tools) -> Repository:
    return Repository("local", str(settings.paths.repository), settings, tools)


def offsite(settings: Settings, tools: Tools) -> Repository | None:
    return None if settings.offsite is None else Repository("offsite", settings.offsite, settings, tools)


class Keeper:
    def __init__(self, settings: Settings, tools: Tools, log: Log) -> None:
        self.settings = settings
        self.tools = tools
        self.log = log
        self.paths = settings.paths
        self.state = State(settings.paths.state)

    def ensure_local(self) -> Repository:
        repository = local(self.settings, self.tools)
        if not self._known(repository):
            with self._alone(repository):
                self._ensure(repository, self._reachable_offsite())
        return repository

    def ensure_offsite(self) -> Repository | None:
        repository = offsite(self.settings, self.tools)
        if repository is not None and not self._known(repository):
            with self._alone(repository):
                self._ensure(repository, local(self.settings, self.tools))
        return repository

    def adopt(self, password: str) -> None:
        """An earlier password that a person hands in."""
        name = store_key(self.paths, password)
        self.log.info(f"keys: the password is kept as {name} and will be tried")

    def retire_later(self) -> None:
        """Earlier passwords shall open no repository any more: the next backup sees to it, if nothing does before."""
        self.state.update(retire=["local", *([] if self.settings.offsite is None else ["offsite"])])

    def retire(self) -> None:
        self.retire_due("local")
        self.retire_due("offsite")

    def retire_due(self, name: str) -> None:
        if name not in (self.state.read().get("retire") or []):
            return
        try:
            repository = self.ensure_local() if name == "local" else self.ensure_offsite()
            if repository is not None:
                repository.require_reachable()
                repository.unlock()
                self._remove_earlier(repository)
            self.state.update(retire=[each for each in self.state.read().get("retire") or [] if each != name])
        except BackupError as error:
            self.log.warning(f"{name} repository: earlier passwords still open it, and are removed after the next backup: {error}")

    def _remove_earlier(self, repository: Repository) -> None:
        """The keys of passwords that were this stack's. Those that people added by hand stay."""
        present = key_name(self._password())
        for earlier in earlier_keys(self.paths):
            if earlier.name == present:
                continue
            opened = False
            # There may be two of one password: the service's start and a command added it at the same time.
            while (key := repository.key_of(earlier)) is not None:
                repository.remove_key(key)
                opened = True
            if opened:
                self.log.info(f"{repository.name} repository: the earlier password {earlier.name} doesn't open it any more")

    def _known(self, repository: Repository) -> bool:
        """Opened before, with this very password: no need to derive its key once more, which costs half a second."""
        noted = self._notes().get(repository.name) or {}
        return (
            noted.get("key") == key_name(self._password())
            and noted.get("location") == repository.location
            and (repository.folder is None or (repository.folder / "config").exists())
        )

    def _alone(self, repository: Repository) -> AbstractContextManager[None]:
        """Of two that make a repository at once, one could leave a key that opens nothing."""
        return exclusive(self.paths.lock, f"the opening of the {repository.name} repository", PATIENCE)

    def _ensure(self, repository: Repository, chunker_of: Repository | None) -> None:
        access = repository.access()
        if access == "missing":
            self._refuse_to_begin_anew(repository)
            repository.init(chunker_of)
            self.log.info(f"{repository.name} repository: made")
            if repository.local:
                # What another one held is no backup any more.
                self.state.update(last=None)
        elif access == "other password":
            self._adopt_with_earlier(repository)
        store_key(self.paths, self._password())
        noted = {"id": repository.identity(), "location": repository.location, "key": key_name(self._password())}
        self.state.update(repositories={**self._notes(), repository.name: noted})

    def _notes(self) -> dict[str, dict[str, str]]:
        return self.state.read().get("repositories") or {}

    def _reachable_offsite(self) -> Repository | None:
        """On a new machine the off-site repository may be there already: a new local one is then cut the same way."""
        repository = offsite(self.settings, self.tools)
        if repository is None or (self.paths.repository / "config").exists():
            return None
        try:
            access = repository.access()
            if access == "other password":
                self._adopt_with_earlier(repository)
            return None if access == "missing" else repository
        except BackupError as error:
            self.log.warning(f"offsite repository: not reached while the local one is made: {error}")
            return None

    def _refuse_to_begin_anew(self, repository: Repository) -> None:
        folder = repository.folder
        noted = self._notes().get(repository.name) or {}
        if noted.get("location") == repository.location:
            hint = "mount the disk that holds it" if repository.name == "offsite" and folder else "bring it back"
            raise BackupError(
                f"{repository.name} repository: {repository.location} held one (id {noted.get('id', '')[:8]}) and is empty now: {hint}; "
                f'to begin a new one on purpose, remove "{repository.name}" from repositories in {self.paths.state}'
            )
        if folder is None:
            return
        if repository.name == "offsite" and not folder.is_dir():
            raise BackupError(f"offsite repository: {folder} is not mounted: mount the host's folder of backup.offsite.repository there")
        if any(each.is_file() for part in DATA_FOLDERS for each in (folder / part).rglob("*")):
            raise BackupError(
                f"{repository.name} repository: {folder} has data but no config file: bring that file back from a copy of the repository, "
                "or move the folder away to begin a new one"
            )
        # What a killed `init` leaves: folders and perhaps a key, which opens nothing.
        for part in (*DATA_FOLDERS, "keys", "locks"):
            shutil.rmtree(folder / part, ignore_errors=True)

    def _adopt_with_earlier(self, repository: Repository) -> None:
        current = self.paths.password
        for earlier in earlier_keys(self.paths):
            if repository.access(earlier) == "open":
                # The lock of a command that was killed would refuse it.
                repository.unlock(earlier)
                repository.add_key(earlier, current)
                self.log.info(f"{repository.name} repository: opened with the earlier password {earlier.name}; the present one is added")
                return
        raise BackupError(
            f"{repository.name} repository: neither the present password nor an earlier one in {self.paths.keys} opens it. Nothing was changed. "
            "Hand in the password that it was made with: `quai-backup adopt` reads it from standard input; "
            "or point backup.offsite.repository to another place"
            + ("" if repository.name == "offsite" else "; or move the volume's repository folder away to begin a new one")
        )

    def _password(self) -> str:
        try:
            password = self.paths.password.read_text("utf-8").rstrip("\r\n")
        except OSError as error:
            raise BackupError(f"{self.paths.password}: cannot be read ({error.strerror}): mount the repository's password there") from None
        if not password:
            raise BackupError(f"{self.paths.password}: is empty: put the repository's password there")
        return password


def key_name(password: str) -> str:
    return hashlib.sha256(b"quai repository password\0" + password.encode()).hexdigest()[:24]


def store_key(paths: Paths, password: str) -> str:
    """Readable by root alone, and flushed: it may be all that opens the repository one day."""
    name = key_name(password)
    target = paths.keys / name
    if not target.exists():
        draft = paths.keys / f".{name}.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
        with open(handle, "w", encoding="utf-8") as file:
            file.write(password + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    return name


def earlier_keys(paths: Paths) -> list[Path]:
    """The newest first."""
    found = [each for each in paths.keys.glob("*") if each.is_file() and not each.name.startswith(".")]
    return sorted(found, key=lambda each: each.stat().st_mtime, reverse=True)
