"""Official sources fetched over https, only when asked: `corpus/sources.toml` says what, from where.

```toml
[[kilde]]
id = "lov-2016-06-17-73"
tittel = "Anskaffelsesloven"
type = "regelverk"
utgiver = "Nærings- og fiskeridepartementet"
url = "https://api.lovdata.no/…"
fil = "lovdata/lov-2016-06-17-73.xml"
lisens = "NLOD 2.0"
```

Only the hosts of the list are asked, and only where every address they have is public: the address is
looked up once, checked, and the connection is made to that very address. Redirects are not followed. Size and
time are limited. What has not changed is not fetched again (ETag, Last-Modified); what was cut off goes on
where it stopped. `.sources.json` keeps the SHA-256, the day and the licence of each file.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
import ssl
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from assistant.digests import file_sha256
from assistant.errors import CorpusError
from assistant.types import SourceType

MAX_BYTES = 25_000_000
CONNECT_SECONDS, TOTAL_SECONDS = 10.0, 120.0
CHUNK = 65_536
RECORDS = ".sources.json"
"""Hidden, like what is only half fetched: neither is a document."""
TYPES = {
    ".pdf": ("application/pdf",),
    ".html": ("text/html", "application/xhtml+xml"),
    ".xml": ("text/xml", "application/xml", "text/html", "application/xhtml+xml"),
    ".json": ("application/json",),
    ".md": ("text/markdown", "text/plain"),
    ".txt": ("text/plain",),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",),
}
"""The content types that a file of each ending may come as."""
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Report = Callable[[str, int, int], None]
Lookup = Callable[[str, int], Sequence[str]]
Connect = Callable[[str, str, int, float], http.client.HTTPConnection]


class Wanted(BaseModel):
    """One source of the list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    tittel: _Text
    type: SourceType
    utgiver: _Text
    url: _Text
    fil: _Text
    lisens: _Text
    gyldig_fra: date | None = None
    gyldig_til: date | None = None

    @field_validator("url")
    @classmethod
    def _https(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
            raise ValueError("adressen må begynne med https:// og ikke ha brukernavn")
        return url

    @field_validator("fil")
    @classmethod
    def _inside(cls, name: str) -> str:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or path.suffix not in TYPES:
            raise ValueError(f"filen må ligge i dokumentmappen og ende på en av {', '.join(TYPES)}")
        return name


class Sources(BaseModel):
    """`sources.toml`: the hosts that may be asked, and what to fetch from them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verter: tuple[_Text, ...] = Field(min_length=1)
    kilde: tuple[Wanted, ...] = ()


class Result(StrEnum):
    """What came of one source."""

    FETCHED = "hentet"
    SAME = "uendret"
    REFUSED = "avvist"
    FAILED = "feilet"


@dataclass(frozen=True, slots=True)
class Fetched:
    """One source after the attempt; `reason` says in Norwegian why it was refused or failed."""

    id: str
    result: Result
    reason: str = ""
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of a file that was fetched."""

    url: str
    sha256: str
    bytes: int
    etag: str
    modified: str
    fetched: str
    licence: str
    publisher: str


class Refused(Exception):
    """The source may not be fetched, or what came may not be kept."""


def read(path: Path) -> Sources:
    """The list in `path`.

    Raises:
        CorpusError: it is missing, or not in the agreed form.
    """
    try:
        return Sources.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CorpusError(f"{path}: «{where}» kan ikke brukes ({first['msg']}).", "Rett listen.") from error
    except (OSError, ValueError) as error:
        raise CorpusError(f"{path} kan ikke leses ({error}).", "Lag listen; se docs/cli.md.") from error


def addresses(host: str, port: int) -> Sequence[str]:
    """Every address that `host` has now."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(host: str, address: str, port: int, timeout: float) -> http.client.HTTPConnection:
    """A TLS connection to exactly `address`, with the certificate checked for `host`."""
    made = http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    made._create_connection = lambda *_args, **_more: socket.create_connection(  # type: ignore[attr-defined]  # the hook that http.client itself uses
        (address, port), timeout
    )
    return made


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches the sources of a list into a corpus; `lookup` and `connect` are replaced in tests alone."""

    corpus: Path
    today: date
    lookup: Lookup = addresses
    connect: Connect = connect
    max_bytes: int = MAX_BYTES
    total_seconds: float = TOTAL_SECONDS
    allow_private: bool = False
    """For tests against a server on this machine."""

    def all(self, sources: Sources, only: Sequence[str] = (), report: Report | None = None) -> list[Fetched]:
        """Every source of the list, or those with the ids `only`; one that fails stops no other."""
        wanted = [w for w in sources.kilde if not only or w.id in only]
        done = []
        for number, each in enumerate(wanted):
            if report:
                report("Henter kilder", number, len(wanted))
            done.append(self.one(each, sources.verter))
        if report:
            report("Henter kilder", len(wanted), len(wanted))
        return done

    def one(self, wanted: Wanted, hosts: Sequence[str]) -> Fetched:
        """One source: fetched, the same as before, refused, or failed; the reason is in the result."""
        try:
            return self._one(wanted, hosts)
        except Refused as error:
            return Fetched(wanted.id, Result.REFUSED, str(error))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Fetched(wanted.id, Result.FAILED, f"{type(error).__name__}: {error}")

    def _one(self, wanted: Wanted, hosts: Sequence[str]) -> Fetched:
        host = self._allowed(wanted.url, hosts)
        port = urlsplit(wanted.url).port or 443
        address = self._public(host, port)
        target = self.corpus / wanted.fil
        part = target.with_name(f".{target.name}.part")
        record = self._records().get(wanted.id)
        known = record if record and target.exists() and record.url == wanted.url else None
        deadline = time.monotonic() + self.total_seconds
        made = self.connect(host, address, port, CONNECT_SECONDS)
        try:
            got = part.stat().st_size if part.exists() else 0
            validator = self._part_validator(part)
            made.request("GET", _path(wanted.url), headers=_headers(known, got, validator))
            answer = made.getresponse()
            if answer.status == http.HTTPStatus.NOT_MODIFIED and known:
                return Fetched(wanted.id, Result.SAME, bytes=known.bytes)
            resumed = answer.status == http.HTTPStatus.PARTIAL_CONTENT and got > 0
            _acceptable(answer, wanted, resumed)
            size = self._save(answer, part, got if resumed else 0, deadline)
        finally:
            made.close()
        digest = file_sha256(part)
        if known and digest == known.sha256:
            part.unlink()
            self._forget(part)
            return Fetched(wanted.id, Result.SAME, bytes=size)
        part.replace(target)
        self._forget(part)
        header = answer.headers
        self._remember(
            wanted.id,
            Record(
                wanted.url, digest, size, header.get("ETag", ""), header.get("Last-Modified", ""),
                self.today.isoformat(), wanted.lisens, wanted.utgiver,
            ),
        )  # fmt: skip
        return Fetched(wanted.id, Result.FETCHED, bytes=size)

    def _allowed(self, url: str, hosts: Sequence[str]) -> str:
        host = urlsplit(url).hostname or ""
        if host not in hosts:
            raise Refused(f"{host} står ikke blant vertene i listen")
        return host

    def _public(self, host: str, port: int) -> str:
        """One address of `host`; refused when any of them is private, local or reserved."""
        found = self.lookup(host, port)
        for address in found:
            if not ipaddress.ip_address(address.split("%")[0]).is_global and not self.allow_private:
                raise Refused(f"{host} peker til {address}, som ikke er en offentlig adresse")
        if not found:
            raise Refused(f"{host} har ingen adresse")
        return found[0]

    def _save(self, answer: http.client.HTTPResponse, part: Path, start: int, deadline: float) -> int:
        """Write the body to `part` from `start`; its whole size. A `.part` that is cut off can be resumed."""
        expected = answer.headers.get("Content-Length")
        if expected and start + int(expected) > self.max_bytes:
            raise Refused(f"filen er større enn {self.max_bytes} byte")
        part.parent.mkdir(parents=True, exist_ok=True)
        self._mark(part, answer.headers.get("ETag", "") or answer.headers.get("Last-Modified", ""))
        size = start
        with part.open("r+b" if start else "wb") as out:
            out.seek(start)
            while chunk := answer.read1(CHUNK):
                size += len(chunk)
                if size > self.max_bytes:
                    out.close()
                    part.unlink()
                    raise Refused(f"filen er større enn {self.max_bytes} byte")
                out.write(chunk)
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"tok mer enn {self.total_seconds:.0f} s; kjør på nytt for å fortsette"
                    )
            out.truncate()
        if expected and size - start != int(expected):
            raise ConnectionError("forbindelsen ble brutt; kjør på nytt for å fortsette")
        return size

    def _part_validator(self, part: Path) -> str:
        try:
            return part.with_name(part.name + ".etag").read_text(encoding="utf-8")
        except OSError:
            return ""

    def _mark(self, part: Path, validator: str) -> None:
        part.with_name(part.name + ".etag").write_text(validator, encoding="utf-8")

    def _forget(self, part: Path) -> None:
        part.with_name(part.name + ".etag").unlink(missing_ok=True)

    def _records(self) -> dict[str, Record]:
        try:
            content = json.loads((self.corpus / RECORDS).read_text(encoding="utf-8"))
            return {name: Record(**values) for name, values in content.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _remember(self, name: str, record: Record) -> None:
        records = self._records() | {name: record}
        content = {key: asdict(records[key]) for key in sorted(records)}
        lock = self.corpus / RECORDS
        fresh = lock.with_name(lock.name + ".new")
        fresh.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        fresh.replace(lock)


def _path(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _headers(known: Record | None, got: int, validator: str) -> dict[str, str]:
    headers = {"User-Agent": "Anskaffelsesassistenten", "Accept-Encoding": "identity"}
    if got and validator:
        return headers | {"Range": f"bytes={got}-", "If-Range": validator}
    if known and known.etag:
        headers["If-None-Match"] = known.etag
    if known and known.modified:
        headers["If-Modified-Since"] = known.modified
    return headers


def _acceptable(answer: http.client.HTTPResponse, wanted: Wanted, resumed: bool) -> None:
    if 300 <= answer.status < 400:
        raise Refused(
            f"svarte med omdirigering til {answer.headers.get('Location', 'ukjent')}; den følges ikke"
        )
    if answer.status != http.HTTPStatus.OK and not resumed:
        raise Refused(f"svarte med status {answer.status}")
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused("svarte med pakket innhold")
    kind = answer.headers.get_content_type()
    suffix = PurePosixPath(wanted.fil).suffix
    if kind not in TYPES[suffix]:
        raise Refused(f"svarte med {kind}, ikke {' eller '.join(TYPES[suffix])}")
