"""What may differ between two installations: environment variables that begin with `ASSISTANT_`.

A variable with the prefix that is not listed here stops the start, so that a misspelt setting is
never silently ignored.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
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
    language: Literal["nb", "nn"] = "nb"
    """Language of the page until the reader chooses another."""
    max_question: int = Field(default=2000, ge=100, le=20000)
    """Longest question that is taken, in characters."""
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
        settings.check()
        return settings

    def check(self) -> None:
        """See that the settings do not contradict each other.

        Raises:
            SettingsError: they do.
        """
        if self.answers != "llm":
            return
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

    @property
    def index_root(self) -> Path:
        """Folder that holds the builds and the pointer to the current one."""
        return self.var / "index"

    @property
    def model_root(self) -> Path:
        """Folder that holds the served embedding models."""
        return self.var / "models"
