"""What can go wrong, by what the caller should do about it."""


class BackupError(Exception):
    """Ends a command with exit status 1. The text says which step failed and, where there is one, what to do."""

    status = 1


class Busy(BackupError):
    """Another command holds the lock. EX_TEMPFAIL: try again later."""

    status = 75


class Aborted(BackupError):
    """SIGTERM or SIGINT came."""

    status = 143


class UsageError(BackupError):
    status = 2
