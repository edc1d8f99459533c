"""Restore: everything is made beside what runs, proved, and then takes its place by renames that can be undone."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from typing import Any

from . import files
from .database import Server
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
        return Server(self.settings, self.tools)

    @property
    def exchange(self) -> Exchange:
        return Exchange(self.settings, self.server, self.log)

    def prepare(self, wanted: str, from_offsite: bool, only: str | None) -> dict[str, Any]:
        """Nothing that runs is touched. Called again, it begins anew."""
        self.exchange.refuse_while_unfinished()
        self.discard()
        clock = time.monotonic()
        repository = self.repository(from_offsite)
        snapshot = choose(repository.snapshots("restore"), wanted, self.settings.stack, repository.name)
        self.log.info(f"restore: snapshot {snapshot.id[:8]} of {snapshot.time} from the {repository.name} repository")
        result: dict[str, Any] = {"snapshot": snapshot.id, "time": snapshot.time, "repository": repository.name}
        try:
            if only != "files":
                result[DATABASE] = self._prepare_database(repository, snapshot)
            if only != DATABASE:
                result["files"] = {name: self._prepare_files(repository, snapshot, name) for name in self._file_sets(snapshot)}
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

    def _prepare_database(self, repository: Repository, snapshot: Snapshot) -> dict[str, Any]:
        self.server.wait_until_ready(SERVER_PATIENCE)
        manifest = fetch_database(self.settings, repository, snapshot, "restore")
        folder = extracted_database(self.settings)
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

    def _prepare_files(self, repository: Repository, snapshot: Snapshot, name: str) -> dict[str, Any]:
        folder = self.settings.paths.files / name
        target = folder / f"{files.OWN}extract"
        extracted = extract_files(repository, snapshot, str(folder), target, "restore")
        measured = files.measure(extracted)
        compare_files(name, repository.measure("restore", snapshot.id, str(folder)), measured, "restore")
        files.place_restored(folder, extracted)
        shutil.rmtree(target, ignore_errors=True)
        self.log.info(f"restore: {measured.count} files of {name}, {measured.bytes} bytes, as in the backup")
        return {"count": measured.count, "bytes": measured.bytes}


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


def fetch_database(settings: Settings, repository: Repository, snapshot: Snapshot, step: str) -> dict[str, Any]:
    """The dump and its manifest, into the staging folder."""
    target = settings.paths.staging / "extracted"
    shutil.rmtree(target, ignore_errors=True)
    repository.restore(step, snapshot.id, str(settings.paths.snapshot), target)
    manifest = read_json(extracted_database(settings).with_name("manifest.json"))
    if not manifest:
        raise BackupError(f"{step}: snapshot {snapshot.id[:8]} has no manifest: it is damaged, or not made by this tool")
    return manifest


def extracted_database(settings: Settings) -> Any:
    inside = settings.paths.snapshot.relative_to(settings.paths.snapshot.anchor)
    return settings.paths.staging / "extracted" / inside / DATABASE


def extract_files(repository: Repository, snapshot: Snapshot, path: str, target: Any, step: str, verify: bool = False) -> Any:
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
