"""Question keys: for a section, the questions it answers, in officers' own words.

One file a document, `questions/<source id>.yaml`, mapping the slug of a heading to a list. An entry is a
question, or the opening words of the sentence that answers with the questions it answers:

    frister-for-klage:
      - "Hvor finner jeg reglene om klage?"
      - answer: "Fristen for å klage til KOFA er"
        questions: ["Hvor lenge kan noen klage til KOFA?"]

Keys lead a search to the section, and an answer to its first sentence; they are never shown or quoted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from assistant.documents.frontmatter import Problem, yaml_line, yaml_reason

MAX_QUESTIONS = 100
PROPOSED = ".yaml.forslag"
"""How the name of a file ends that nobody has read yet: it is used for nothing."""
_FORM = 'Skriv «adresse-til-avsnittet:» og under den linjer som «  - "Spørsmål?"».'
_FORM_OF_ANSWER = (
    'Skriv «  - answer: "De første ordene i setningen"» og under den «    questions: ["Spørsmål?"]».'
)


@dataclass(frozen=True, slots=True)
class Key:
    """One question with the section it leads to, and where it stands."""

    slug: str
    question: str
    line: int
    answer: str = ""
    """How the sentence, item or row that answers begins; empty when the whole section does."""


def read(path: Path) -> tuple[tuple[Key, ...], tuple[Problem, ...]]:
    """The keys in `path`, and everything in the file that is not in the agreed form."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
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
        found, wrong = _entries(slug, value, line)
        keys += found
        problems += wrong
    return tuple(keys), tuple(problems)


def answering_unit(said: Sequence[str], answer: str) -> int:
    """The index of the first text that begins with the words `answer`; -1 when none does, or they are none.

    `said` are the units of a passage as they read when each stands alone (`chunking.reading_text`).
    """
    opening = _folded(answer)
    return next((n for n, text in enumerate(said) if opening and _folded(text).startswith(opening)), -1)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _entries(slug: str, value: yaml.Node, line: int) -> tuple[list[Key], list[Problem]]:
    if not isinstance(value, yaml.SequenceNode):
        return [], [Problem(line, f"«{slug}» har ikke en liste med spørsmål.", _FORM)]
    keys: list[Key] = []
    problems: list[Problem] = []
    for item in value.value:
        if isinstance(item, yaml.MappingNode):
            answer, listed = _answer(item)
            if not answer or listed is None:
                problems.append(
                    Problem(
                        item.start_mark.line + 1,
                        f"En oppføring under «{slug}» er verken et spørsmål eller et svar med spørsmål.",
                        _FORM_OF_ANSWER,
                    )
                )
                continue
        else:
            answer, listed = "", [item]
        for node in listed:
            text = _text(node)
            if text:
                keys.append(Key(slug, text, node.start_mark.line + 1, answer))
            else:
                problems.append(
                    Problem(
                        node.start_mark.line + 1,
                        f"Et spørsmål under «{slug}» er tomt eller ikke tekst.",
                        "Skriv spørsmålet i anførselstegn.",
                    )
                )
    if not problems:
        problems += _count(slug, keys, line)
    return keys, problems


def _count(slug: str, keys: Sequence[Key], line: int) -> Iterator[Problem]:
    if not 1 <= len(keys) <= MAX_QUESTIONS:
        yield Problem(
            line,
            f"«{slug}» har {len(keys)} spørsmål.",
            f"Skriv mellom 1 og {MAX_QUESTIONS}; behold dem som skiller seg mest.",
        )


def _answer(item: yaml.MappingNode) -> tuple[str, list[yaml.Node] | None]:
    fields = {str(name.value): value for name, value in item.value}
    listed = fields.get("questions")
    if set(fields) != {"answer", "questions"} or not isinstance(listed, yaml.SequenceNode):
        return "", None
    return _text(fields["answer"]), list(listed.value)


def _text(node: yaml.Node) -> str:
    """The text of a node on one line; empty when it is not text."""
    if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str":
        return ""
    return " ".join(str(node.value).split())
