"""The sidecar of a file that cannot tell everything itself: `name.toml` beside `name.json`, `.xml` …

```toml
id = "for-2016-08-12-974"          # and any other key of a document's head
gyldig_til = 2026-06-30
merknad = "Dette er teksten før endringene 1. juli 2026."

[[bestemmelse]]                    # what differs for single provisions
nr = ["7-2", "7-9"]
gyldig_til = 2026-06-30
```
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from assistant.errors import CorpusError
from assistant.types import Period

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Provision(BaseModel):
    """Dates of provisions that differ from those of their document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nr: tuple[_Text, ...] = Field(min_length=1)
    gyldig_fra: date | None = None
    gyldig_til: date | None = None
    merknad: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Provision:
        if self.gyldig_fra and self.gyldig_til and self.gyldig_fra > self.gyldig_til:
            raise ValueError("gyldig_fra er etter gyldig_til")
        return self


class Overlay(BaseModel):
    """The keys a sidecar may have; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^([a-z0-9]+(-[a-z0-9]+)*)?$")] = ""
    tittel: str = ""
    utgiver: str = ""
    gyldig_fra: date | None = None
    gyldig_til: date | None = None
    kontrollert: date | None = None
    tema: tuple[_Text, ...] = ()
    sammendrag: str = ""
    merknad: str = ""
    skiller: tuple[Annotated[str, StringConstraints(pattern=r"^[^|]+(\|[^|]+)+$")], ...] = ()
    """Where list entries ran together in the file: `myndigheter|fylkeskommunale`."""
    bestemmelse: tuple[Provision, ...] = ()

    @property
    def numbers(self) -> frozenset[str]:
        """Every provision that the sidecar speaks of."""
        return frozenset(number for entry in self.bestemmelse for number in entry.nr)

    def period(self, number: str) -> Period | None:
        """When the text of a provision applied; None when it follows its document."""
        for entry in self.bestemmelse:
            if number in entry.nr:
                return Period(entry.gyldig_fra or self.gyldig_fra, entry.gyldig_til or self.gyldig_til)
        return None


def read(path: Path) -> Overlay:
    """The sidecar of the document in `path`; an empty one when there is none.

    Raises:
        CorpusError: the sidecar cannot be read, or has keys or values that are not allowed.
    """
    sidecar = path.with_suffix(".toml")
    if not sidecar.exists():
        return Overlay()
    try:
        return Overlay.model_validate(tomllib.loads(sidecar.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "dokumentet"
        raise CorpusError(
            f"{sidecar}: «{where}» kan ikke brukes ({first['msg']}).",
            f"Bruk nøklene {', '.join(Overlay.model_fields)}.",
        ) from error
    except (OSError, ValueError) as error:
        raise CorpusError(f"{sidecar} kan ikke leses ({error}).", "Skriv gyldig TOML i UTF-8.") from error
