"""The moment when what was restored becomes what runs. Each step is a rename that may be repeated, so a killed swap can be run again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import files
from .database import Server, identifier, literal
from .errors import BackupError
from .log import Log
from .settings import Settings
from .state import now, read_json, write_json


@dataclass(frozen=True)
class Exchange:
    settings: Settings
    server: Server
    log: Log

    def run(self, plan: dict[str, Any]) -> dict[str, Any]:
        """The plan is restore.json: what was prepared; from the first step on it has the stamp of what is put aside."""
        resumed = "stamp" in plan
        if not resumed and "undo" not in plan:
            self._refuse_incomplete(plan)
        stamp = str(plan["stamp"]) if resumed else self._new_stamp()
        plan = {**plan, "stamp": stamp}
        write_json(self.settings.paths.restore, plan)
        if "undo" in plan:
            self._bring_before_beside(str(plan["undo"]))
        done_files: list[str] = []
        try:
            if "database" in plan:
                self._exchange_database(stamp)
            for name in plan.get("files") or {}:
                done_files.append(name)
                files.exchange(self.settings.paths.files / name, stamp)
        except (BackupError, OSError) as error:
            self._revert(plan, stamp, done_files)
            raise BackupError(f"restore swap: {error}\nEverything is as it was before the swap; what was prepared is still there.") from None
        self.settings.paths.restore.unlink()
        self._remove_older(stamp)
        kept = (self.settings.before_prefix if "database" in plan else files.BEFORE) + stamp
        self.log.info(f"restore: in place; what it replaced is kept as {kept} and can be put back with `restore undo`")
        return {"stamp": stamp, "database": "database" in plan, "files": sorted(plan.get("files") or {}), "snapshot": plan.get("snapshot")}

    def _refuse_incomplete(self, plan: dict[str, Any]) -> None:
        """Somebody removed what was prepared."""
        gone = [name for name in plan.get("files") or {} if not (self.settings.paths.files / name / files.RESTORED).is_dir()]
        if "database" in plan and not self.server.exists(self.settings.restored_database):
            gone.append(self.settings.restored_database)
        if gone:
            raise BackupError(f"restore swap: what was prepared is gone ({', '.join(gone)}): run `restore prepare` again")

    def refuse_while_unfinished(self) -> None:
        plan = read_json(self.settings.paths.restore)
        if "stamp" in plan:
            command = "undo" if "undo" in plan else "swap"
            raise BackupError(f"restore: an exchange was cut off: run `restore {command}` again, it goes on where it stopped")

    def plan_undo(self) -> dict[str, Any]:
        plan = read_json(self.settings.paths.restore)
        if "undo" in plan:
            return plan
        self.refuse_while_unfinished()
        stamp = max(self._stamps(), default=None)
        if stamp is None:
            raise BackupError("restore undo: no restore has put anything aside")
        if plan:
            raise BackupError("restore undo: another restore is prepared: run `restore discard` or `restore swap` first")
        sets = {name: {} for name in self.settings.files if stamp in files.befores(self.settings.paths.files / name)}
        database = {"database": {}} if self.server.exists(self.settings.before_prefix + stamp) else {}
        return {"undo": stamp, "files": sets, **database}

    def _bring_before_beside(self, stamp: str) -> None:
        """What was put aside takes the place of what a restore prepares."""
        before = self.settings.before_prefix + stamp
        if self.server.exists(before):
            self.server.run("restore undo", f"ALTER DATABASE {identifier(before)} RENAME TO {identifier(self.settings.restored_database)};")
        for name in self.settings.files:
            folder = self.settings.paths.files / name
            if stamp in files.befores(folder):
                (folder / f"{files.BEFORE}{stamp}").rename(folder / files.RESTORED)

    def _exchange_database(self, stamp: str) -> None:
        settings, server = self.settings, self.server
        if not server.exists(settings.restored_database):
            # Renamed already, by a call that was cut off later.
            return
        live, restored = identifier(settings.database), identifier(settings.restored_database)
        statements = []
        if server.exists(settings.database):
            self._close(settings.database)
            # Only the administrator gets into the old one, to look something up.
            before = identifier(settings.before_prefix + stamp)
            statements = [
                f"ALTER DATABASE {live} CONNECTION LIMIT 0;",
                f"ALTER DATABASE {live} ALLOW_CONNECTIONS true;",
                f"ALTER DATABASE {live} RENAME TO {before};",
            ]
        self._close(settings.restored_database)
        statements += [
            f"ALTER DATABASE {restored} CONNECTION LIMIT -1;",
            f"ALTER DATABASE {restored} ALLOW_CONNECTIONS true;",
            f"ALTER DATABASE {restored} RENAME TO {live};",
        ]
        try:
            server.run("restore swap", "\n".join(["BEGIN;", *statements, "COMMIT;"]))
        except BackupError:
            self._open(settings.database)
            self._open(settings.restored_database)
            raise

    def _close(self, database: str) -> None:
        name = identifier(database)
        self.server.run(
            "restore swap",
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS false;\n"
            f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {literal(database)};",
        )

    def _open(self, database: str) -> None:
        if self.server.exists(database):
            self.server.run("restore swap", f"ALTER DATABASE {identifier(database)} ALLOW_CONNECTIONS true;")

    def _revert(self, plan: dict[str, Any], stamp: str, done_files: list[str]) -> None:
        for name in reversed(done_files):
            files.revert(self.settings.paths.files / name, stamp)
        settings, server = self.settings, self.server
        if "database" in plan and not server.exists(settings.restored_database) and server.exists(settings.database):
            live, restored = identifier(settings.database), identifier(settings.restored_database)
            before = settings.before_prefix + stamp
            statements = [f"ALTER DATABASE {live} CONNECTION LIMIT 0;", f"ALTER DATABASE {live} RENAME TO {restored};"]
            if server.exists(before):
                name = identifier(before)
                statements += [f"ALTER DATABASE {name} CONNECTION LIMIT -1;", f"ALTER DATABASE {name} RENAME TO {live};"]
            self._close(settings.database)
            server.run("restore swap", "\n".join(["BEGIN;", *statements, "COMMIT;"]))
            self._open(settings.database)
            self._open(settings.restored_database)
        if "undo" in plan:
            self._put_before_back(str(plan["undo"]))
        else:
            write_json(settings.paths.restore, {key: value for key, value in plan.items() if key != "stamp"})

    def _put_before_back(self, stamp: str) -> None:
        settings, server = self.settings, self.server
        if server.exists(settings.restored_database):
            before = identifier(settings.before_prefix + stamp)
            server.run("restore undo", f"ALTER DATABASE {identifier(settings.restored_database)} RENAME TO {before};")
        for name in settings.files:
            folder = settings.paths.files / name
            if (folder / files.RESTORED).is_dir():
                (folder / files.RESTORED).rename(folder / f"{files.BEFORE}{stamp}")
        settings.paths.restore.unlink()

    def _new_stamp(self) -> str:
        """The time, in UTC; later than every other even when the clock isn't."""
        newest = max(self._stamps(), default="0")
        return max(now().strftime("%Y%m%d%H%M%S"), str(int(newest) + 1))

    def _stamps(self) -> set[str]:
        databases = {name.removeprefix(self.settings.before_prefix) for name in self.server.databases(self.settings.before_prefix)}
        folders = {stamp for name in self.settings.files for stamp in files.befores(self.settings.paths.files / name)}
        return {stamp for stamp in databases | folders if stamp.isdigit()}

    def _remove_older(self, newest: str) -> None:
        for stamp in self._stamps():
            if stamp < newest:
                self.server.drop(self.settings.before_prefix + stamp)
                for name in self.settings.files:
                    files.remove_before(self.settings.paths.files / name, stamp)
