"""Keeps secrets, and rows of tables, out of messages and logs."""

from __future__ import annotations

import re

from .settings import Paths

_USER_INFO = re.compile(r"(://)[^/@\s]+@")
# PostgreSQL quotes the line of data that it stumbled over.
_COPIED_ROW = re.compile(r"^(.*CONTEXT:\s+COPY [^,]+, line \d+).*$", re.MULTILINE)
_KEY_VALUE = re.compile(r"(DETAIL:\s+Key \([^)]*\))=\(.*?\)(?= |$)", re.MULTILINE)
SHORTEST = 6
"""A shorter text is hardly a secret, but part of many words."""


def secrets_of(paths: Paths) -> list[str]:
    sources = [paths.password]
    for folder, pattern in ((paths.secrets, "offsite-*"), (paths.keys, "*")):
        if folder.is_dir():
            sources.extend(folder.glob(pattern))
    found = set()
    for source in sources:
        try:
            text = source.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        found.update(line.strip() for line in text.splitlines())
    return sorted((each for each in found if len(each) >= SHORTEST), key=len, reverse=True)


def scrub(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***")
    text = _USER_INFO.sub(r"\1***@", text)
    text = _COPIED_ROW.sub(r"\1", text)
    return _KEY_VALUE.sub(r"\1=(***)", text)
