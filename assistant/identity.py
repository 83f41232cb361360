"""Who asks: the user that a trusted proxy names, or else an anonymous session of the browser.

A header counts only when it comes from an address in `ASSISTANT_PROXY_PEERS` together with the shared
secret. A session is 128 random bits in a cookie that no script can read; it is set when something is
stored, and the store sees only a hash of it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant import problems, texts
from assistant.problems import Problem
from assistant.settings import Settings

SECRET_HEADER = "X-Proxy-Secret"
COOKIE = "anskaffelse"
OPEN = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that whoever watches over the service may read without being named."""
_LONGEST = 400 * 24 * 60 * 60
"""Seconds a browser keeps a cookie at most."""
_SESSION = re.compile(r"[0-9a-f]{32}")
_USER = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,200}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who a request comes from."""

    owner: str
    """`user:<name>` or `session:<hash>`: what the visitor's conversations are kept under."""
    named: bool
    """Whether a proxy has said who it is."""
    session: str = ""
    """The secret of a session that the browser does not have yet."""


class Identity:
    """Recognises visitors by the settings of one installation."""

    def __init__(self, settings: Settings) -> None:
        self._networks = tuple(ip_network(peer, strict=False) for peer in settings.proxy_peers.split())
        self._header = settings.proxy_user_header
        self._secret = settings.proxy_secret.get_secret_value()
        self._required = settings.login == "proxy"
        self._age = min(settings.retention_days * 24 * 60 * 60, _LONGEST)

    def visitor(self, scope: Scope) -> Visitor:
        """Who the request comes from.

        Raises:
            Problem: the proxy must say who it is and has not, or has said it without the secret.
        """
        headers = Headers(scope=scope)
        claimed = headers.getlist(self._header)
        if claimed and self.is_from_proxy(scope):
            return Visitor(f"user:{self._user(headers, claimed)}", named=True)
        if self._required:
            raise Problem(401, texts.PROBLEM["not_named"])
        cookies = cookie_parser(headers.get("cookie", ""))
        known = cookies.get(self._cookie(scope), "")
        session = known if _SESSION.fullmatch(known) else secrets.token_hex(16)
        owner = hashlib.sha256(f"session:{session}".encode()).hexdigest()[:32]
        return Visitor(f"session:{owner}", named=False, session="" if session == known else session)

    def address(self, scope: Scope) -> str:
        """The address the request comes from: the peer's, or behind a trusted proxy what the proxy has seen.

        Of several addresses the last that is not a proxy of ours counts: those before it anyone can write.
        """
        peer = _peer(scope)
        if not self.is_from_proxy(scope):
            return peer
        passed = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
        for each in reversed([part.strip() for part in passed]):
            address = _plain(each)
            if not address:
                break
            if not self._is_proxy(address):
                return address
        return peer

    def is_from_proxy(self, scope: Scope) -> bool:
        """Whether a proxy of ours has passed the request on."""
        return self._is_proxy(_peer(scope))

    def is_secure(self, scope: Scope) -> bool:
        """Whether the browser speaks https, with us or with a trusted proxy."""
        passed = Headers(scope=scope).get("x-forwarded-proto", "")
        return scope.get("scheme") == "https" or (passed.lower() == "https" and self.is_from_proxy(scope))

    def set_cookie(self, scope: Scope, visitor: Visitor) -> str:
        """The header that gives the browser its session."""
        parts = [f"{self._cookie(scope)}={visitor.session}", "Path=/", "HttpOnly", "SameSite=Lax"]
        parts += ["Secure"] if self.is_secure(scope) else []
        return "; ".join([*parts, f"Max-Age={self._age}"])

    def _cookie(self, scope: Scope) -> str:
        """Over https the name has the prefix that keeps other hosts of the domain from setting it."""
        return f"__Host-{COOKIE}" if self.is_secure(scope) else COOKIE

    def _user(self, headers: Headers, claimed: list[str]) -> str:
        given = headers.getlist(SECRET_HEADER)
        genuine = [secrets.compare_digest(each.encode(), self._secret.encode()) for each in given]
        user = _decoded(claimed[0]).strip().casefold()
        if genuine != [True] or len(claimed) != 1 or not _USER.fullmatch(user):
            raise Problem(401, texts.PROBLEM["not_named"])
        return user

    def _is_proxy(self, address: str) -> bool:
        return bool(address) and any(ip_address(address) in network for network in self._networks)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return _plain(client[0]) if client else ""


def _plain(address: str) -> str:
    """The address as it is compared; empty when it is none."""
    try:
        read = ip_address(address.strip("[]"))
    except ValueError:
        return ""
    mapped = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return str(mapped or read)


def _decoded(value: str) -> str:
    """Headers are read as Latin-1, and most proxies send UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def of(scope: Mapping[str, object]) -> Visitor:
    """The visitor that `Reception` has put into the scope of a request."""
    state = scope["state"]
    assert isinstance(state, dict)
    visitor = state["visitor"]
    assert isinstance(visitor, Visitor)
    return visitor


def remember(request: Request) -> None:
    """Let the browser keep its session: something is about to be stored under it."""
    request.scope["state"]["remember"] = True


class Reception:
    """ASGI middleware that recognises each visitor, and turns away who must be named and is not."""

    def __init__(self, app: ASGIApp, identity: Identity, chat: str = "/queue/join") -> None:
        self._app = app
        self._identity = identity
        self._chat = chat
        """End of the paths on which the chat page asks: what is asked there is stored later."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with its visitor in `scope["state"]`."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        try:
            visitor = self._identity.visitor(scope)
        except Problem as problem:
            await problems.respond(Request(scope), problem)(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state.update(visitor=visitor, remember=scope["path"].endswith(self._chat))

        async def remembering(message: Message) -> None:
            if message["type"] == "http.response.start" and visitor.session and state["remember"]:
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers.append("set-cookie", self._identity.set_cookie(scope, visitor))
            await send(message)

        await self._app(scope, receive, remembering)
