"""What each command does with the parts."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from .backup import REASONS, Backup
from .drill import Drill
from .errors import BackupError, Busy
from .lock import exclusive, held_by
from .log import Log
from .loop import Loop
from .processes import Tools, abortable
from .repositories import Keeper
from .restore import Restore
from .schedule import next_run
from .settings import Settings, load
from .state import iso, now
from .status import status

PATIENT = 1800.0
"""Seconds that a restore, and a backup before a migration, wait for another command's end."""


def run(words: list[str], program: str) -> int:
    args = parser().parse_args(words)
    try:
        settings = load()
    except BackupError as error:
        print(error, file=sys.stderr)
        return error.status
    as_json = args.log == "json" or args.command == "serve"
    log = Log(settings.paths, as_json)
    if args.command == "serve":
        return Loop(settings, log, program).serve()
    try:
        with abortable():
            result = COMMANDS[args.command](settings, Tools(log), log, args)
    except BackupError as error:
        log.error(str(error))
        return error.status
    if getattr(args, "json", False):
        print(json.dumps(result, indent=1))
    elif result is not None and args.command in PRINTED:
        print(PRINTED[args.command](result))
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="quai-backup", description=__doc__)
    top.add_argument("--log", choices=("text", "json"), default="text", help="how progress is printed")
    commands = top.add_subparsers(dest="command", required=True)

    def add(name: str, text: str, waits: bool = False, group: Any = None) -> argparse.ArgumentParser:
        one: argparse.ArgumentParser = (group or commands).add_parser(name, help=text, description=text)
        one.add_argument("--json", action="store_true", help="print the result as JSON on standard output")
        if waits:
            one.add_argument("--wait", type=float, metavar="SECONDS", help="wait so long for another command's end")
        return one

    commands.add_parser("serve", help="run backups and drills when they are due")
    commands.add_parser("health", help="one line, and exit status 0 when all is well")
    add("now", "make a backup", waits=True).add_argument("--reason", choices=REASONS, default="manual")
    add("list", "list snapshots").add_argument("--offsite", action="store_true", help="those of the off-site repository")
    add("status", "the last and the next backup, the last drill, sizes, problems")
    add("drill", "try a restore in an isolated database", waits=True)
    add("check", "check the structure of both repositories", waits=True)
    add("adopt", "read an earlier repository password from standard input")
    add("retire", "let earlier passwords open no repository any more", waits=True)
    group = commands.add_parser("restore", help="restore in steps").add_subparsers(dest="step", required=True)
    prepare = add("prepare", "restore beside what runs, and compare", waits=True, group=group)
    prepare.add_argument("--snapshot", default="latest", metavar="latest|ID")
    prepare.add_argument("--offsite", action="store_true", help="from the off-site repository")
    prepare.add_argument("--only", choices=("database", "files"))
    add("swap", "put what was prepared in place", waits=True, group=group)
    add("discard", "drop what was prepared", waits=True, group=group)
    add("undo", "put back what the last swap replaced", waits=True, group=group)
    return top


def _now(settings: Settings, tools: Tools, log: Log, args: Any) -> Any:
    wait = args.wait if args.wait is not None else PATIENT if args.reason == "before-migration" else 0
    with exclusive(settings.paths.lock, f"a backup ({args.reason})", wait):
        return Backup(settings, tools, log).run(args.reason)


def _list(settings: Settings, tools: Tools, log: Log, args: Any) -> Any:
    repository = Restore(settings, tools, log).repository(args.offsite)
    return [
        {
            "id": each.id,
            "time": each.time,
            "reason": each.tag("reason"),
            "bytes": each.number("bytes"),
            "tables": each.number("tables"),
            "rows": each.number("rows"),
            "files": each.number("files"),
        }
        for each in repository.snapshots()
    ]


def _status(settings: Settings, _tools: Tools, _log: Log, _args: Any) -> Any:
    return status(settings, iso(next_run(now(), settings.at, settings.time_zone)))


def _drill(settings: Settings, tools: Tools, log: Log, args: Any) -> Any:
    with exclusive(settings.paths.lock, "a drill", args.wait or 0):
        return Drill(settings, tools, log).run()


def _check(settings: Settings, tools: Tools, log: Log, args: Any) -> Any:
    with exclusive(settings.paths.lock, "a check", args.wait or 0):
        keeper = Keeper(settings, tools, log)
        for repository in (keeper.ensure_local(), keeper.ensure_offsite()):
            if repository is not None:
                repository.unlock()
                repository.check()
                log.info(f"check: no errors in the {repository.name} repository")
    return {"ok": True}


def _adopt(settings: Settings, tools: Tools, log: Log, _args: Any) -> Any:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise BackupError("adopt: standard input is empty: hand the password in there")
    keeper = Keeper(settings, tools, log)
    keeper.adopt(password)
    keeper.ensure_local()
    keeper.ensure_offsite()
    return {"ok": True}


def _retire(settings: Settings, tools: Tools, log: Log, args: Any) -> Any:
    keeper = Keeper(settings, tools, log)
    keeper.retire_later()
    try:
        with exclusive(settings.paths.lock, "the removal of earlier passwords", args.wait or 0):
            keeper.retire()
    except Busy as error:
        log.info(f"retire: left to the end of the backup: {error}")
    return {"ok": True, "due": keeper.state.read().get("retire") or []}


def _restore(settings: Settings, tools: Tools, log: Log, args: Any) -> Any:
    restore = Restore(settings, tools, log)
    busy = held_by(settings.paths.lock)
    wait = PATIENT if args.wait is None else args.wait
    if busy is not None and wait > 0:
        log.info(f"restore: waits for the end of {busy['what']}")
    with exclusive(settings.paths.lock, f"a restore ({args.step})", wait):
        if args.step == "prepare":
            return restore.prepare(args.snapshot, args.offsite, args.only)
        step: dict[str, Callable[[], Any]] = {"swap": restore.swap, "undo": restore.undo, "discard": restore.discard}
        return step[args.step]()


def _print_list(snapshots: list[dict[str, Any]]) -> str:
    lines = [f"{'id':10}{'time':22}{'reason':18}{'bytes':>14}{'rows':>12}{'files':>9}"]
    for each in snapshots:
        lines.append(
            f"{each['id'][:8]:10}{each['time'][:19]:22}{each['reason'] or '':18}{_text(each['bytes']):>14}{_text(each['rows']):>12}{_text(each['files']):>9}"
        )
    return "\n".join(lines)


def _print_status(found: dict[str, Any]) -> str:
    last, drilled = found["last"] or {}, found["lastDrill"] or {}
    lines = [
        f"last backup   {last.get('time', 'never')}  {(last.get('snapshot') or '')[:8]}",
        f"next backup   {found['next']}",
        f"last drill    {drilled.get('time', 'never')}  {'' if not drilled else 'ok' if drilled['ok'] else 'FAILED'}",
        *(f"{name:14}{part['bytes']} bytes" for name, part in found["repositories"].items()),
        *(f"problem       {problem}" for problem in found["problems"]),
    ]
    return "\n".join(lines)


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


COMMANDS: dict[str, Callable[[Settings, Tools, Log, Any], Any]] = {
    "now": _now,
    "list": _list,
    "status": _status,
    "drill": _drill,
    "check": _check,
    "adopt": _adopt,
    "retire": _retire,
    "restore": _restore,
}
PRINTED: dict[str, Callable[[Any], str]] = {"list": _print_list, "status": _print_status}
