"""A small assistant that really searches its forty sections, for the tests of the evaluation."""

import re
from dataclasses import replace
from datetime import date

from assistant.types import (
    Answer,
    AnswerMode,
    AnswerStatus,
    Citation,
    Document,
    Hit,
    Passage,
    Progress,
    Question,
    Rank,
    Retrieval,
    Section,
    Sentence,
    Source,
    SourceType,
)
from evals.cases import DAY, Case, Fact

N = 20


def words(text):
    return set(re.findall(r"\w+", text.lower()))


def _document(id, kind, rank, sentence, valid_to=None):
    source = Source(
        id, id.title(), kind, "Utgiver", "https://example.no", date(2026, 1, 1), valid_to=valid_to
    )
    sections = [
        Section(f"{id}#avsnitt-{i}", (f"Avsnitt {i}",), sentence.format(i=i), rank, valid_to=valid_to)
        for i in range(1, N + 1)
    ]
    return Document(source, tuple(sections))


DOCUMENTS = {
    "loven": _document(
        "loven",
        SourceType.REGULATION,
        Rank.ACT,
        "Grensen for vare{i} er **{i}00 kroner** etter § {i}-1.\n\nKjøpet skal protokolleres.",
    ),
    "planen": _document(
        "planen",
        SourceType.STRATEGY,
        Rank.OWN_POLICY,
        "Måltallet for tiltak{i} var {i} prosent.",
        date(2023, 12, 31),
    ),
}
SECTIONS = {s.id: s.text for d in DOCUMENTS.values() for s in d.sections}


class Shelf:
    """Answers with the first paragraph of the section that shares most words with the question."""

    def question(self, text, *, on=None, history=(), id=""):
        return Question(text, on or DAY, tuple(history), id)

    def document(self, source_id):
        return DOCUMENTS.get(source_id)

    def stream(self, question):
        yield Progress("Søker")
        query = words(question.text + " ".join(t.question for t in question.history[-1:]))
        passages = [
            Passage(f"{s.id}/0", s.id, d.source, s.headings, s.text, s.rank, valid_to=s.valid_to)
            for d in DOCUMENTS.values()
            for s in d.sections
        ]
        ranked = sorted(passages, key=lambda p: -len(query & words(p.text)))[:6]
        hits = tuple(Hit(p, 1 / i, i, i) for i, p in enumerate(ranked, 1))
        yield Retrieval(question.text, question.on, hits, (), "bygg-1", 0.9)
        known = query & words(ranked[0].text)
        answer = (
            self.answer(question, ranked[0]) if any(w[-1].isdigit() for w in known) else self.refuse(question)
        )
        yield from (*answer.citations, *answer.sentences, answer)

    def answer(self, question, passage):
        quote = passage.text.split("\n\n")[0]
        current = passage.source.in_force(question.on)
        citation = Citation(
            1,
            passage.id,
            passage.section_id,
            passage.source.id,
            passage.source.title,
            passage.heading,
            "Utgiver",
            passage.url,
            "/kilde",
            None,
            quote,
            (quote,),
            passage.text,
            str(passage.rank),
            None,
            passage.valid_to,
            current,
            date(2026, 1, 1),
        )
        sentence = Sentence(quote.replace("**", ""), (1,))
        notices = () if current else ("Kilden gjaldt til og med 31. desember 2023.",)
        return replace(
            self.refuse(question),
            status=AnswerStatus.ANSWERED,
            text=f"{sentence.text} [1]",
            sentences=(sentence,),
            citations=(citation,),
            notices=notices,
        )

    def refuse(self, question):
        return Answer(
            question.id,
            question.text,
            question.on,
            AnswerStatus.NO_EVIDENCE,
            "Jeg finner ikke svar i kildene.",
            (),
            (),
            (),
            (),
            (),
            (),
            AnswerMode.EXTRACTIVE,
            "nb",
            "bygg-1",
            0.9,
            1.0,
        )


def fact(text):
    return Fact(text, (re.compile(re.escape(text), re.IGNORECASE),))


def case(id="a", question="Hva er grensen for vare3?", **changes):
    whole = Case(
        id=id,
        question=question,
        language="nb",
        kind="amount",
        topic="loven",
        style="plain",
        status=("answered",),
        golden=("loven#avsnitt-3",),
        facts=(fact("300 kroner"),),
    )
    return replace(whole, **changes)


def refusal(id="r", question="Hvem vant kampen i går?", **changes):
    blank = {"topic": "utenfor", "status": ("no_evidence",), "golden": (), "facts": ()}
    return case(id, question, **(blank | changes))


def cases():
    """Twenty thresholds, twenty aims of an ended strategy, and twenty questions that nothing answers."""
    found = []
    for i in range(1, N + 1):
        found.append(
            case(
                f"g{i}",
                f"Hva er grensen for vare{i}?",
                golden=(f"loven#avsnitt-{i}",),
                facts=(fact(f"{i}00 kroner"),),
            )
        )
        found.append(
            case(
                f"m{i}",
                f"Hva var måltallet for tiltak{i}?",
                topic="planen",
                kind="share",
                golden=(f"planen#avsnitt-{i}",),
                facts=(fact(f"{i} prosent"),),
            )
        )
        found.append(refusal(f"u{i}", f"Hvem vant fotballkampen mot lag{chr(96 + i)}?"))
    return found


YAML = """
- id: g3
  question: "Hva er grensen for vare3?"
  language: nb
  kind: amount
  topic: loven
  style: plain
  status: answered
  golden: ["loven#avsnitt-3"]
  facts:
    - text: "300 kroner"
      any: ["300 kroner"]
- id: u1
  question: "Hvem vant fotballkampen?"
  language: nb
  kind: other
  topic: utenfor
  style: plain
  status: [no_evidence, out_of_scope]
"""
