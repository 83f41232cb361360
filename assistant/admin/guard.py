"""Who is let in to the admin page: by name and password, or as one that a trusted proxy vouches for."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from assistant.admin.audit import Act, Log
from assistant.admin.passwords import Gate
from assistant.admin.refusal import Refused
from assistant.admin.sessions import LONGEST_SECONDS, Session, Sessions

COOKIE, SECURE_COOKIE = "admin", "__Secure-admin"
PATH = "/admin"
Identify = Callable[[Request], str]
"""The administrator that a request comes from, as something outside vouches for; empty when nothing does."""
_VOUCHED = "vouched"


def nobody(_: Request) -> str:
    """Nothing outside vouches for anyone."""
    return ""


@dataclass(frozen=True, slots=True)
class Entered:
    """An administrator who is in, and the token to give her when the session is new."""

    session: Session
    token: str = ""


class Guard:
    """Lets administrators in and out."""

    def __init__(self, known: Mapping[str, str], folder: Path, log: Log, identify: Identify = nobody) -> None:
        self._gate = Gate(known)
        self._sessions = Sessions(folder)
        self._log = log
        self._identify = identify

    def entered(self, request: Request) -> Entered | None:
        """The administrator of the request, or None."""
        token = request.cookies.get(_cookie(request), "")
        session = self._sessions.get(token) if token else None
        vouched = self._identify(request)
        if vouched:
            if session and (session.name, session.fingerprint) == (vouched, _VOUCHED):
                return Entered(session)
            token, session = self._sessions.open(vouched, _VOUCHED)
            self._log.add(vouched, Act.SIGNED_IN)
            return Entered(session, token)
        if session and session.fingerprint == self._gate.fingerprint(session.name):
            return Entered(session)
        return None

    def sign_in(self, request: Request, name: str, password: str) -> str:
        """The token of a new session.

        Raises:
            Refused: the password is wrong, one has to wait, or it would go over the net in the open.
        """
        if not _private(request):
            raise Refused("https")
        address = request.client.host if request.client else ""
        if wait := self._gate.wait(name, address):
            raise Refused("wait", str(wait))
        fingerprint = self._gate.fingerprint(name)
        if not self._gate.admits(name, password, address) or fingerprint is None:
            # A name that nobody has may be a password in the wrong field, and is not written down.
            self._log.add(name if fingerprint else "", Act.TURNED_AWAY, detail=address)
            raise Refused("wrong")
        token, _ = self._sessions.open(name, fingerprint)
        self._log.add(name, Act.SIGNED_IN, detail=address)
        return token

    def sign_out(self, request: Request, entered: Entered) -> None:
        """End the session of the request."""
        self._sessions.close(request.cookies.get(_cookie(request), ""))
        self._log.add(entered.session.name, Act.SIGNED_OUT)

    def give(self, request: Request, response: Response, token: str) -> None:
        """Put the token in the browser, where scripts and other sites cannot use it."""
        response.set_cookie(
            _cookie(request), token, max_age=LONGEST_SECONDS, path=PATH, httponly=True, samesite="strict",
            secure=request.url.scheme == "https",
        )  # fmt: skip

    def take(self, request: Request, response: Response) -> None:
        """Take the token out of the browser."""
        response.delete_cookie(
            _cookie(request),
            path=PATH,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )


def may_send(entered: Entered, csrf: str) -> bool:
    """Whether a form with this token was made for this session."""
    return hmac.compare_digest(entered.session.csrf.encode(), csrf.encode("utf-8", "replace"))


def _cookie(request: Request) -> str:
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def _private(request: Request) -> bool:
    """Whether what is sent can be read only by the two ends: over TLS, or on this very machine."""
    if request.url.scheme == "https":
        return True
    host = request.client.host if request.client else ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "testclient"
