"""What may differ between two installations: environment variables that begin with `ASSISTANT_`.

A variable with the prefix that is not listed here stops the start, so that a misspelt setting is
never silently ignored.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.errors import SettingsError

PREFIX = "ASSISTANT_"


class Settings(BaseSettings):
    """The settings of one installation; frozen once read."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    var: Path = Path("var")
    """Folder for everything that is generated: model, index builds, logs."""
    corpus: Path = Path("corpus")
    """Folder with the documents to answer from."""
    host: str = "127.0.0.1"
    """Address the server listens on."""
    port: int = Field(default=7860, ge=1, le=65535)
    """Port the server listens on."""
    embedder: str = "bundled"
    """`bundled` for the model that ships, or the name or folder of a sentence-transformers model."""
    precision: Literal["int8", "fp32"] = "int8"
    """Precision of the served embedding model: `int8` is quicker and smaller, `fp32` exact."""
    threads: int = Field(default=2, ge=1, le=64)
    """Threads the embedding model may use for one question."""
    vectors: Literal["chroma", "exact"] = "chroma"
    """Where vectors are searched: in Chroma, or exactly in the build's own file."""
    chroma_url: str = Field(default="", pattern=r"^(https?://[^\s/?#@]+/?)?$")
    """Address of a Chroma server that replicas share; empty means the store in the build's own folder."""
    answers: Literal["extractive", "llm"] = "extractive"
    """Who words the answers: the sources themselves, or a language model held to them."""
    llm: str = ""
    """Language model as `provider:model`, e.g. `openai:gpt-4.1-mini`."""
    llm_base_url: str = ""
    """Address of the model's server; for an OpenAI-compatible one with `/v1` at the end."""
    llm_api_key: SecretStr = SecretStr("")
    """Key for the language model."""
    llm_temperature: float | None = Field(default=0.0, ge=0, le=2)
    """How freely the model writes; empty for a model that takes no such value."""
    llm_tokens: int = Field(default=700, ge=50, le=8000)
    """Longest text the model may write, in tokens."""
    llm_passages: int = Field(default=5, ge=1, le=10)
    """Passages the model is given; fewer for a small model on a small machine."""
    llm_first_seconds: float = Field(default=8.0, gt=0, le=120)
    """Longest wait for the model's first word, and between two words."""
    llm_seconds: float = Field(default=30.0, gt=0, le=300)
    """Longest time for the whole text."""
    llm_rewrite_seconds: float = Field(default=2.0, ge=0, le=30)
    """Longest wait for the model to make a follow-up stand alone; 0 leaves that to the rules."""
    tracing: str = Field(default="", pattern=r"^([A-Za-z_][\w.]*:[A-Za-z_]\w*)?$")
    """What listens to the model as `module:callable`; it is told every question and may send it elsewhere."""
    language: Literal["nb", "nn"] = "nb"
    """Language of the page until the reader chooses another."""
    max_question: int = Field(default=2000, ge=100, le=20000)
    """Longest question that is taken, in characters."""
    log: Literal["text", "json"] = "text"
    """Form of the log: `text` to read, `json` for a log server."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """How much is logged; from `info` there is a line for each request."""
    metrics: Literal["loopback", "open", "off"] = "loopback"
    """Who may read /metrics: programs on this machine, everyone who reaches the port, or nobody."""
    otel: Literal["off", "traces"] = "off"
    """Whether OpenTelemetry is told how long each request took, where `OTEL_EXPORTER_OTLP_ENDPOINT` says."""
    closed: str = Field(default="", max_length=2000)
    """Message that is given instead of answers; empty means that the service is open."""
    frame_ancestors: str = ""
    """Sites that may embed the widget, separated by spaces; empty means none."""
    questions_per_minute: int = Field(default=20, ge=0, le=100_000)
    """Questions a minute from one reader; 0 for no limit."""
    reads_per_minute: int = Field(default=300, ge=0, le=1_000_000)
    """Pages and other reads a minute from one reader; 0 for no limit."""
    answers_at_once: int = Field(default=8, ge=1, le=1000)
    """Answers over HTTP that are made at the same time."""
    answers_waiting: int = Field(default=64, ge=0, le=10_000)
    """Questions that may wait in line before the next is turned away."""

    database_url: SecretStr = SecretStr("")
    """Address of a PostgreSQL for the conversations; empty means SQLite in `var`."""
    retention_days: int = Field(default=365, ge=0, le=3650)
    """Days a conversation is kept after it was last used; 0 means that nothing is stored."""
    login: Literal["session", "proxy"] = "session"
    """Who asks: `session` takes an anonymous session for whoever no proxy names, `proxy` turns them away."""
    proxy_peers: str = ""
    """Addresses or networks of the proxies that may say who asks, separated by spaces."""
    proxy_user_header: str = Field(default="X-Forwarded-User", pattern=r"^[A-Za-z0-9-]{1,64}$")
    """Header in which the proxy names the user."""
    proxy_secret: SecretStr = SecretStr("")
    """What the proxy must send in `X-Proxy-Secret` to be believed; at least 16 characters."""
    admin_password_hash: SecretStr = SecretStr("")
    """Who may use the admin page, as `name=hash` with spaces between; empty means that there is no page."""
    feedback_cases: Literal["download", "keep"] = "download"
    """Cases made of feedback on the admin page: only handed out, or also kept in `var/cases`."""

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The settings of the environment.

        Raises:
            SettingsError: a variable is unknown, malformed or contradicts another.
        """
        environ = os.environ if environ is None else environ
        ours = {k[len(PREFIX) :].lower(): v for k, v in environ.items() if k.startswith(PREFIX)}
        unknown = sorted(set(ours) - set(cls.model_fields))
        if unknown:
            names = ", ".join(PREFIX + name.upper() for name in unknown)
            raise SettingsError(f"Ukjent innstilling: {names}.", "Se docs/settings.md for dem som finnes.")
        try:
            settings = cls(**ours)  # type: ignore[arg-type]  # pydantic parses the strings
        except ValidationError as error:
            lines = "; ".join(
                f"{PREFIX}{str(e['loc'][0]).upper()}={e['input']!r}: {e['msg']}" for e in error.errors()
            )
            raise SettingsError(f"Ugyldig innstilling: {lines}.", "Se docs/settings.md.") from None
        settings.check()
        return settings

    def check(self) -> None:
        """See that the settings do not contradict each other.

        Raises:
            SettingsError: they do.
        """
        self._check_proxy()
        if self.answers == "llm":
            self._check_model()
        elif self.tracing:
            raise SettingsError(
                "ASSISTANT_TRACING følger en språkmodell, og ingen er i bruk.",
                "Sett ASSISTANT_ANSWERS=llm, eller fjern ASSISTANT_TRACING.",
            )

    def _check_model(self) -> None:
        provider, _, model = self.llm.partition(":")
        if not provider or not model:
            raise SettingsError(
                "ASSISTANT_ANSWERS=llm trenger en språkmodell.",
                "Sett ASSISTANT_LLM som leverandør:modell, f.eks. openai:gpt-4.1-mini, se docs/llm.md.",
            )
        address = urlsplit(self.llm_base_url)
        if self.llm_base_url and (address.scheme not in ("http", "https") or not address.hostname):
            raise SettingsError(
                "ASSISTANT_LLM_BASE_URL er ikke en adresse.", "Skriv den som http://localhost:8000/v1."
            )
        if provider == "openai" and not self.llm_base_url and not self.llm_api_key.get_secret_value():
            raise SettingsError(
                "ASSISTANT_LLM=openai:… uten adresse går til OpenAI og trenger en nøkkel.",
                "Sett ASSISTANT_LLM_API_KEY, eller ASSISTANT_LLM_BASE_URL for en annen tjener.",
            )

    @field_validator("llm_temperature", mode="before")
    @classmethod
    def _unset(cls, value: object) -> object:
        return None if value == "" else value

    def _check_proxy(self) -> None:
        peers, secret = self.proxy_peers.split(), self.proxy_secret.get_secret_value()
        for peer in peers:
            try:
                ip_network(peer, strict=False)
            except ValueError:
                raise SettingsError(
                    f"ASSISTANT_PROXY_PEERS har en ugyldig adresse: {peer}.",
                    "Skriv adresser som 10.0.0.5 eller 10.0.0.0/24, med mellomrom mellom.",
                ) from None
        if bool(peers) != bool(secret) or (secret and len(secret) < 16):
            raise SettingsError(
                "ASSISTANT_PROXY_PEERS og ASSISTANT_PROXY_SECRET hører sammen.",
                "Sett begge, og la hemmeligheten være på minst 16 tegn, eller fjern begge.",
            )
        if self.login == "proxy" and not peers:
            raise SettingsError(
                "ASSISTANT_LOGIN=proxy krever en proxy som kan si hvem som spør.",
                "Sett ASSISTANT_PROXY_PEERS og ASSISTANT_PROXY_SECRET.",
            )

    @property
    def conversations_file(self) -> Path:
        """The SQLite file of the conversations, when no other database is named."""
        return self.var / "conversations.db"

    @property
    def cases_file(self) -> Path:
        """Where the admin page keeps cases made of feedback, when it may."""
        return self.var / "cases" / "tilbakemeldinger.yaml"

    @property
    def index_root(self) -> Path:
        """Folder that holds the builds and the pointer to the current one."""
        return self.var / "index"

    @property
    def uploads(self) -> Path:
        """Folder with the documents that were added on the admin page."""
        return self.var / "uploads"

    @property
    def published(self) -> Path:
        """Those of them that are answered from, beside the corpus."""
        return self.uploads / "published"

    @property
    def model_root(self) -> Path:
        """Folder that holds the served embedding models."""
        return self.var / "models"
