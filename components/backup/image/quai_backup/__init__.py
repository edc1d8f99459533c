"""Snapshots of one PostgreSQL database and its application's files, in one restic repository, with restore and drill."""

VERSION = "1.0"
