"""Question keys: for a section, the questions it answers, in officers' own words.

One file a document, `questions/<source id>.yaml`, mapping the slug of a heading to 1–12 questions.
They lead a search to the section; they are never shown or quoted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from assistant.documents.frontmatter import Problem, yaml_line, yaml_reason

MAX_QUESTIONS = 12
_FORM = 'Skriv «adresse-til-avsnittet:» og under den linjer som «  - "Spørsmål?"».'


@dataclass(frozen=True, slots=True)
class Key:
    """One question with the section it leads to, and where it stands."""

    slug: str
    question: str
    line: int


def read(path: Path) -> tuple[tuple[Key, ...], tuple[Problem, ...]]:
    """The keys in `path`, and everything in the file that is not in the agreed form."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError:
        return (), (Problem(1, "Filen er ikke UTF-8.", "Lagre filen på nytt som UTF-8."),)
    except OSError as error:
        return (), (Problem(1, f"Filen kan ikke leses: {error.strerror}.", "Sjekk navn og tilgang."),)
    except yaml.YAMLError as error:
        return (), (Problem(yaml_line(error) + 1, f"Filen kan ikke leses: {yaml_reason(error)}.", _FORM),)
    if node is None:
        return (), (Problem(1, "Filen er tom.", _FORM),)
    if not isinstance(node, yaml.MappingNode):
        return (), (Problem(1, "Filen er ikke avsnitt med spørsmål.", _FORM),)
    keys: list[Key] = []
    problems: list[Problem] = []
    seen: set[str] = set()
    for name, value in node.value:
        line = name.start_mark.line + 1
        slug = str(name.value)
        if slug in seen:
            problems.append(Problem(line, f"Avsnittet «{slug}» står to ganger.", "Slå listene sammen."))
        seen.add(slug)
        found, wrong = _questions(slug, value, line)
        keys += found
        problems += wrong
    return tuple(keys), tuple(problems)


def _questions(slug: str, value: yaml.Node, line: int) -> tuple[list[Key], list[Problem]]:
    if not isinstance(value, yaml.SequenceNode):
        return [], [Problem(line, f"«{slug}» har ikke en liste med spørsmål.", _FORM)]
    problems = []
    if not 1 <= len(value.value) <= MAX_QUESTIONS:
        problems.append(
            Problem(
                line,
                f"«{slug}» har {len(value.value)} spørsmål.",
                f"Skriv mellom 1 og {MAX_QUESTIONS}; behold dem som skiller seg mest.",
            )
        )
    keys = []
    for item in value.value:
        text = " ".join(str(item.value).split()) if isinstance(item, yaml.ScalarNode) else ""
        if not text or item.tag != "tag:yaml.org,2002:str":
            problems.append(
                Problem(
                    item.start_mark.line + 1,
                    f"Et spørsmål under «{slug}» er tomt eller ikke tekst.",
                    "Skriv spørsmålet i anførselstegn.",
                )
            )
        else:
            keys.append(Key(slug, text, item.start_mark.line + 1))
    return keys, problems
