"""Restore: everything is made beside what runs, proved, and then takes its place by renames that can be undone."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import files, sqlite
from .database import Server, server_of
from .errors import BackupError
from .exchange import Exchange
from .inventory import total_rows
from .load import load
from .log import Log
from .processes import Tools
from .repositories import Keeper
from .restic import Repository, Snapshot
from .settings import Settings
from .state import iso, now, read_json, write_json

DATABASE = "database"
SERVER_PATIENCE = 60.0


@dataclass(frozen=True)
class Restore:
    settings: Settings
    tools: Tools
    log: Log

    @property
    def server(self) -> Server:
        return server_of(self.settings, self.tools)

    @property
    def exchange(self) -> Exchange:
        return Exchange(self.settings, self.server, self.log)

    def prepare(self, wanted: str, from_offsite: bool, only: str | None) -> dict[str, Any]:
        """Nothing that runs is touched. Called again, it begins anew."""
        if only == DATABASE and not self.settings.database:
            raise BackupError(f"--only {DATABASE}: there is no PostgreSQL here; databases that are files are restored with --only files")
        self.exchange.refuse_while_unfinished()
        self.discard()
        clock = time.monotonic()
        repository = self.repository(from_offsite)
        snapshot = choose(repository.snapshots("restore"), wanted, self.settings.stack, repository.name)
        self.log.info(f"restore: snapshot {snapshot.id[:8]} of {snapshot.time} from the {repository.name} repository")
        result: dict[str, Any] = {"snapshot": snapshot.id, "time": snapshot.time, "repository": repository.name}
        try:
            manifest = manifest_of(self.settings, repository, snapshot, "restore")
            if only != "files" and self._has_database(manifest):
                result[DATABASE] = self._prepare_database(repository, snapshot, manifest)
            if only != DATABASE:
                found = self._file_sets(snapshot)
                result["files"] = {name: self._prepare_files(repository, snapshot, name, databases_of(manifest, name)) for name in found}
        except BaseException:
            self.discard()
            raise
        finally:
            shutil.rmtree(self.settings.paths.staging, ignore_errors=True)
        result["seconds"] = round(time.monotonic() - clock, 1)
        write_json(self.settings.paths.restore, {"prepared": iso(now()), **result})
        self.log.info(f"restore: prepared and proved in {result['seconds']} s; `restore swap` puts it in place, `restore discard` drops it")
        return result

    def swap(self) -> dict[str, Any]:
        """May be called again after a kill. The application's containers are to be stopped."""
        plan = read_json(self.settings.paths.restore)
        if not plan:
            raise BackupError("restore swap: nothing is prepared: run `restore prepare` first")
        return self.exchange.run(plan)

    def undo(self) -> dict[str, Any]:
        """Puts back what the last swap replaced. That in turn is kept, so a second `undo` is a redo."""
        return self.exchange.run(self.exchange.plan_undo())

    def discard(self) -> None:
        self.exchange.refuse_while_unfinished()
        if self.settings.paths.restore.exists():
            self.settings.paths.restore.unlink()
        self.server.drop(self.settings.restored_database)
        for name in self.settings.files:
            files.discard(self.settings.paths.files / name)

    def repository(self, from_offsite: bool) -> Repository:
        keeper = Keeper(self.settings, self.tools, self.log)
        if not from_offsite:
            return keeper.ensure_local()
        repository = keeper.ensure_offsite()
        if repository is None:
            raise BackupError("--offsite: there is no off-site repository: set backup.offsite.repository")
        return repository

    def _has_database(self, manifest: dict[str, Any]) -> bool:
        if self.settings.database and DATABASE not in manifest:
            self.log.warning("restore: the snapshot has no database: the present one stays as it is")
        return bool(self.settings.database) and DATABASE in manifest

    def _prepare_database(self, repository: Repository, snapshot: Snapshot, manifest: dict[str, Any]) -> dict[str, Any]:
        self.server.wait_until_ready(SERVER_PATIENCE)
        folder = fetch_database(self.settings, repository, snapshot, "restore")
        found = load(self.server, self.settings, manifest, folder, self.settings.restored_database)
        self.log.info(f"restore: {len(found['tables'])} tables with {total_rows(found)} rows, as in the backup")
        return {"tables": len(found["tables"]), "rows": total_rows(found), "serverVersion": manifest[DATABASE]["serverVersion"]}

    def _file_sets(self, snapshot: Snapshot) -> list[str]:
        chosen = []
        for name in self.settings.files:
            if str(self.settings.paths.files / name) in snapshot.paths:
                chosen.append(name)
            else:
                self.log.warning(f"restore: the snapshot has no files of {name}: they stay as they are")
        return chosen

    def _prepare_files(self, repository: Repository, snapshot: Snapshot, name: str, databases: sqlite.Databases) -> dict[str, Any]:
        folder = self.settings.paths.files / name
        target = folder / f"{files.OWN}extract"
        extracted = extract_files(repository, snapshot, str(folder), target, "restore")
        measured = files.measure(extracted)
        compare_files(name, repository.measure("restore", snapshot.id, str(folder)), measured, "restore")
        copies = folder / f"{files.OWN}extract-sqlite"
        count = measured.count + restore_databases(self.settings, repository, snapshot, name, databases, copies, extracted, "restore")
        files.place_restored(folder, extracted)
        for each in (target, copies):
            shutil.rmtree(each, ignore_errors=True)
        self.log.info(f"restore: {count} files of {name}, {len(databases)} of them databases, as in the backup")
        return {"count": count, "bytes": measured.bytes, "databases": len(databases)}


def choose(snapshots: list[Snapshot], wanted: str, stack: str, name: str) -> Snapshot:
    if not snapshots:
        raise BackupError(f"--snapshot: the {name} repository has none of {stack}")
    if wanted == "latest":
        return snapshots[-1]
    found = [each for each in snapshots if each.id.startswith(wanted)]
    if len(found) != 1 or not wanted:
        known = ", ".join(each.id[:8] for each in snapshots[-10:])
        raise BackupError(f'--snapshot: {"none" if not found else "more than one"} begins with "{wanted}" (the newest are {known})')
    return found[0]


def manifest_of(settings: Settings, repository: Repository, snapshot: Snapshot, step: str) -> dict[str, Any]:
    damaged = f"{step}: snapshot {snapshot.id[:8]} has no manifest: it is damaged, or not made by this tool"
    try:
        manifest = json.loads(repository.text(step, snapshot.id, str(settings.paths.snapshot / "manifest.json")))
    except ValueError:
        raise BackupError(damaged) from None
    if not isinstance(manifest, dict):
        raise BackupError(damaged)
    return manifest


def databases_of(manifest: dict[str, Any], name: str) -> sqlite.Databases:
    """Databases that are files. Snapshots of earlier versions have them among the others."""
    found: sqlite.Databases = (manifest.get("sqlite") or {}).get(name) or {}
    return found


def fetch_database(settings: Settings, repository: Repository, snapshot: Snapshot, step: str) -> Path:
    """The dump, into the staging folder."""
    return extract_files(repository, snapshot, str(settings.paths.snapshot / DATABASE), settings.paths.staging / "extracted", step)


def restore_databases(
    settings: Settings,
    repository: Repository,
    snapshot: Snapshot,
    name: str,
    databases: sqlite.Databases,
    copies: Path,
    target: Path,
    step: str,
) -> int:
    """Databases that are files: proved, and put among the others in `target`. Returns their number."""
    if not databases:
        return 0
    return sqlite.place(extract_files(repository, snapshot, str(settings.paths.databases / name), copies, step), target, databases, step)


def extract_files(repository: Repository, snapshot: Snapshot, path: str, target: Path, step: str, verify: bool = False) -> Path:
    """restic writes below the whole path; returns that folder. It exists even where the snapshot had an empty one."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o700, parents=True)
    repository.restore(step, snapshot.id, path, target, verify)
    extracted = target / path.lstrip("/")
    extracted.mkdir(parents=True, exist_ok=True)
    return extracted


def compare_files(name: str, expected: tuple[int, int], found: files.Measure, step: str) -> None:
    if expected != (found.count, found.bytes):
        raise BackupError(f"{step}: {name}: {found.count} files with {found.bytes} bytes arrived instead of {expected[0]} with {expected[1]}")
