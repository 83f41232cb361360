"""Passwords of the administrators: kept as scrypt hashes, and guessed at slowly.

A hash is `scrypt:<log2 n>:<r>:<p>:<salt>:<key>`, without the `$` of other formats, which shells and Compose
files would read as a variable. `ASSISTANT_ADMIN_PASSWORD_HASH` holds `name=hash` for each administrator.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from assistant.errors import SettingsError

SHORTEST = 12
"""Characters of a password that is accepted."""
LONGEST = 1024
LOG_N, R, P = 15, 8, 1
"""Costs 32 MB and about 80 ms."""
FREE = 5
"""Wrong passwords before one has to wait."""
MOST_SECONDS = {"address": 900.0, "name": 60.0}
"""The longest wait. A name waits shorter, so that nobody can shut an administrator out by guessing."""
FORGET_SECONDS = 3600.0
REMEMBERED = 5000
_HASH = re.compile(r"scrypt:(1[0-9]|20):([1-9]|1[0-6]):([1-4]):([\w-]{16,64}):([\w-]{43})", re.ASCII)
_NAME = re.compile(r"[^\s=:]{1,60}")


def hashed(password: str) -> str:
    """The hash of a password, with a new salt."""
    salt = secrets.token_bytes(16)
    return f"scrypt:{LOG_N}:{R}:{P}:{_text(salt)}:{_text(_key(password, salt, LOG_N, R, P))}"


def matches(password: str, stored: str) -> bool:
    """Whether `stored` is a hash of the password."""
    log_n, r, p, salt, key = stored.split(":")[1:]
    found = _key(password, _bytes(salt), int(log_n), int(r), int(p))
    return hmac.compare_digest(found, _bytes(key))


def administrators(setting: str) -> dict[str, str]:
    """The hash of each administrator, by name; a hash without a name is that of `admin`.

    Raises:
        SettingsError: an entry is not a name and a hash.
    """
    found: dict[str, str] = {}
    for number, entry in enumerate(setting.split(), 1):
        name, _, stored = entry.rpartition("=")
        name = name or "admin"
        if not _NAME.fullmatch(name) or not _HASH.fullmatch(stored) or name in found:
            raise SettingsError(
                f"ASSISTANT_ADMIN_PASSWORD_HASH: ledd {number} er ikke navn=hash, eller navnet er brukt før.",
                "Lag hashen med `assistant admin password`, og skriv navn=hash med mellomrom mellom.",
            )
        found[name] = stored
    return found


def _key(password: str, salt: bytes, log_n: int, r: int, p: int) -> bytes:
    memory = 256 * r * 2**log_n
    return hashlib.scrypt(
        password.encode("utf-8", "replace"), salt=salt, n=2**log_n, r=r, p=p, maxmem=memory, dklen=32
    )


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    last: float = 0.0


class Gate:
    """Checks passwords one at a time, and makes who guesses wait: longer for each wrong guess."""

    def __init__(self, known: Mapping[str, str], clock: Callable[[], float] = time.monotonic) -> None:
        self._known = dict(known)
        self._nobody = hashed(secrets.token_urlsafe())
        self._clock = clock
        self._lock = threading.Lock()
        self._tries: dict[tuple[str, str], _Tries] = {}

    def fingerprint(self, name: str) -> str | None:
        """What changes when the administrator's password does; None for who is none."""
        stored = self._known.get(name)
        return hashlib.sha256(stored.encode()).hexdigest()[:16] if stored else None

    def wait(self, name: str, address: str) -> int:
        """Seconds until the next try is taken; 0 when it may come now."""
        with self._lock:
            return self._wait(name, address)

    def admits(self, name: str, password: str, address: str) -> bool:
        """Whether the password is that of the administrator; never while one has to wait."""
        with self._lock:
            if self._wait(name, address):
                return False
            right = len(password) <= LONGEST and matches(password, self._known.get(name, self._nobody))
            if right and name in self._known:
                self._tries.pop(("name", name), None)
                self._tries.pop(("address", address), None)
                return True
            self._remember(name, address)
            return False

    def _wait(self, name: str, address: str) -> int:
        now = self._clock()
        left = 0.0
        for key in (("name", name), ("address", address)):
            tries = self._tries.get(key)
            if tries and tries.wrong >= FREE:
                pause = min(2.0 ** (tries.wrong - FREE), MOST_SECONDS[key[0]])
                left = max(left, tries.last + pause - now)
        return int(left) + 1 if left > 0 else 0

    def _remember(self, name: str, address: str) -> None:
        now = self._clock()
        if len(self._tries) > REMEMBERED:
            old = now - FORGET_SECONDS
            kept = {key: tries for key, tries in self._tries.items() if tries.last > old}
            self._tries = kept if len(kept) <= REMEMBERED else {}
        # A name that nobody has is not remembered: there are too many of them.
        keys = [("address", address), *([("name", name)] if name in self._known else [])]
        for key in keys:
            tries = self._tries.setdefault(key, _Tries())
            if now - tries.last > FORGET_SECONDS:
                tries.wrong = 0
            tries.wrong, tries.last = min(tries.wrong + 1, 40), now
