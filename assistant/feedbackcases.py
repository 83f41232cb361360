"""Feedback as cases for the evaluation, in the form of `evals/questions`, for a person to finish.

What points to a person is taken out, as far as it can be recognised; names in ordinary words cannot, so
somebody must read each case before it is shared.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from assistant import personal, texts
from assistant.conversations.values import Feedback, Verdict

TONGUES = frozenset({"nb", "nn", "en"})


def cases(found: Iterable[Feedback]) -> Iterator[dict[str, Any]]:
    """The cases of those whose answer is stored.

    Left to do: choose kind, topic and style, correct the outcome and the sections, and write the facts.
    """
    for each in found:
        if each.turn is None:
            continue
        answer = each.turn.answer
        sections = list(dict.fromkeys(citation.section_id for citation in answer.citations))
        yield {
            "id": case_id(each),
            "question": personal.withheld(each.turn.question),
            "language": answer.language if answer.language in TONGUES else "nb",
            "kind": "other",
            "topic": sections[0].partition("#")[0] if sections else "utenfor",
            "style": "plain",
            "status": answer.status.value if answer.status.value != "model_unavailable" else "answered",
            "on": each.turn.on,
            "golden": sections,
            "facts": [],
            "note": _note(each),
        }


def case_id(feedback: Feedback) -> str:
    """The id of the case of a piece of feedback: always the same, and nothing the reader chose."""
    return f"tilbakemelding-{feedback.created:%Y%m%d}-{feedback.mark[:8]}"


def as_yaml(found: Iterable[Feedback]) -> str:
    """The cases as YAML, below a comment that says what is left to do."""
    listed = list(cases(found))
    if not listed:
        return "[]\n"
    head = "".join(f"# {line}\n" for line in texts.CASE_TODO)
    return head + yaml.safe_dump(listed, allow_unicode=True, sort_keys=False, width=110)


def add(feedback: Feedback, path: Path) -> bool:
    """Put the case last in the file at `path`; False when it is there already, or has no stored answer."""
    if feedback.turn is None:
        return False
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    with path.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if f"id: {case_id(feedback)}\n" in file.read():
            return False
        file.write(as_yaml([feedback]))
    return True


def _note(feedback: Feedback) -> str:
    thumb = "opp" if feedback.verdict is Verdict.UP else "ned"
    said = [texts.REASON[reason] for reason in feedback.reasons]
    said += [personal.withheld(text) for text in (feedback.text, feedback.note) if text]
    build = feedback.turn.answer.build if feedback.turn else ""
    return f"Tommel {thumb}: {'; '.join(said) or 'uten grunn'}. Bygg {build}."
