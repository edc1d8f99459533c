"""The application's file volumes: measured for a backup, exchanged for a restore."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

OWN = ".quai-"
"""What begins so is this tool's, inside a file volume, and isn't backed up."""
RESTORED = f"{OWN}restore"
ARRIVING = f"{OWN}arriving"
BEFORE = f"{OWN}before-"


@dataclass(frozen=True)
class Measure:
    count: int = 0
    bytes: int = 0


def measure(folder: Path, without: Collection[str] = ()) -> Measure:
    """Regular files but those of `without`, and but this tool's own folders at the top."""
    sizes = [size for path, size in regular(folder) if str(path) not in without]
    return Measure(len(sizes), sum(sizes))


def regular(folder: Path) -> Iterator[tuple[Path, int]]:
    """Each regular file with its size, this tool's own folders left out at the top."""
    waiting = [(folder, True)]
    while waiting:
        current, top = waiting.pop()
        try:
            entries = list(os.scandir(current))
        except FileNotFoundError:
            continue
        for entry in entries:
            if top and entry.name.startswith(OWN):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append((Path(entry.path), False))
            elif entry.is_file(follow_symlinks=False):
                try:
                    yield Path(entry.path), entry.stat(follow_symlinks=False).st_size
                except FileNotFoundError:
                    # Removed since: the application goes on working.
                    continue


def _application_entries(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if not each.name.startswith(OWN))


def exchange(folder: Path, stamp: str) -> None:
    """
    What is present goes to `.quai-before-<stamp>`, what was restored takes its place. Only renames. May be called again after a kill: the folder's
    name says how far it came.
    """
    restored, arriving, before = folder / RESTORED, folder / ARRIVING, folder / f"{BEFORE}{stamp}"
    if restored.is_dir():
        _private(before)
        if not before.joinpath(OWN + "root").exists():
            _private(before / (OWN + "root"))
            _copy_owner(folder, before / (OWN + "root"))
        for each in _application_entries(folder):
            each.rename(before / each.name)
        restored.rename(arriving)
    if arriving.is_dir():
        root = arriving / (OWN + "root")
        for each in _application_entries(arriving):
            each.rename(folder / each.name)
        if root.is_dir():
            _copy_owner(root, folder)
            root.rmdir()
        arriving.rmdir()


def revert(folder: Path, stamp: str) -> None:
    """Undoes `exchange` wherever it stopped: the present entries are back, the restored ones are beside again."""
    restored, arriving, before = folder / RESTORED, folder / ARRIVING, folder / f"{BEFORE}{stamp}"
    if not before.is_dir():
        return
    if not restored.is_dir():
        if not arriving.is_dir():
            _private(arriving)
        root = arriving / (OWN + "root")
        if not root.is_dir():
            _private(root)
            _copy_owner(folder, root)
        for each in _application_entries(folder):
            each.rename(arriving / each.name)
        arriving.rename(restored)
    for each in _application_entries(before):
        each.rename(folder / each.name)
    root = before / (OWN + "root")
    if root.is_dir():
        _copy_owner(root, folder)
        root.rmdir()
    before.rmdir()


def place_restored(folder: Path, extracted: Path) -> None:
    """Makes what restic wrote below its own path the folder that `exchange` takes. `extracted` is in the same file system."""
    restored = folder / RESTORED
    root = extracted / (OWN + "root")
    _private(root)
    _copy_owner(extracted, root)
    shutil.rmtree(restored, ignore_errors=True)
    extracted.rename(restored)
    os.chmod(restored, 0o700)
    os.chown(restored, 0, 0)


def befores(folder: Path) -> list[str]:
    """Stamps of what earlier restores put aside, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(each.name.removeprefix(BEFORE) for each in folder.glob(f"{BEFORE}*") if each.is_dir())


def discard(folder: Path) -> None:
    shutil.rmtree(folder / RESTORED, ignore_errors=True)
    for each in folder.glob(f"{OWN}extract*"):
        shutil.rmtree(each, ignore_errors=True)


def remove_before(folder: Path, stamp: str) -> None:
    shutil.rmtree(folder / f"{BEFORE}{stamp}", ignore_errors=True)


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)


def _copy_owner(source: Path, target: Path) -> None:
    """Owner and mode of the top folder itself; the owner first, because a change of it takes away set-group-id."""
    status = source.stat()
    os.chown(target, status.st_uid, status.st_gid)
    os.chmod(target, status.st_mode & 0o7777)
