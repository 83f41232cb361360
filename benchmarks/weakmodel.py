"""What a reader sees when the model is hopeless: SmolLM2-135M, a real model that knows no Norwegian.

    make test-llm ARGS="--questions 200 --docs"      # asks the model what has not been asked, then judges
    python -m benchmarks.weakmodel --replay --docs   # judges what it said last time, without the model

What the model writes is kept in `benchmarks/weak/replies.jsonl`, so that the check can be tried on it again.
Every shown sentence of the model is held against the words, numbers and § of the cited passages by rules that
are not the check's own, and written to var/weakmodel.txt to be read. The same texts are then tried with the
marker that the model never remembers put into each sentence.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from assistant import clarifying, language
from assistant.answering import Composer
from assistant.assistant import Assistant
from assistant.llm import Breaker, Caller, Limits
from assistant.settings import Settings
from assistant.types import Answer, Attempt, Document, Event, Question, Retrieval, Turn
from assistant.writing import Writer
from benchmarks import tables
from benchmarks.weak import tape
from evals import asking, stats
from evals.cases import DAY, QUESTIONS, Case, load_cases
from evals.metrics import Scored

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "grounding.md"
PASSAGES = 1
"""Passages that the model is given: more would take minutes a question."""
TOKENS = 32
"""The longest text that it writes."""
RIGHT = ("status_ok", "all_facts", "direct", "cites_golden")
"""The measures of the evaluation that say whether an answer is right."""


class Worded:
    """The assistant with its answers worded by a model that is told which case is asked."""

    def __init__(self, plain: Assistant, model: tape.Recorder | tape.Player, corpus: Path) -> None:
        self._plain, self._model = plain, model
        composer = Composer(plain.index, plain.retriever, clarifying.read(corpus))
        caller = Caller(model, Limits(600, 600, TOKENS), Breaker(failures=10**9))
        self._writer = Writer(composer, plain.index, caller, PASSAGES)
        self.attempts: dict[str, Attempt] = {}
        """What came of each case in which the model was asked."""

    def question(
        self, text: str, *, on: date | None = None, history: tuple[Turn, ...] = (), id: str = ""
    ) -> Question:
        """The question as the assistant makes it."""
        return self._plain.question(text, on=on, history=history, id=id)

    def document(self, source_id: str) -> Document | None:
        """The document of the assistant."""
        return self._plain.document(source_id)

    def stream(self, question: Question) -> Iterator[Event]:
        """The events of an answer in the model's words."""
        self._model.case = question.id
        found: Retrieval = self._plain.search(question)
        yield found
        for event in self._writer.compose(question, found, DAY):
            if isinstance(event, Attempt):
                self.attempts[question.id] = event
            yield event


def unsupported(answer: Answer, own: Iterable[str]) -> list[str]:
    """The sentences in `own` with a word, a number or a § that the cited passages do not have in any form."""
    cited = {c.n: f"{c.title} {c.section} {c.text}".lower() for c in answer.citations}
    found = []
    for sentence in (s for s in answer.sentences if s.text in own):
        text = language.plain(" ".join(cited[n] for n in sentence.citations))
        words = set(language.words(language.plain(sentence.text))) - language.STOP_WORDS
        numbers = set(re.findall(r"\d+", sentence.text)) - set(re.findall(r"\d+", text))
        if numbers or any(word[:5] not in text for word in words):
            found.append(sentence.text)
    return found


def record(
    plain: Assistant, settings: Settings, cases: Sequence[Case], questions: int, minutes: float
) -> None:
    """Ask the model until so many questions have a reply to the prompt of today, or the time is up."""
    from assistant import chain

    recorder = tape.Recorder(chain.language_model(settings))
    worded = Worded(plain, recorder, settings.corpus)
    ends = time.monotonic() + minutes * 60
    for case in cases:
        if recorder.fits >= questions or time.monotonic() > ends:
            break
        list(worded.stream(plain.question(case.question, on=case.on, id=case.id)))


def judge(
    plain: Assistant, corpus: Path, replies: Mapping[str, tape.Reply], cases: Sequence[Case]
) -> tuple[str, list[str]]:
    """The table, and every text with what became of it."""
    extracts = asking.rescore(asking.run(plain, cases), cases)
    head, columns, lines = ["SmolLM2-135M", "uten modell"], [_right(extracts)], []
    notes = []
    for title, marked in (("som den skrev", False), ("med markør satt inn", True)):
        player = tape.Player(replies, marked=marked)
        worded = Worded(plain, player, corpus)
        scored = asking.rescore(asking.run(worded, cases), cases)
        said = {s.case.id: {x.text for x in s.outcome.answer.sentences} for s in extracts if s.outcome.answer}
        shown, wrong = [], []
        for id, attempt in worded.attempts.items():
            own = [s.text for s in attempt.sentences if s.text not in said[id]]
            shown += own
            wrong += unsupported(attempt, own)
            lines += [f"? {title}: {attempt.question}", *(f"  + {text}" for text in own)]
            lines += [f"  - {d.reason}: {d.text}" for d in attempt.dropped]
        dropped = Counter(d.reason for a in worded.attempts.values() for d in a.dropped)
        outcomes = Counter(a.trouble or a.mode.value for a in worded.attempts.values())
        head.append(title)
        columns.append([*_right(scored), str(sum(dropped.values())), str(len(shown)), str(len(wrong))])
        why = ", ".join(f"{k} {v}" for k, v in dropped.most_common())
        notes.append(f"{title.capitalize()}: stanset fordi {why}; utfall {dict(outcomes)}.")
    columns[0] += ["–"] * 3
    names = ["rett utfall", "alle fakta med", "hovedpoenget først", "rett avsnitt er kilde"]
    names += ["setninger stanset", "setninger vist utenom det ordrette svaret", "av dem uten dekning"]
    rows = [[name, *cells] for name, *cells in zip(names, *columns, strict=True)]
    stale = f"Til {len(player.stale)} av dem er instruksen eller avsnittet endret siden opptaket."
    text = f"Spørsmål: {len(cases)}. {stale}\n\n{tables.table(head, rows)}\n\n" + " ".join(notes)
    return text, lines


def _right(scored: Sequence[Scored]) -> list[str]:
    found = []
    for name in RIGHT:
        values = [s.values[name] for s in scored if s.values[name] is not None]
        found.append(tables.estimate(stats.share(int(sum(v or 0 for v in values)), len(values))))
    return found


def main() -> None:
    """Ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=90.0, help="slutt å spørre etter så lang tid")
    parser.add_argument("--replay", action="store_true", help="spør ikke modellen; bruk det den svarte sist")
    parser.add_argument("--docs", action="store_true", help="sett tallene inn i docs/grounding.md")
    options = parser.parse_args()
    settings = Settings.read().model_copy(update={"vectors": "exact"})
    if settings.answers != "llm" and not options.replay:
        print("Ingen språkmodell er satt: kjør `make test-llm`, eller gi --replay.")
        return
    plain = Assistant.open(settings.model_copy(update={"answers": "extractive"}), clock=lambda: DAY)
    cases = [c for c in load_cases(QUESTIONS, []) if c.language in ("nb", "nn") and not c.history]
    cases.sort(key=lambda c: hashlib.sha256(c.id.encode()).hexdigest())
    if not options.replay:
        record(plain, settings, cases, options.questions, options.minutes)
    replies = tape.read()
    asked = [c for c in cases if c.id in replies][: options.questions]
    text, lines = judge(plain, settings.corpus, replies, asked)
    (ROOT / "var" / "weakmodel.txt").write_text("\n".join(lines), encoding="utf-8")
    print(text)
    if options.docs:
        tables.keep("svak modell", text, PAGE)


if __name__ == "__main__":
    main()
