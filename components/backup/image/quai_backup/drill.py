"""A restore for practice: into a database of its own and a folder of its own, compared, and thrown away (R60)."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import files
from .database import server_of
from .errors import Aborted, BackupError
from .inventory import NOTHING, Inventory, total_rows
from .load import load
from .log import Log
from .processes import Tools
from .repositories import Keeper
from .restic import Repository, Snapshot
from .restore import (
    DATABASE,
    SERVER_PATIENCE,
    choose,
    compare_files,
    databases_of,
    extract_files,
    fetch_database,
    manifest_of,
    restore_databases,
)
from .settings import Settings
from .sqlite import Databases
from .state import State, iso, now

HEADROOM = 1.1


@dataclass(frozen=True)
class Drill:
    settings: Settings
    tools: Tools
    log: Log

    def run(self) -> dict[str, Any]:
        """Returns, and keeps as `lastDrill`, what came of it. Raises BackupError after that when it failed."""
        state = State(self.settings.paths.state)
        clock = time.monotonic()
        record: dict[str, Any] = {"time": iso(now()), "ok": False, "snapshot": None, "repository": None, "tables": 0, "rows": 0, "files": 0}
        try:
            repository = self._repository(state)
            record["repository"] = repository.name
            snapshot = choose(repository.snapshots("drill"), "latest", self.settings.stack, repository.name)
            record["snapshot"] = snapshot.id
            record.update(self._restore(repository, snapshot))
        except Aborted:
            raise
        except (BackupError, OSError) as error:
            text = self.log.clean(str(error))
            record.update(error=text, seconds=round(time.monotonic() - clock, 1))
            state.update(lastDrill=record)
            raise BackupError(f"drill failed: {text}") from None
        finally:
            self._clear()
        record.update(ok=True, error=None, seconds=round(time.monotonic() - clock, 1))
        state.update(lastDrill=record)
        self.log.info(
            f"drill: {record['tables']} tables with {record['rows']} rows and {record['files']} files came back from the "
            f"{record['repository']} repository in {record['seconds']} s",
            step="drill",
        )
        return record

    def _repository(self, state: State) -> Repository:
        """The off-site one in turn with the local one: either may be all that is left one day. A failed one is tried again."""
        keeper = Keeper(self.settings, self.tools, self.log)
        last = state.read().get("lastDrill") or {}
        turn = "local" if last.get("repository") == "offsite" else "offsite"
        wanted = turn if last.get("ok", True) else last.get("repository")
        if self.settings.offsite is not None and wanted == "offsite":
            repository = keeper.ensure_offsite()
            assert repository is not None
            return repository
        return keeper.ensure_local()

    def _restore(self, repository: Repository, snapshot: Snapshot) -> dict[str, int]:
        settings = self.settings
        self._clear()
        self._require_space(snapshot)
        manifest = manifest_of(settings, repository, snapshot, "drill")
        found = [self._load(repository, snapshot, manifest) if settings.database and DATABASE in manifest else NOTHING]
        count = 0
        for path in snapshot.paths:
            if path != str(settings.paths.snapshot):
                databases = databases_of(manifest, Path(path).name)
                count += self._restore_files(repository, snapshot, path, databases)
                found += databases.values()
        return {"tables": sum(len(each["tables"]) for each in found), "rows": sum(map(total_rows, found)), "files": count}

    def _load(self, repository: Repository, snapshot: Snapshot, manifest: dict[str, Any]) -> Inventory:
        server = server_of(self.settings, self.tools)
        server.wait_until_ready(SERVER_PATIENCE)
        folder = fetch_database(self.settings, repository, snapshot, "drill")
        return load(server, self.settings, manifest, folder, self.settings.drill_database)

    def _restore_files(self, repository: Repository, snapshot: Snapshot, path: str, databases: Databases) -> int:
        """restic reads each file again and compares its hashes; SQLite proves its own."""
        settings = self.settings
        target = settings.paths.staging / "drill"
        extracted = extract_files(repository, snapshot, path, target, "drill", verify=True)
        found = files.measure(extracted)
        compare_files(path, repository.measure("drill", snapshot.id, path), found, "drill")
        copies = settings.paths.staging / "drill-sqlite"
        proved = restore_databases(settings, repository, snapshot, Path(path).name, databases, copies, extracted, "drill")
        for each in (target, copies):
            shutil.rmtree(each, ignore_errors=True)
        return found.count + proved

    def _require_space(self, snapshot: Snapshot) -> None:
        size = snapshot.number("bytes")
        free = shutil.disk_usage(self.settings.paths.backup).free
        if size is not None and free < size * HEADROOM:
            raise BackupError(f"the volume of {self.settings.paths.backup} has {free} bytes free, the snapshot needs {int(size * HEADROOM)}: give it room")

    def _clear(self) -> None:
        shutil.rmtree(self.settings.paths.staging, ignore_errors=True)
        try:
            server_of(self.settings, self.tools).drop(self.settings.drill_database)
        except BackupError as error:
            self.log.warning(f"drill: {self.settings.drill_database} is not dropped: {error}")
