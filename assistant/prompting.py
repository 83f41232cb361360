"""What a language model is sent: the instructions, the passages without addresses, and the question.

Pure, but for the random mark. Everything that others have written stands between fences that carry a mark
made for this one request, so that a text cannot close its own fence; addresses and look-alikes of our
markers are taken out of it first.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from assistant import language, texts
from assistant.types import Passage, Turn

LONGEST = 14_000
"""Characters of sources in one request; the first passages are kept."""
LANGUAGES = {"nb": "bokmål", "nn": "nynorsk"}
TURNS = 4
"""Earlier questions that go with a follow-up."""

_URL = re.compile(r"\b(?:https?://|www\.)\S+|\b\S+@\S+\.\w+", re.IGNORECASE)
_REFERENCE = re.compile(r"^\s*\[[^\]]+\]:.*$", re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_LINKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])")
_MARKER = re.compile(r"\[(\s*\d+(?:\s*,\s*\d+)*\s*)\]")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One request to a model; the instructions are the same in all, so that a server can keep them."""

    system: str
    user: str
    nonce: str


@lru_cache(maxsize=4)
def instructions(name: str) -> str:
    """The text of `prompts/<name>.md`."""
    return resources.files("assistant").joinpath(f"prompts/{name}.md").read_text(encoding="utf-8")


def harmless(text: str) -> str:
    """`text` without addresses, markup of links, angle brackets and anything that looks like our markers."""
    text = _IMAGE.sub(r"\1", _REFERENCE.sub("", language.clean(text)))
    text = _URL.sub("", _LINKED.sub(r"\1", text))
    text = _MARKER.sub(r"(\1)", text)
    return text.replace("<", "‹").replace(">", "›")


def answering(question: str, passages: Mapping[int, Passage], tongue: str) -> Prompt:
    """The request for an answer to `question` from numbered passages, in `nb` or `nn`."""
    nonce = secrets.token_hex(6)
    parts = [f"Merke: {nonce}"]
    left = LONGEST
    for n, passage in passages.items():
        text = harmless(passage.text)
        if len(parts) > 1 and len(text) > left:
            break
        left -= len(text)
        facts = f"{texts.RANK[passage.rank]}{_period(passage)}"
        about = f"{_line(passage.source.title)} – {_line(passage.heading)} ({facts})"
        parts.append(f"<kilde {nonce} {n}>\n{about}\n\n{text}\n</kilde {nonce} {n}>")
    asked = f"<spørsmål {nonce}>\n{harmless(question)}\n</spørsmål {nonce}>"
    written = f"Svar på {LANGUAGES[tongue]}, med kildens nummer i hver setning."
    return Prompt(instructions("svar"), "\n\n".join([*parts, asked, written]), nonce)


def rewriting(question: str, history: Sequence[Turn]) -> Prompt:
    """The request to make a follow-up stand alone: earlier questions are sent, earlier answers are not."""
    nonce = secrets.token_hex(6)
    earlier = [f"<tidligere {nonce}>\n{harmless(t.question)}\n</tidligere {nonce}>" for t in history[-TURNS:]]
    asked = f"<spørsmål {nonce}>\n{harmless(question)}\n</spørsmål {nonce}>"
    return Prompt(instructions("sporsmal"), "\n".join([f"Merke: {nonce}", *earlier, asked]), nonce)


def expanding(title: str, heading: str, lines: Sequence[str]) -> Prompt:
    """The request for questions that a section answers; `lines` is all that it says, as far as it fits."""
    nonce = secrets.token_hex(6)
    text = "\n".join(language.squeeze(harmless(line)) for line in lines)[:LONGEST]
    about = f"{_line(title)} – {_line(heading)}"
    body = f"<avsnitt {nonce}>\n{about}\n\n{text}\n</avsnitt {nonce}>"
    return Prompt(instructions("nokler"), f"Merke: {nonce}\n\n{body}", nonce)


def _line(text: str) -> str:
    return language.squeeze(harmless(text))[:200]


def _period(passage: Passage) -> str:
    if passage.valid_to:
        return f", gjaldt til og med {passage.valid_to:%d.%m.%Y}"
    return f", gjelder fra {passage.valid_from:%d.%m.%Y}" if passage.valid_from else ""
