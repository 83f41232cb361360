"""The head of a corpus document: YAML between two `---` lines, validated at this edge.

Everything that is wrong becomes a `Problem` with its line, so that `check` can list all of it and
`load` can refuse the document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from assistant.types import Source, SourceType

KEYS = "id, tittel, type, utgiver, vedtatt, gyldig_fra, gyldig_til, kilde_url, kontrollert, tema, sammendrag"
_FENCE = re.compile(r"---[ \t]*")

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that breaks the rules of the corpus, and how to put it right."""

    line: int
    message: str
    remedy: str


class FrontMatter(BaseModel):
    """The keys a document may have; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    tittel: _Text
    type: SourceType
    utgiver: _Text
    vedtatt: date | None = None
    gyldig_fra: date | None = None
    gyldig_til: date | None = None
    kilde_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+\S*$")]
    kontrollert: date
    tema: tuple[_Text, ...] = Field(min_length=1)
    sammendrag: _Text

    def source(self) -> Source:
        """The same facts as the frozen value that travels on."""
        return Source(
            id=self.id,
            title=self.tittel,
            type=self.type,
            publisher=self.utgiver,
            url=self.kilde_url,
            checked=self.kontrollert,
            adopted=self.vedtatt,
            valid_from=self.gyldig_fra,
            valid_to=self.gyldig_til,
            topics=self.tema,
            summary=self.sammendrag,
        )


class RepeatedKey(yaml.YAMLError):
    """A mapping holds the same key twice; YAML itself would silently keep the last."""

    def __init__(self, key: str, line: int) -> None:
        super().__init__(f"nøkkelen «{key}» står to ganger")
        self.line = line


class StrictLoader(yaml.SafeLoader):
    """Safe YAML that refuses a repeated key and leaves dates as text, for the model to judge."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class declares it so
        first: [resolver for resolver in resolvers if resolver[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping of `node`.

        Raises:
            RepeatedKey: the same key stands twice.
        """
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value)
            if name in seen:
                raise RepeatedKey(name, key.start_mark.line)
            seen.add(name)
        return super().construct_mapping(node, deep=deep)


def split(lines: list[str]) -> tuple[int, int] | None:
    """Where the YAML stands, as line indexes [first, last); None when the document has no head."""
    if not lines or not _FENCE.fullmatch(lines[0]):
        return None
    end = next((i for i, line in enumerate(lines[1:], 1) if _FENCE.fullmatch(line)), None)
    return None if end is None else (1, end)


def parse(lines: list[str]) -> tuple[Source | None, list[Problem]]:
    """The source that the head of a document describes, and what is wrong with it."""
    where = split(lines)
    if where is None:
        return None, [
            Problem(
                1,
                "Dokumentet mangler hode.",
                f"Begynn filen med en linje «---», nøklene {KEYS}, og en linje «---».",
            )
        ]
    first, last = where
    try:
        # StrictLoader is a SafeLoader: it builds plain values only.
        values = yaml.load("\n".join(lines[first:last]), Loader=StrictLoader)
    except yaml.YAMLError as error:
        return None, [_yaml_problem(error, first)]
    if not isinstance(values, dict):
        return None, [Problem(first + 1, "Hodet er ikke nøkler og verdier.", f"Skriv nøklene {KEYS}.")]
    try:
        source = FrontMatter.model_validate(values).source()
    except ValidationError as error:
        return None, [_problem(e["type"], e["loc"], e["input"], lines, first, last) for e in error.errors()]
    return source, _order(source, lines, first, last)


def yaml_reason(error: yaml.YAMLError) -> str:
    """Why YAML could not be read, in a few words."""
    if isinstance(error, RepeatedKey):
        return str(error)
    return "tegn eller innrykk som ikke er gyldig YAML"


def yaml_line(error: yaml.YAMLError) -> int:
    """Zero-based line of a YAML error inside the YAML text."""
    if isinstance(error, RepeatedKey):
        return error.line
    mark = getattr(error, "problem_mark", None)
    return mark.line if mark else 0


def _yaml_problem(error: yaml.YAMLError, first: int) -> Problem:
    return Problem(
        first + 1 + yaml_line(error),
        f"Hodet kan ikke leses: {yaml_reason(error)}.",
        "Skriv én nøkkel per linje som «nøkkel: verdi», og sett anførselstegn rundt verdier med kolon.",
    )


def _line_of(key: str, lines: list[str], first: int, last: int) -> int:
    found = (i for i in range(first, last) if re.match(rf"['\"]?{re.escape(key)}['\"]?\s*:", lines[i]))
    return next(found, 0) + 1


def _problem(
    kind: str, where: tuple[int | str, ...], value: object, lines: list[str], first: int, last: int
) -> Problem:
    key = str(where[0])
    line = _line_of(key, lines, first, last)
    if kind == "missing":
        return Problem(1, f"Hodet mangler nøkkelen «{key}».", f"Legg til en linje «{key}: …».")
    if kind == "extra_forbidden":
        return Problem(line, f"Ukjent nøkkel «{key}» i hodet.", f"Fjern den, eller bruk en av {KEYS}.")
    hints = {
        "id": "Bruk små bokstaver a–z, tall og enkle bindestreker.",
        "type": f"Bruk en av {', '.join(SourceType)}.",
        "kilde_url": "Skriv hele adressen, med https:// først.",
        "tema": "Skriv en liste, for eksempel «tema: [klima, transport]».",
    }
    dates = dict.fromkeys(
        ("vedtatt", "gyldig_fra", "gyldig_til", "kontrollert"), "Skriv en dato som 2026-07-01."
    )
    remedy = (hints | dates).get(key, "Skriv en tekst som ikke er tom.")
    return Problem(line, f"Nøkkelen «{key}» har en ugyldig verdi: {str(value)[:60]!r}.", remedy)


def _order(source: Source, lines: list[str], first: int, last: int) -> list[Problem]:
    problems = []
    if source.valid_from and source.valid_to and source.valid_from > source.valid_to:
        problems.append(
            Problem(
                _line_of("gyldig_til", lines, first, last),
                f"gyldig_til ({source.valid_to}) er før gyldig_fra ({source.valid_from}).",
                "Bytt om datoene.",
            )
        )
    if source.adopted and source.valid_to and source.adopted > source.valid_to:
        problems.append(
            Problem(
                _line_of("vedtatt", lines, first, last),
                f"vedtatt ({source.adopted}) er etter gyldig_til ({source.valid_to}).",
                "Rett datoene.",
            )
        )
    return problems
