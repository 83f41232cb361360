"""Whether this installation is well: each check says what it found, and what to do when it is not.

Nothing is changed. A check that cannot be made because an earlier one failed says so instead of guessing.
"""

from __future__ import annotations

import contextlib
import ipaddress
import shutil
import socket
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

from assistant import conversations, documents, index, ingest, mending, models, server
from assistant.digests import file_sha256
from assistant.documents.check import STALE_DAYS
from assistant.documents.check import check as check_corpus
from assistant.embedding import OnnxEmbedder
from assistant.errors import AssistantError, IndexBroken
from assistant.index import Index
from assistant.settings import Settings

FREE_BYTES = 2_000_000_000
"""Room for two more builds and a model; with less the next `assistant index` may fail."""
SHOWN = 5
"""Errors in the corpus, and old documents, that are named one by one."""


class Severity(StrEnum):
    """How bad a finding is; only an error keeps the service from answering as it should."""

    OK = "ok"
    WARNING = "advarsel"
    ERROR = "feil"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    severity: Severity
    message: str
    remedy: str = ""


def examine(settings: Settings, today: date) -> list[Check]:
    """Every check of the installation that `settings` describe, in the order to mend them."""
    model, embedder = _model(settings)
    return [
        _settings(settings),
        _writable(settings),
        *_corpus(settings, today),
        model,
        *_index(settings, embedder),
        _conversations(settings),
        *_spans(settings),
        _port(settings),
    ]


def _conversations(settings: Settings) -> Check:
    try:
        kept = conversations.examine(settings)
    except AssistantError as error:
        return _error("samtaler", error)
    for_days = f"lagres i {settings.retention_days} dager" if settings.retention_days else "lagres ikke"
    counted = "Ingen lagret ennå" if kept is None else f"{kept} lagret"
    return _ok("samtaler", f"{counted}; {for_days}.")


def _ok(name: str, message: str) -> Check:
    return Check(name, Severity.OK, message)


def _warning(name: str, message: str, remedy: str = "") -> Check:
    return Check(name, Severity.WARNING, message, remedy)


def _error(name: str, error: AssistantError) -> Check:
    return Check(name, Severity.ERROR, error.message, error.remedy)


def _settings(settings: Settings) -> Check:
    if not _loopback(settings.host):
        return _warning(
            "innstillinger",
            f"Tjenesten lytter på {settings.host} og kan nås fra andre maskiner uten innlogging.",
            "Sett en omvendt proxy med innlogging foran, eller bruk ASSISTANT_HOST=127.0.0.1.",
        )
    chosen = ", ".join(sorted(settings.model_fields_set)) or "bare standardverdier"
    return _ok("innstillinger", f"Gyldige ({chosen}).")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _writable(settings: Settings) -> Check:
    try:
        index.ensure_writable(settings.var)
    except AssistantError as error:
        return _error("mappe", error)
    free = shutil.disk_usage(settings.var).free
    if free < FREE_BYTES:
        message = f"{settings.var} kan skrives, men disken har bare {free // 1_000_000} MB ledig."
        return _warning("mappe", message, "Rydd plass, eller flytt mappen med ASSISTANT_VAR.")
    return _ok("mappe", f"{settings.var} kan skrives, {free // 1_000_000_000} GB ledig.")


def _corpus(settings: Settings, today: date) -> Iterator[Check]:
    findings = check_corpus(settings.corpus, today)
    errors = [f for f in findings if f.severity == "feil"]
    for finding in errors[:SHOWN]:
        message = f"{finding.path}, linje {finding.line}: {finding.message}"
        yield Check("korpus", Severity.ERROR, message, finding.remedy)
    rest = len(findings) - len(errors[:SHOWN])
    if rest:
        message = f"{rest} funn til." if errors else f"{rest} advarsler."
        yield _warning("korpus", message, "Kjør `assistant corpus check`.")
    yield from _age(settings, today)
    if not findings:
        count = sum(1 for _ in documents.files(settings.corpus))
        yield _ok("korpus", f"{count} dokumenter i {settings.corpus}, alle kontrollert det siste året.")


def _age(settings: Settings, today: date) -> Iterator[Check]:
    """A warning that names the documents nobody has checked against their sources for a year."""
    with contextlib.suppress(AssistantError):  # a folder that is missing has been told of
        read, _ = ingest.read_corpus(settings.corpus, also=[settings.published])
        old = [d.source.id for d in read if (today - d.source.checked).days > STALE_DAYS]
        if old:
            more = f" og {len(old) - SHOWN} til" if len(old) > SHOWN else ""
            message = f"Ikke kontrollert på over et år: {', '.join(old[:SHOWN])}{more}."
            yield _warning("korpus", message, "Les dem mot kildene, og sett ny dato i `kontrollert`.")


def _model(settings: Settings) -> tuple[Check, str | None]:
    """The check, and the name of the embedder when there is one."""
    try:
        found = models.find(settings)
        models.verify(found)
        embedder = OnnxEmbedder.open(found, threads=settings.threads)
    except AssistantError as error:
        return _error("modell", error), None
    return _ok("modell", f"{embedder.name}, {embedder.dim} dimensjoner."), embedder.name


def _index(settings: Settings, embedder: str | None) -> Iterator[Check]:
    try:
        opened = Index.open(settings.index_root, embedder)
        for name, digest in opened.manifest["files"].items():
            if file_sha256(opened.folder / name) != digest:
                raise IndexBroken(f"{name} er endret etter at den ble bygget")
    except AssistantError as error:
        yield _error("indeks", error)
        yield _warning("chroma", "Ikke sjekket, for indeksen kan ikke åpnes.")
        return
    yield _fresh(settings, opened)
    yield _chroma(settings, opened)


def _fresh(settings: Settings, opened: Index) -> Check:
    what = f"{opened.id}: {len(opened.documents)} dokumenter, {len(opened.passages)} utdrag"
    try:
        read, _ = ingest.read_corpus(settings.corpus, also=[settings.published])
    except AssistantError as error:
        return _warning("indeks", f"{what}; kan ikke sammenlignes: {error.message}", error.remedy)
    if {d.source.id: d for d in read} != opened.documents:
        message = f"{what}; dokumentene er endret etter at den ble bygget."
        return _warning("indeks", message, "Kjør `assistant index`.")
    return _ok("indeks", f"{what}; stemmer med dokumentene.")


def _chroma(settings: Settings, opened: Index) -> Check:
    """Ask Chroma in a process of its own: a damaged store can end the process that opens it."""
    if settings.vectors == "exact":
        return _ok("chroma", "Ikke i bruk (ASSISTANT_VECTORS=exact).")
    problem = mending.probe(opened.folder)
    if problem:
        remedy = (
            "Søket bruker indeksens egne vektorer imens, og tjenesten lager Chroma på nytt når den starter."
        )
        return _warning("chroma", f"Svarer ikke: {problem}.", remedy)
    return _ok("chroma", f"Svarer, {len(opened.searched)} vektorer.")


def _spans(settings: Settings) -> Iterator[Check]:
    """Whether the spans of requests can be sent, when the settings ask for them."""
    try:
        spans = server.open_spans(settings)
    except AssistantError as error:
        yield _error("sporing", error)
        return
    if spans is None:
        return
    spans.close()
    to = urlsplit(spans.address)
    where = f"{to.hostname}:{to.port or (443 if to.scheme == 'https' else 80)}"
    try:
        socket.create_connection((to.hostname or "", int(where.rpartition(":")[2])), timeout=2).close()
    except OSError:
        yield _warning(
            "sporing",
            f"Mottakeren på {where} kan ikke nås.",
            "Start den, eller rett adressen. Svarene kommer likevel.",
        )
        return
    yield _ok("sporing", f"Sendes til {where}.")


def _port(settings: Settings) -> Check:
    try:
        server.claim_port(settings.host, settings.port).close()
    except AssistantError as error:
        if _serving(settings):
            return _ok("port", f"Tjenesten svarer alt på {settings.host}:{settings.port}.")
        return _error("port", error)
    return _ok("port", f"{settings.host}:{settings.port} er ledig.")


def _serving(settings: Settings) -> bool:
    """Whether what holds the port answers as this service does."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/healthz", timeout=2) as response:
            return bool(response.status == 200 and b'"status"' in response.read(200))
    except (OSError, ValueError):
        return False
