"""Ways to change a true sentence by what stands elsewhere in the passage that it cites.

These are the hardest changes to see: every word and every number of the changed sentence stands in the
passage, only not there. Each rule takes a sentence with its passages and gives another sentence, or None
when it does not apply.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from assistant import language, particulars
from assistant.meanings import ACTORS
from benchmarks.mutations import DATE, NUMBER, free, one, swap
from benchmarks.rewordings import SAME
from benchmarks.truths import True_

Borrowing = Callable[[True_, random.Random], "str | None"]
_WORD = re.compile(r"(?<![\w-])[a-zæøå]{5,}(?![\w-])")
_MODAL = re.compile(r" (skal|må|kan|bør|får) (?!ikke)")


def _others(true: True_) -> Iterator[str]:
    """The other lines of the passages that are cited."""
    own = language.squeeze(true.text)
    for n in true.cites:
        yield from (line.text for line in true.shown[n].lines if language.squeeze(line.text) not in own)


def fact(true: True_, chance: random.Random) -> str | None:
    """A number from another line of the passage."""
    return _from_another(NUMBER, true, chance)


def day(true: True_, chance: random.Random) -> str | None:
    """A date from another line of the passage."""
    return _from_another(DATE, true, chance)


def provision(true: True_, chance: random.Random) -> str | None:
    """A § from another line of the passage."""
    return _from_another(re.compile(r"§ \d+(?:-\d+)?[a-z]?\b"), true, chance)


def _from_another(pattern: re.Pattern[str], true: True_, chance: random.Random) -> str | None:
    found = free(pattern, true.text)
    own = {match[0].strip() for match in found}
    others = sorted({m[0].strip() for text in _others(true) for m in free(pattern, text)} - own)
    if not found or not others:
        return None
    match = chance.choice(found)
    return swap(true.text, match, chance.choice(others) + " " * match[0].endswith(" "))


def word(true: True_, chance: random.Random) -> str | None:
    """A content word made another content word of the passage, that does not mean the same."""
    match = one(_WORD, true.text, chance)
    if not match or not _carries(match[0]):
        return None
    own = {language.stem(w) for w in language.words(true.text)} | _same(language.stem(match[0]))
    words = {w for text in _others(true) for w in _WORD.findall(text)}
    others = sorted(w for w in words if _carries(w) and language.stem(w) not in own)
    return swap(true.text, match, chance.choice(others)) if others else None


def _same(stem: str) -> set[str]:
    """The stems that the rewordings take to mean the same as a word, in one step or two."""
    pairs = [{language.stem(a), language.stem(b)} for a, b in SAME.items()]
    near = {stem}.union(*(pair for pair in pairs if stem in pair))
    return near.union(*(pair for pair in pairs if pair & near))


def subject(true: True_, chance: random.Random) -> str | None:
    """What one line says, said of the subject of another."""
    match = _MODAL.search(true.text)
    heads = []
    for text in _others(true):
        other = _MODAL.search(text)
        if (
            other
            and other.start() < 60
            and "," not in text[: other.start()]
            and _heads(text[: other.start()])
        ):
            heads.append(text[: other.start()])
    if not match:
        return None
    own = _stems(true.text[: match.start()]) if _heads(true.text[: match.start()]) else frozenset()
    reader = re.search(r"\b(?:du|dere)\b", true.text.lower())  # who is the contracting authority
    heads = [h for h in heads if _stems(h) and not _stems(h) & own and not (reader and ACTORS & _stems(h))]
    return chance.choice(heads) + true.text[match.start() :] if own and heads else None


def _heads(text: str) -> bool:
    """Whether a word of content stands last, where the subject of the verb stands."""
    last = re.search(r"[^\W\d_]+$", text)
    return bool(last and _carries(last[0].lower()))


def _carries(word: str) -> bool:
    """Whether a word is one that the check reads as a word of content."""
    return bool(particulars.read(f"og {word}").marks)


def _stems(text: str) -> frozenset[str]:
    return particulars.read(text).keys


BORROWINGS: dict[str, Borrowing] = {
    "tall fra en annen linje": fact, "dato fra en annen linje": day, "§ fra en annen linje": provision,
    "ord fra en annen linje": word, "én linje sagt om en annens subjekt": subject,
}  # fmt: skip
