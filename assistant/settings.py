"""What may differ between two installations: environment variables that begin with `ASSISTANT_`.

A variable with the prefix that is not listed here stops the start, so that a misspelt setting is
never silently ignored.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError
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
    """Who words the answers. Only `extractive` works in this version; `llm` stops the start."""
    llm: str = ""
    """Language model as `provider:model`."""
    llm_base_url: str = ""
    """Address of an OpenAI-compatible server."""
    llm_api_key: SecretStr = SecretStr("")
    """Key for the language model."""
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
    closed: str = Field(default="", max_length=2000)
    """Message that is given instead of answers; empty means that the service is open."""
    frame_ancestors: str = ""
    """Sites that may embed the widget, separated by spaces; empty means none."""

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
        settings._check()
        return settings

    def _check(self) -> None:
        if self.answers == "llm":
            raise SettingsError(
                "ASSISTANT_ANSWERS=llm kan ikke brukes ennå: denne versjonen gir bare ordrette svar.",
                "Fjern ASSISTANT_ANSWERS.",
            )

    @property
    def index_root(self) -> Path:
        """Folder that holds the builds and the pointer to the current one."""
        return self.var / "index"

    @property
    def model_root(self) -> Path:
        """Folder that holds the served embedding models."""
        return self.var / "models"
