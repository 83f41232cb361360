"""Who is signed in to the admin page: kept on the server, one file each, so that every process knows them.

The browser has a random token in a cookie that scripts cannot read; the file is named after the token's
hash, so that reading the folder does not let anyone in.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

IDLE_SECONDS = 30 * 60
LONGEST_SECONDS = 8 * 60 * 60
TOUCH_SECONDS = 60
"""How seldom it is written down that a session is in use."""


@dataclass(frozen=True, slots=True)
class Session:
    """One administrator, signed in."""

    name: str
    fingerprint: str
    """Of the password it was opened with; the session ends when the password is changed."""
    csrf: str
    """What every form of this session carries."""
    began: float
    used: float


class Sessions:
    """The open sessions in a folder."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder
        self._clock = clock

    def open(self, name: str, fingerprint: str) -> tuple[str, Session]:
        """A new session, and the token that leads to it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sweep()
        token, now = secrets.token_urlsafe(32), self._clock()
        session = Session(name, fingerprint, secrets.token_urlsafe(32), now, now)
        self._write(self._path(token), session)
        return token, session

    def get(self, token: str) -> Session | None:
        """The session that the token leads to, while it lasts."""
        path = self._path(token)
        session = self._read(path)
        now = self._clock()
        if session is None or not self._lasts(session, now):
            path.unlink(missing_ok=True)
            return None
        if now - session.used > TOUCH_SECONDS:
            session = replace(session, used=now)
            self._write(path, session)
        return session

    def close(self, token: str) -> None:
        """End the session that the token leads to."""
        self._path(token).unlink(missing_ok=True)

    def _lasts(self, session: Session, now: float) -> bool:
        return now - session.began < LONGEST_SECONDS and now - session.used < IDLE_SECONDS

    def _path(self, token: str) -> Path:
        return self._folder / f"{hashlib.sha256(token.encode('utf-8', 'replace')).hexdigest()}.json"

    def _read(self, path: Path) -> Session | None:
        try:
            return Session(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _write(self, path: Path, session: Session) -> None:
        new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(asdict(session), out)
        new.replace(path)

    def _sweep(self) -> None:
        now = self._clock()
        for path in self._folder.glob("*.json"):
            session = self._read(path)
            if session is None or not self._lasts(session, now):
                with suppress(OSError):
                    path.unlink()
