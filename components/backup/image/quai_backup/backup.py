"""One backup: database and files in one snapshot, or none."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from . import VERSION, files, sqlite
from .database import server_of
from .dump import dump
from .errors import Aborted, BackupError
from .inventory import NOTHING, Inventory, total_rows
from .log import Log
from .processes import Tools, tail
from .repositories import Keeper
from .restic import TAG, BackupSummary, Repository, escape
from .retention import rules
from .settings import Settings
from .state import State, iso, now, parse_time, write_json

REASONS = ("manual", "scheduled", "before-migration")
SERVER_PATIENCE = 60.0
"""Seconds that the database may take to answer, after a reboot of the host."""
PRUNE_EVERY = timedelta(hours=20)


@dataclass(frozen=True)
class Backup:
    settings: Settings
    tools: Tools
    log: Log

    @property
    def state(self) -> State:
        return State(self.settings.paths.state)

    def run(self, reason: str) -> dict[str, Any]:
        """Under the lock. Returns what state.json has as `last`. Raises BackupError, with the error recorded and nothing half-made left."""
        self.clear_staging()
        try:
            keeper = Keeper(self.settings, self.tools, self.log)
            repository = keeper.ensure_local()
            repository.unlock()
            last = self._snapshot(repository, reason)
        except Aborted:
            raise
        except (BackupError, OSError) as error:
            self.state.update(lastError={"time": iso(now()), "error": self.log.clean(_text(error))})
            raise error if isinstance(error, BackupError) else BackupError(_text(error)) from None
        finally:
            self.clear_staging()
        self.state.update(last=last, lastError=None)
        keeper.retire_due("local")
        self._retain(repository, "local")
        if self.settings.offsite is not None and reason != "before-migration":
            # A deployment doesn't wait for the network: the next scheduled backup copies this one, too.
            last = {**last, "offsite": self._copy_offsite(keeper, repository)}
            self.state.update(last=last)
        return last

    def clear_staging(self) -> None:
        shutil.rmtree(self.settings.paths.staging, ignore_errors=True)

    def _snapshot(self, repository: Repository, reason: str) -> dict[str, Any]:
        settings = self.settings
        started, clock = now(), time.monotonic()
        settings.paths.snapshot.mkdir(parents=True, mode=0o700)
        self.log.info("dump: begins", step="dump")
        inventory = self._database()
        databases = {name: self._databases_among(name) for name in self._file_sets()}
        within = {name: sqlite.originals(settings.paths.files / name, found) for name, found in databases.items()}
        sets = {name: files.measure(settings.paths.files / name, set(paths)) for name, paths in within.items()}
        inventories = [inventory, *(each for found in databases.values() for each in found.values())]
        tables, rows = sum(len(each["tables"]) for each in inventories), sum(map(total_rows, inventories))
        count = sum(each.count + len(databases[name]) for name, each in sets.items())
        self.log.info(f"dump: {tables} tables, {rows} rows, {time.monotonic() - clock:.1f} s", step="dump")
        manifest = {
            "stack": settings.stack,
            "tool": VERSION,
            "started": iso(started),
            "reason": reason,
            "name": settings.database,
            "files": {name: {"count": each.count, "bytes": each.bytes} for name, each in sets.items()},
            "sqlite": databases,
            **inventory,
        }
        write_json(settings.paths.snapshot / "manifest.json", manifest)
        size = files.measure(settings.paths.snapshot).bytes + sum(each.bytes for each in sets.values())
        tags = [TAG, f"reason:{reason}", f"rows:{rows}", f"tables:{tables}", f"files:{count}", f"bytes:{size}"]
        sources = [str(settings.paths.snapshot), *(str(settings.paths.files / name) for name in sets)]
        excludes = [f"{settings.paths.files / name}/{files.OWN}*" for name in sets]
        excludes += [escape(path) for paths in within.values() for path in paths]
        made = repository.backup(sources, tags, excludes)
        self._refuse_incomplete(repository, made)
        seconds = round(time.monotonic() - clock, 1)
        self.log.info(
            f"snapshot: {made.id[:8]} is made: {made.bytes} bytes, {made.added} of them new, {seconds} s", step="snapshot", snapshot=made.id
        )
        return {
            "time": iso(started),
            "snapshot": made.id,
            "reason": reason,
            "seconds": seconds,
            "bytes": made.bytes,
            "added": made.added,
            "tables": tables,
            "rows": rows,
            "files": count,
            "offsite": None,
        }

    def _database(self) -> Inventory:
        """What is in the dump; of no database, nothing."""
        if not self.settings.database:
            return NOTHING
        server = server_of(self.settings, self.tools)
        server.wait_until_ready(SERVER_PATIENCE)
        return dump(server, self.settings, self.settings.paths.snapshot / "database")

    def _databases_among(self, name: str) -> sqlite.Databases:
        paths = self.settings.paths
        return sqlite.copy_all(paths.files / name, paths.databases / name, self.log)

    def _file_sets(self) -> list[str]:
        for name in self.settings.files:
            if not (self.settings.paths.files / name).is_dir():
                raise BackupError(f"files: {self.settings.paths.files / name} is not mounted: mount the volume of \"{name}\" there")
        return list(self.settings.files)

    def _refuse_incomplete(self, repository: Repository, made: BackupSummary) -> None:
        """A file that the application has removed meanwhile isn't missing; any other makes the snapshot incomplete, and it goes."""
        missing = [item for item in made.unread if os.path.lexists(item)]
        if made.complete or (made.unread and not missing):
            return
        repository.forget(made.id)
        names = ", ".join(missing[:5]) or tail(self.log.clean(made.said))
        raise BackupError(f"snapshot: not all files could be read, so it was removed again: {names}")

    def _retain(self, repository: Repository, name: str) -> None:
        """The backup is made: trouble here is noted, and the next backup tries again."""
        if (self.state.read().get("lastDrill") or {}).get("ok") is False:
            self.log.warning("retention: nothing is forgotten while the last drill has failed")
            return
        try:
            pruned = self.state.read().get("pruned") or {}
            last = parse_time(pruned.get(name))
            prune = last is None or now() - last > PRUNE_EVERY
            gone = repository.apply_retention(rules(self.settings.keep), prune)
            if prune and gone:
                self.state.update(pruned={**pruned, name: iso(now())})
            self.log.info(f"retention: {len(gone)} snapshots removed from the {name} repository", step="retention")
        except Aborted:
            raise
        except BackupError as error:
            self.log.error(f"retention of the {name} repository failed: {error}")

    def _copy_offsite(self, keeper: Keeper, source: Repository) -> dict[str, Any]:
        known = (self.state.read().get("last") or {}).get("offsite") or {}
        try:
            target = keeper.ensure_offsite()
            assert target is not None
            target.require_reachable()
            target.unlock()
            target.mark_busy(True)
            target.copy_from(source)
            moment = iso(now())
            self.state.update(offsite={"time": moment})
            self.log.info("off-site copy: done", step="offsite")
            keeper.retire_due("offsite")
            self._retain(target, "offsite")
            target.mark_busy(False)
            return {"ok": True, "time": moment, "error": None}
        except Aborted:
            raise
        except (BackupError, OSError) as error:
            self.log.error(f"off-site copy failed, the backup itself is good: {_text(error)}")
            return {"ok": False, "time": known.get("time") or (self.state.read().get("offsite") or {}).get("time"), "error": self.log.clean(_text(error))}


def _text(error: Exception) -> str:
    return str(error) if isinstance(error, BackupError) else f"backup: {error}"
