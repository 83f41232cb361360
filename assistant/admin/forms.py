"""What an administrator tells of a document: the form read, checked, made the facts of a sidecar. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import ValidationError

from assistant.admin.uploads import Upload, free_id
from assistant.documents.sidecar import UNKNOWN_PUBLISHER, Sidecar
from assistant.slugs import slugify
from assistant.types import Source, SourceType

TEXTS = {"tittel": 200, "utgiver": 120, "kilde_url": 1000, "sammendrag": 600}
DAYS = ("vedtatt", "gyldig_fra", "gyldig_til", "kontrollert")
FIELDS = (
    "erstatter", "tittel", "type", "utgiver", "gyldig_fra", "gyldig_til", "vedtatt", "kontrollert",
    "kilde_url", "sammendrag",
)  # fmt: skip
REQUIRED = ("tittel", "type", "utgiver", "kontrollert")
_URL = re.compile(r"https?://[^\s/<>\"'\\]+[^\s<>\"'\\]*")


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was filled in: the facts, or what is wrong with each field."""

    values: Mapping[str, str]
    facts: Sidecar | None
    errors: Mapping[str, str]
    """For each field that is wrong the name of the words that say so."""


def clean(text: str) -> str:
    """One line of text without what cannot be seen."""
    normal = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode())
    return " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in normal).split())


def prefilled(upload: Upload, source: Source | None, facts: Sidecar, today: date) -> dict[str, str]:
    """What the form shows first: what has been told, else what the file says of itself."""
    stem = clean(upload.name.rpartition(".")[0].replace("_", " ")) or upload.name
    values = dict.fromkeys(FIELDS, "")
    if source:
        values |= {
            "tittel": stem if source.title == upload.sha256 else source.title,
            "utgiver": "" if source.publisher == UNKNOWN_PUBLISHER else source.publisher,
            "kilde_url": source.url,
        }
    told = {name: getattr(facts, name) for name in FIELDS if name != "erstatter"}
    values |= {name: str(value) for name, value in told.items() if value}
    values["kontrollert"] = values["kontrollert"] or today.isoformat()
    values["erstatter"] = upload.replaces
    return values


def filled(
    fields: Mapping[str, str],
    upload: Upload,
    known: Mapping[str, Source],
    own: Sidecar,
    taken: Collection[str],
    strict: bool,
) -> Filled:
    """The form read; with `strict` what has to be there before publishing must be.

    `known` holds the sources of the index, `own` the facts it had before, and `taken` the ids of other
    documents.
    """
    values = {name: clean(fields.get(name, "")) for name in FIELDS}
    errors: dict[str, str] = {}
    if strict:
        errors |= {name: "e_missing" for name in REQUIRED if not values[name]}
    errors |= {name: "e_long" for name, most in TEXTS.items() if len(values[name]) > most}
    if values["kilde_url"] and not _URL.fullmatch(values["kilde_url"]):
        errors["kilde_url"] = "e_url"
    if values["type"] and values["type"] not in set(SourceType):
        errors["type"] = "e_choice"
    days = {name: _day(values[name]) for name in DAYS if values[name]}
    errors |= {name: "e_date" for name, day in days.items() if day is None}
    start, end = days.get("gyldig_fra"), days.get("gyldig_til")
    if start and end and end < start:
        errors["gyldig_til"] = "e_order"
    errors |= _succession(values, known, strict, start)
    if errors:
        return Filled(values, None, errors)
    values |= {name: day.isoformat() for name, day in days.items() if day}
    told = {name: values[name] or None for name in FIELDS if name not in ("erstatter", "sammendrag")}
    name = values["erstatter"] or _own_id(own, upload) or _new_id(values["tittel"], {*known, *taken})
    try:
        facts = Sidecar.model_validate({**told, "id": name, "sammendrag": values["sammendrag"]})
    except ValidationError as error:
        return Filled(values, None, {str(error.errors()[0]["loc"][0]): "e_choice"})
    return Filled(values, facts, {})


def _succession(
    values: Mapping[str, str], known: Mapping[str, Source], strict: bool, start: date | None
) -> dict[str, str]:
    """What keeps it from being a new version of the document it says that it replaces."""
    older = values["erstatter"]
    if not older:
        return {}
    if older not in known:
        return {"erstatter": "e_choice"}
    if not strict:
        return {}
    if known[older].valid_from is None:
        return {"erstatter": "e_old_from"}
    return {} if start else {"gyldig_fra": "e_from"}


def _own_id(own: Sidecar, upload: Upload) -> str:
    """The id it has already, unless that was the id of what it no longer replaces."""
    return own.id if own.id and own.id != upload.replaces else ""


def _new_id(title: str, taken: Collection[str]) -> str:
    wanted = slugify(title)[:70].strip("-") or "dokument"
    return free_id(wanted, dict.fromkeys(taken))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    parts = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text, re.ASCII)
    try:
        return date(int(parts[3]), int(parts[2]), int(parts[1])) if parts else None
    except ValueError:
        return None
