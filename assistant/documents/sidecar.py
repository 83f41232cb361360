"""What a file cannot tell of itself: title, type, publisher, dates and address, in `name.toml` beside it.

The keys are those of a corpus document's head, and every one may be left out. What is not written is taken
from the file where it says so itself.
"""

from __future__ import annotations

import json
import os
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from assistant.documents.frontmatter import KEYS
from assistant.documents.pieces import Extract
from assistant.errors import CorpusError
from assistant.slugs import slugify
from assistant.types import Source, SourceType

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
UNKNOWN_PUBLISHER = "Ukjent utgiver"


class Sidecar(BaseModel):
    """The keys that may stand beside a file; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")] | None = None
    tittel: _Text | None = None
    type: SourceType | None = None
    utgiver: _Text | None = None
    vedtatt: date | None = None
    gyldig_fra: date | None = None
    gyldig_til: date | None = None
    kilde_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$")] | None = None
    kontrollert: date | None = None
    tema: tuple[_Text, ...] = ()
    sammendrag: str = ""


def path_of(path: Path) -> Path:
    """Where the facts about the file `path` stand."""
    return path.with_suffix(".toml")


def read(path: Path) -> Sidecar | None:
    """The facts beside the file `path`; None when there are none.

    Raises:
        CorpusError: they are there, and break the rules.
    """
    beside = path_of(path)
    try:
        return Sidecar.model_validate(tomllib.loads(beside.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise CorpusError(f"{beside.name}: ukjent nøkkel «{key}».", f"Bruk {KEYS}.") from error
        raise CorpusError(
            f"{beside.name}: nøkkelen «{key}» har en ugyldig verdi: {str(first['input'])[:60]!r}.",
            "Skriv tekst i anførselstegn og datoer som 2026-07-01.",
        ) from error
    except (OSError, ValueError) as error:
        raise CorpusError(
            f"{beside.name} kan ikke leses ({' '.join(str(error).split())}).",
            'Skriv én nøkkel per linje, som tittel = "Innkjøpsreglement".',
        ) from error


def write(path: Path, facts: Sidecar) -> None:
    """Put `facts` beside the file `path`, by one rename; `read` gives them back."""
    lines = [f"{key} = {_toml(value)}" for key, value in facts if value not in (None, (), "")]
    beside = path_of(path)
    new = beside.with_name(f".{beside.name}.{os.getpid()}")
    new.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    new.replace(beside)


def _toml(value: date | tuple[str, ...] | str) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    # A basic string of TOML is a string of JSON, but for the one control character that JSON lets stand.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def source(path: Path, facts: Sidecar | None, extract: Extract) -> tuple[Source, tuple[str, ...]]:
    """The source that `path` is, and a warning when important facts are not known."""
    known = facts or Sidecar()
    made = Source(
        id=known.id or slugify(path.stem)[:80].strip("-") or "dokument",
        title=known.tittel or extract.title or path.stem.replace("_", " "),
        type=known.type or _type(path),
        publisher=known.utgiver or extract.publisher or UNKNOWN_PUBLISHER,
        url=known.kilde_url or extract.url,
        checked=known.kontrollert or extract.dated or _touched(path),
        adopted=known.vedtatt,
        valid_from=known.gyldig_fra,
        valid_to=known.gyldig_til,
        topics=known.tema,
        summary=known.sammendrag,
    )
    missing = [
        name
        for name, there in (
            ("utgiver", made.publisher != UNKNOWN_PUBLISHER),
            ("kilde_url", made.url),
            ("type", known.type or _folder_type(path)),
        )
        if not there
    ]
    if not missing:
        return made, ()
    return made, (f"Det er ikke oppgitt {_listed(missing)}; skriv det i {path_of(path).name}.",)


def _listed(names: list[str]) -> str:
    return " eller ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _folder_type(path: Path) -> SourceType | None:
    return next((SourceType(part) for part in reversed(path.parts[:-1]) if part in list(SourceType)), None)


def _type(path: Path) -> SourceType:
    """What the folder says, else guidance: the type that promises least."""
    return _folder_type(path) or SourceType.GUIDANCE


def _touched(path: Path) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).astimezone().date()
