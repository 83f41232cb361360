"""How a sentence may differ from the lines that carry it: each test names what it finds, or nothing.

Pure. The tests are tried in order; the first word that one of them gives is the reason in the trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from assistant import conditions, meanings, particulars, placing
from assistant.grounds import Ground, ReadLine, bounded, every_line
from assistant.particulars import LAW, Mark, Reading, Turn

COVERED = 0.8
"""More than this share of a sentence's words must stand in its lines (docs/grounding.md)."""
CARRIED = 0.6
"""Share of them that the lines must hold without the names of source and section."""
BRIEF, STEP = 4, 3
"""Words up to which every one must be told; with so few, two must follow each other as in a line."""
FEW = 3
"""Words that another line about the same thing may lack."""
ADDED = 3
"""Words in a row that stand in no line and make a claim of their own."""
NEAR = 4
"""Words to each side of a number in which the sentence and its line must have one in common."""

_HEAVY = frozenset((Turn.NOT, Turn.EXCEPT, Turn.ONLY, Turn.MUST))
"""Turning words that may not stand before a word that no line has."""
_BARE_LAW = {
    "loven": "lov",
    "lova": "lov",
    "forskriften": "forskrift",
    "forskrifta": "forskrift",
    "direktivet": "direktiv",
}


def _facts(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """Every number, date, § and reference stands in the lines, with its unit, its limit and its company."""
    about = frozenset(k for g in cited for m in g.about.marks if m.fact for k in particulars.closure(m.key))
    for place, mark in enumerate(said.marks):
        if not mark.fact:
            continue
        homes = [line for line in lines if mark.key in line.facts]
        if not homes:
            if mark.key in about and mark.key[0] in "§/@":
                continue
            return {"#": "number", "@": "date", "§": "provision", "/": "reference"}[mark.key[0]]
        if mark.key[0] == "§" or mark.key[0] == "/":
            continue
        if reason := _as_there(said, place, homes, cited):
            return reason
    return ""


def _as_there(said: Reading, place: int, homes: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """Whether a line or heading has the number with the same unit and limit, among words of the sentence."""
    mark = said.marks[place]
    reasons = []
    for ground in cited:
        for at, there in enumerate(ground.about.marks):
            if mark.key in particulars.closure(there.key) and (mark.unit, mark.bound) == (
                there.unit,
                there.bound,
            ):
                near = {m.key for m in _around(ground.about, at) if not m.fact}
                if near & {m.key for m in _around(said, place)}:
                    return ""
    for line in homes:
        for reading in line.readings:
            for at, there in enumerate(reading.marks):
                if mark.key not in particulars.closure(there.key):
                    continue
                reason = _differs(mark, there, line) or _alone(said, place, reading, at, line)
                if not reason:
                    return ""
                reasons.append(reason)
    return reasons[0] if reasons else "number"


def _differs(mark: Mark, there: Mark, line: ReadLine) -> str:
    units = {m.unit for m in line.own.marks} | {m.unit for m in line.lead.marks}
    if mark.unit != there.unit and not (not there.unit and mark.unit in units):
        return "unit"
    if mark.bound != there.bound:
        return "limit"
    return ""


def _alone(said: Reading, place: int, there: Reading, at: int, line: ReadLine) -> str:
    """Whether a number stands among none of the words it stands among in the sentence."""
    here = {m.key for m in _around(said, place) if not m.fact}
    near = {m.key for m in _around(there, at) if not m.fact} | line.about | line.lead.keys
    return "" if not here or here & near else "company"


def _around(said: Reading, place: int) -> tuple[Mark, ...]:
    return (*said.marks[max(0, place - NEAR) : place], *said.marks[place + 1 : place + 1 + NEAR])


def _names(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """Every name and law stands in the lines, or in the names of the sources."""
    known = frozenset().union(*(line.words for line in lines), *(g.about.keys for g in cited))
    for mark in said.marks:
        if mark.fact:
            continue
        low = mark.surface.lower()
        if LAW.match(low) and mark.key not in known:
            return "law"
        if low in _BARE_LAW and not any(_BARE_LAW[low] in key for key in known):
            return "law"
        opening = mark.first and mark.surface[0].isupper()
        if mark.name and mark.key not in known:
            return "name"
        if (
            opening
            and mark.key not in known
            and mark.key not in meanings.GENERAL
            and not meanings.part(mark.key, known)
        ):
            return "name"
    return ""


def _covered(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """Nearly all other words stand in the lines, and none of the others turns one of them round."""
    own = frozenset().union(*(line.words for line in lines))
    known = own | frozenset().union(*(g.about.keys for g in cited))
    words = {m.key for m in said.marks if not m.fact}
    untold = frozenset(key for key in words if not _told(key, known))
    if any(meanings.opposite(key, other) for key in untold for other in own - said.keys):
        return "opposite"
    strange = untold - meanings.GENERAL
    if _claims(said, strange) or _put_in(said, strange, cited):
        return "added"
    if words and 1 - len(strange) / len(words) <= COVERED:
        return "words"
    telling = [m.key for m in said.marks if m.key not in meanings.GENERAL]
    if len(said.marks) <= BRIEF and not _in_full(said, lines, untold):
        return "words"
    carried = sum(key[0] in "#@§/" or _told(key, own) for key in telling)
    return "words" if telling and carried / len(telling) < CARRIED else ""


def _told(key: str, known: frozenset[str]) -> bool:
    """Whether a word stands there, as it is, as part of another or as one that says the same."""
    return key in known or meanings.part(key, known) or _same(key, known)


def _claims(said: Reading, strange: frozenset[str]) -> bool:
    """Whether a sentence makes a claim that no line makes.

    It has several `strange` words in a row, half of a clause, or one that is denied, demanded or excepted.
    """
    row = 0
    clauses: dict[int, list[bool]] = {}
    for mark in said.marks:
        new = mark.key in strange
        row = row + 1 if new else 0
        if row >= ADDED or (new and _HEAVY & set(mark.turns)):
            return True
        clauses.setdefault(mark.clause, []).append(new)
    return any(sum(words) > 1 and sum(words) * 2 >= len(words) for words in clauses.values())


def _put_in(said: Reading, strange: frozenset[str], cited: Sequence[Ground]) -> bool:
    """Whether `strange` words stand between two words that a line has side by side."""
    if not strange:
        return False
    readings = (r for line in every_line(cited) for r in (*line.readings, line.together))
    beside = {pair for reading in readings for pair in pairwise(bounded(reading))}
    left = [(at, key) for at, key in enumerate(bounded(said)) if key not in strange]
    return any(end - start > 1 and (a, b) in beside for (start, a), (end, b) in pairwise(left))


def _in_full(said: Reading, lines: Sequence[ReadLine], untold: frozenset[str]) -> bool:
    """Whether every word of a brief sentence is told, and two of them follow each other as in a line."""
    if untold - meanings.FRAMES - meanings.ACTORS - meanings.SOURCES:
        return False
    return len(said.marks) != STEP or any(
        _same(other.key, keys[at + 1 : at + 1 + FEW])
        for line in lines
        for reading in (*line.readings, line.together)
        for keys in ([mark.key for mark in reading.marks],)
        for one, other in pairwise(said.marks)
        for at, key in enumerate(keys)
        if _same(one.key, (key,))
    )


def _law_of(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """Each § beside a law stands beside the same law in the lines, when it stands beside one there."""
    del cited
    there: dict[str, set[str]] = {}
    for line in lines:
        for reading in line.readings:
            for number, law in _laws(reading):
                there.setdefault(number, set()).add(law)
    return "law" if any(law not in there.get(number, {law}) for number, law in _laws(said)) else ""


def _laws(said: Reading) -> Iterator[tuple[str, str]]:
    for at, mark in enumerate(said.marks):
        if mark.key[0] == "§":
            beside = said.marks[max(0, at - 2) : at] + said.marks[at + 1 : at + 3]
            yield from ((mark.key, m.key) for m in beside if LAW.match(m.surface.lower()))


def _apart(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """Each part of the sentence stands in one line: two lines may not lend it their words and numbers.

    When one line has all its words, that line has its numbers too.
    """
    every = every_line(cited)
    own = frozenset().union(*(line.words | line.facts for line in every))
    about = frozenset(k for g in cited for m in g.about.marks for k in particulars.closure(m.key))
    marks = [mark for mark in said.marks if mark.key in own and mark.key not in about]
    parts: dict[int, set[str]] = {}
    for mark in marks:
        parts.setdefault(mark.part, set()).add(mark.key)
    if not all(any(_bears(line, keys) for line in every) for keys in parts.values()):
        return "joined"
    words = {mark.key for mark in marks if not mark.fact}
    facts = {mark.key for mark in marks if mark.fact}
    bearing = [line for line in every if _bears(line, words)]
    if not facts or not bearing or any(_bears(line, facts) for line in bearing):
        return ""
    near = any(_bears(line, facts) and sum(not _bears(line, (w,)) for w in words) < FEW for line in every)
    return "joined" if near or any(line in lines for line in bearing) else ""


def _bears(line: ReadLine, keys: Iterable[str]) -> bool:
    return all(key in meanings.GENERAL or line.holds(key) or _same(key, line.words) for key in keys)


def _same(key: str, known: Iterable[str]) -> bool:
    return any(meanings.same(key, other) for other in known)


def _current(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """What no longer applies is told with its date."""
    del cited
    first = lines[0]
    if first.line.current:
        return ""
    dates = {m.key for m in said.marks if m.key[0] == "@"}
    return "" if dates & first.facts else "not_in_force"


TESTS = (
    _facts, _names, placing.changed, placing.exchanged, placing.traded, placing.counted, placing.headed,
    _law_of, _covered, placing.turned, _apart, conditions.left_out, _current,
)  # fmt: skip
