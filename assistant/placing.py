"""Whether the facts and the turning words of a sentence stand where its lines have them.

Pure. A word is known by its company: two neighbours, and when the lines have the same neighbours in
several places, also those beyond. Each test gives the word for the trace, or nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assistant import meanings, particulars
from assistant.grounds import Ground, ReadLine, bounded, every_line
from assistant.particulars import DIRECTIONS, LAW, MODAL, Mark, Reading, Turn

REACH = 6
"""How many words apart two words may be that stand in each other's place."""
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
        ((a, b), {turns})
        for g in cited
        for _, a, b, _, turns in _placed(g.about)
        if not DIRECTIONS & set(turns.between)
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
            if turn[0] in MODAL:
                sides |= {(f">>{a}", turn), (f">>{b}", turn)}
    return sides


def _counted(turns: _Turns) -> Iterator[_Counted]:
    """Each turning word with how many of its kind come before it, since two of them undo each other."""
    for at, turn in enumerate(turns.between):
        yield turn, turns.between[:at].count(turn)


Places = dict[tuple[str, ...], set[str]]


@dataclass(frozen=True, slots=True)
class _Turns:
    """The turning words between two marks, and the modal verbs there and just before the first."""

    between: tuple[Turn, ...]
    modal: frozenset[Turn]

    def like(self, other: _Turns) -> bool:
        """Whether they turn alike; «skal oppdragsgiver» and «oppdragsgiver skal» do."""
        if self.between == other.between:
            return True
        plain = [tuple(t for t in turns.between if t not in MODAL) for turns in (self, other)]
        return plain[0] == plain[1] and self.modal == other.modal


def _placed(said: Reading) -> Iterator[tuple[str, str, str, str, _Turns]]:
    """Each pair of neighbouring words between their own neighbours, with what turns them."""
    found = list(joints(said))
    keys = ["", *(a for a, _, _ in found), found[-1][1], ""]
    earlier: tuple[Turn, ...] = ()
    for at, (a, b, turns) in enumerate(found):
        yield keys[at], a, b, keys[at + 3], _Turns(turns, MODAL & {*earlier, *turns})
        earlier = turns


Joints = dict[tuple[str, ...], set[_Turns]]
_TURNING = frozenset((Turn.NOT, Turn.EXCEPT, Turn.ONLY))


def _lost(said: Reading, lines: Sequence[ReadLine]) -> str:
    """A turning word between two words that the sentence keeps close together, and lacks."""
    places: dict[str, list[int]] = {"^": [-1], "$": [len(said.marks)]}
    before: dict[str, set[Turn]] = {}
    for at, mark in enumerate(said.marks):
        places.setdefault(mark.key, []).append(at)
        before.setdefault(mark.key, set()).update(mark.turns)
    has = Counter(turn for _, _, turns in joints(said) for turn in turns)
    for line in lines:
        needs: Counter[Turn] = Counter()
        kept: Counter[tuple[str, str]] = Counter()
        a, b, turns = next(joints(line.own))
        begins = next((key for key in before if meanings.same(key, b)), "")
        if begins and not _TURNING & set(turns) <= before[begins]:
            return "negation"
        lead = (j for j in joints(line.lead) if j[0] != "^" and j[1] != "$")  # it may end in «når»
        for a, b, turns in (*joints(line.own), *lead):
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
    if {Turn.NOT, Turn.EXCEPT, Turn.EVEN} & differs.keys():
        return "negation"
    return "limit" if DIRECTIONS & differs.keys() else "modality"


def changed(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """No fact, name or word stands where the lines have another between the same two words."""
    strongest: Places = {}
    any_line: Places = {}
    for line in lines:
        own: Places = {}
        for reading in line.readings:
            _place(reading, own)
        strongest = own | strongest
        for reading in (line.own,) if line.heads else (*line.readings, line.together):
            _place(reading, any_line)
    for ground in cited:
        for mark, _, before, after, _ in _placed_marks(ground.about):
            strongest.setdefault((before, after), set()).update(_ways(mark))
    named = frozenset().union(*(ground.about.keys for ground in cited))
    for at, (mark, *keys) in enumerate(_placed_marks(said)):
        fixed = mark.fact or mark.name or LAW.match(mark.surface.lower())
        there = strongest if fixed else any_line
        ways = next((there[place] for place in _places(*keys) if place in there), None)
        if ways is None or {_way(mark), mark.key} & ways:
            continue
        if fixed:
            return "changed"
        source = {way.strip() for way in ways} <= meanings.SOURCES
        about = source and mark.key in named - meanings.SOURCES
        opens = at == 0 and (about or _made_passive(said, lines))
        if not (opens or _alike(mark.key, ways) or _cut(mark.key, keys, lines)):
            return "changed"
    return ""


def exchanged(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """No line has all the words of the sentence in their order, but one."""
    del lines
    keys = [mark.key for mark in said.marks]
    found = ""
    for line in every_line(cited):
        for reading in (line.own,) if line.heads else (line.own, line.together):
            own = [mark.key for mark in reading.marks]
            differs = [(a, b) for a, b in zip(keys, own, strict=False) if a not in particulars.closure(b)]
            if len(own) == len(keys) and not differs:
                return ""
            if len(own) == len(keys) and len(differs) == 1 and not _alike(differs[0][0], differs[0][1:]):
                found = "changed"
    return found


def _made_passive(said: Reading, lines: Sequence[ReadLine]) -> bool:
    """Whether the sentence begins with what a line has after its verb: «X følges» for «du følger X»."""
    subject, *rest = said.marks
    return any(
        rest and rest[0].surface.endswith("s") and verb.key == rest[0].key and not verb.surface.endswith("s")
        and subject.key in {mark.key for mark in line.own.marks[at + 1 :]}
        for line in lines
        for at, verb in enumerate(line.own.marks)
    )  # fmt: skip


def _place(reading: Reading, found: Places) -> None:
    for mark, *keys in _placed_marks(reading):
        for place in _places(*keys):
            found.setdefault(place, set()).update(_ways(mark))


def _alike(key: str, ways: Iterable[str]) -> bool:
    return any(meanings.same(key, way) or meanings.forms(key, way) for way in ways)


def _cut(key: str, beside: Sequence[str], lines: Sequence[ReadLine]) -> bool:
    """Whether a word at an end of the sentence is one that a line goes on after, or begins before."""
    before, a, b, after = beside
    rows = [(m.key, *keys) for line in lines for m, *keys in _placed_marks(line.own)]
    begins = a == "^" and any((key, b, after) == (row[0], row[3], row[4]) for row in rows)
    return begins or (b == "$" and any((key, before, a) == row[:3] for row in rows))


def _placed_marks(said: Reading) -> Iterator[tuple[Mark, str, str, str, str]]:
    """Each mark with the two before it and the two after."""
    keys = ["", *bounded(said), ""]
    for at, mark in enumerate(said.marks):
        yield mark, keys[at], keys[at + 1], keys[at + 3], keys[at + 4]


def counted(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """No number stands beside a word that has other numbers on that side."""
    del cited
    there: dict[tuple[str, str], set[str]] = {}
    for line in lines:
        for reading in line.readings:
            for side, word, number in _beside(reading):
                there.setdefault((side, word), set()).update(particulars.closure(number.key))
    for side, word, number in _beside(said):
        beside = there.get((side, word), {number.key})
        of_line = number.key[0] in "#§" and number.key[1] != "("
        if number.key not in beside and of_line and word not in meanings.ACTORS:
            return "changed"
    return ""


def _beside(said: Reading) -> Iterator[tuple[str, str, Mark]]:
    """Each word with the numbers directly before it and directly after it in its clause."""
    for side, marks in ((">", said.marks), ("<", said.marks[::-1])):
        run: list[Mark] = []
        for mark in marks:
            if run and run[-1].clause != mark.clause:
                run = []
            if mark.fact:
                run.append(mark)
                continue
            yield from ((side, mark.key, number) for number in run)
            run = []


def traded(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """No two words stand in each other's place: who does it, and whom it is done to."""
    del cited
    windows = [each for line in lines for reading in line.readings for each in _windows(reading)]
    there = {keys for keys, tells in windows if tells}
    whole = {keys for keys, _ in windows}
    for keys, _ in _windows(said):
        before, a, *between, b, after = keys
        if a != b and (before, b, *between, a, after) in there and keys not in whole:
            return "changed"
    return ""


def _windows(said: Reading) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Each two words with what is between and beside them, and whether their order tells who does what."""
    keys = bounded(said)
    for a in range(1, len(keys) - 1):
        for b in range(a + 1, min(a + REACH, len(keys) - 1)):
            modal = MODAL & {*said.marks[a - 1].turns, *said.marks[b - 1].turns}
            yield tuple(keys[a - 1 : b + 2]), b - a > 1 or bool(modal)


def headed(said: Reading, lines: Sequence[ReadLine], cited: Sequence[Ground]) -> str:
    """What must or may be done is said of what the lines say it of: no other word stands before the verb."""
    del cited
    there: dict[tuple[str, Turn], set[str]] = {}
    for line in lines:
        for reading in line.readings:
            for at, mark, modal in _modals(reading.marks):
                before = {m.key for m in reading.marks[:at]}
                there.setdefault((mark.key, modal), set()).update(before or {""})
    addressed = any(line.addresses for line in lines)
    general = meanings.FRAMES | (meanings.ACTORS if addressed else frozenset())
    for at, mark, modal in _modals(said.marks):
        heads = there.get((mark.key, modal))
        head = said.marks[at - 1] if at else mark
        if not heads or head.clause != mark.clause or head is mark or head.fact or head.key in general:
            continue
        if not _alike(head.key, heads):
            return "joined"
    return ""


def _modals(marks: Sequence[Mark]) -> Iterator[tuple[int, Mark, Turn]]:
    """Each word after «must», «should» or «may», and where it stands."""
    for at, mark in enumerate(marks):
        for turn in MODAL & set(mark.turns):
            yield at, mark, turn


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
