"""What an operator can do about an error of a database's own."""

import sqlite3
from pathlib import Path

from gongpai.gateway.store.sql.driver import Trouble


def trouble_of(cause: object, path: Path | None) -> Trouble:
    """Return what an operator can do about *cause*, an error of the SQLite file at *path* or of a server."""
    # The low byte is the primary code. Source: sqlite.org/rescode.html, 2.
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return Trouble.LOCKED
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return Trouble.NOT_OURS
    if code in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
        return Trouble.FILE
    if isinstance(cause, OSError):
        return Trouble.UNREACHABLE if path is None else Trouble.FILE
    return Trouble.FAILED
