"""Whether the facts and the turning words of a sentence stand where its lines have them.

Pure. A word is known by its company: two neighbours, and when the lines have the same neighbours in
several places, also those beyond. Each test gives the word for the trace, or nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant import particulars
from assistant.grounds import Ground, ReadLine
from assistant.particulars import LAW, Mark, Reading, Turn

CLOSE = 3
"""How far apart in a sentence two neighbours of a line may be, and still belong together."""


def turned(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """The turning words stand where the lines have them: none added, none lost, none changed."""
    there: Joints = {}
    for line in lines:
        own: Joints = {}
        for *keys, turns in (*_placed(line.own), *_placed(line.lead)):
            for place in _places(*keys):
                own.setdefault(place, set()).add(turns)
        there = own | there  # the strongest line that has the place decides
    about = [
        (key, {turns}) for g in cited for _, *pair, _, turns in _placed(g.about) for key in [tuple(pair)]
    ]
    sides = _sides((*((k, ways) for k, ways in there.items() if len(k) == 2), *about))
    for before, a, b, after, turns in _placed(said):
        ways = next((there[place] for place in _places(before, a, b, after) if place in there), None)
        if ways is not None:
            if not any(turns.like(way) for way in ways):
                return _named(turns.between, {way.between for way in ways})
        elif any(not {(f"{a}>", t), (f">{b}", t), (f">>{b}", t)} & sides for t in _counted(turns)):
            return _named(turns.between, set())
    return _lost(said, lines)


def _places(before: str, a: str, b: str, after: str) -> Iterator[tuple[str, ...]]:
    """Two words in a row, known by more of their company first, since a line may have them twice."""
    yield before, a, b, after
    yield "", a, b, after
    yield before, a, b, ""
    yield a, b


_Counted = tuple[Turn, int]


def _sides(placed: Iterable[tuple[tuple[str, ...], set[_Turns]]]) -> set[tuple[str, _Counted]]:
    """Each turning word with the marks on its two sides; a verb also with the mark it changes places with."""
    sides: set[tuple[str, _Counted]] = set()
    for (a, b), ways in placed:
        for turn in {turn for way in ways for turn in _counted(way)}:
            sides |= {(f"{a}>", turn), (f">{b}", turn)}
            if turn[0] in _MODAL:
                sides |= {(f">>{a}", turn), (f">>{b}", turn)}
    return sides


def _counted(turns: _Turns) -> Iterator[_Counted]:
    """Each turning word with how many of its kind come before it, since two of them undo each other."""
    for at, turn in enumerate(turns.between):
        yield turn, turns.between[:at].count(turn)


_MODAL = frozenset((Turn.MUST, Turn.SHOULD, Turn.MAY))


@dataclass(frozen=True, slots=True)
class _Turns:
    """The turning words between two marks, and the modal verbs there and just before the first."""

    between: tuple[Turn, ...]
    modal: frozenset[Turn]

    def like(self, other: _Turns) -> bool:
        """Whether they turn alike; «skal oppdragsgiver» and «oppdragsgiver skal» do."""
        if self.between == other.between:
            return True
        plain = [tuple(t for t in turns.between if t not in _MODAL) for turns in (self, other)]
        return plain[0] == plain[1] and self.modal == other.modal


def _placed(said: Reading) -> Iterator[tuple[str, str, str, str, _Turns]]:
    """Each pair of neighbouring words between their own neighbours, with what turns them."""
    found = list(joints(said))
    keys = ["", *(a for a, _, _ in found), found[-1][1], ""]
    earlier: tuple[Turn, ...] = ()
    for at, (a, b, turns) in enumerate(found):
        yield keys[at], a, b, keys[at + 3], _Turns(turns, _MODAL & {*earlier, *turns})
        earlier = turns


Joints = dict[tuple[str, ...], set[_Turns]]
_TURNING = frozenset((Turn.NOT, Turn.EXCEPT, Turn.ONLY))


def _lost(said: Reading, lines: Sequence[ReadLine]) -> str:
    """A turning word between two words that the sentence keeps close together, and lacks."""
    places: dict[str, list[int]] = {"$": [len(said.marks)]}
    before: dict[str, set[Turn]] = {}
    for at, mark in enumerate(said.marks):
        places.setdefault(mark.key, []).append(at)
        before.setdefault(mark.key, set()).update(mark.turns)
    has = Counter(turn for _, _, turns in joints(said) for turn in turns)
    for line in lines:
        needs: Counter[Turn] = Counter()
        kept: Counter[tuple[str, str]] = Counter()
        a, b, turns = next(joints(line.own))
        if b in before and not _TURNING & set(turns) <= before[b]:
            return "negation"
        for a, b, turns in (*joints(line.own), *joints(line.lead)):
            close = sum(0 < j - i <= CLOSE for i in places.get(a, ()) for j in places.get(b, ()))
            if kept[a, b] < close:
                kept[a, b] += 1
                needs.update(turns)
        if missing := tuple(needs - has):
            return _named(missing, set())
    return ""


def joints(said: Reading) -> Iterator[tuple[str, str, tuple[Turn, ...]]]:
    """Each pair of neighbouring words with the turning words between them, in a fixed order."""
    before = "^"
    for mark in said.marks:
        yield before, mark.key, tuple(sorted(mark.turns))
        before = mark.key
    yield before, "$", tuple(sorted(said.tail))


def _named(turns: Sequence[Turn], other: set[tuple[Turn, ...]]) -> str:
    mine, theirs = Counter(turns), Counter(next(iter(other), ()))
    differs = (mine - theirs) | (theirs - mine)
    return "negation" if {Turn.NOT, Turn.EXCEPT} & differs.keys() else "modality"


def changed(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """No fact or name stands where the lines have another between the same two words."""
    there: dict[tuple[str, ...], set[str]] = {}
    for line in lines:
        own: dict[tuple[str, ...], set[str]] = {}
        for reading in (line.own, line.lead):
            for mark, *keys in _placed_marks(reading):
                for place in _places(*keys):
                    own.setdefault(place, set()).update(_ways(mark))
        there = own | there
    for ground in cited:
        for mark, _, before, after, _ in _placed_marks(ground.about):
            there.setdefault((before, after), set()).update(_ways(mark))
    for mark, *keys in _placed_marks(said):
        if not (mark.fact or mark.name or LAW.match(mark.surface.lower())):
            continue
        ways = next((there[place] for place in _places(*keys) if place in there), None)
        if ways is not None and not {_way(mark), mark.key} & ways:
            return "changed"
    return ""


def _placed_marks(said: Reading) -> Iterator[tuple[Mark, str, str, str, str]]:
    """Each mark with the two before it and the two after."""
    keys = ["", "^", *(m.key for m in said.marks), "$", ""]
    for at, mark in enumerate(said.marks):
        yield mark, keys[at], keys[at + 1], keys[at + 3], keys[at + 4]


def _way(mark: Mark) -> str:
    return f"{mark.key} {mark.bound}"


def _ways(mark: Mark) -> Iterator[str]:
    """The ways in which a sentence may give a fact of a line: as it is, or a date in part."""
    if not mark.bound:
        yield mark.key
    for key in particulars.closure(mark.key):
        yield f"{key} {mark.bound}"
        if mark.bound == "min" and key[0] == "@":
            yield f"{key} "
