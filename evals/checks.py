"""The faults that no share excuses: each one found fails the gate, however good the averages are.

The checks read the corpus and the answer, and share no code with the product that they test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.types import Answer, AnswerStatus, Sentence
from evals.cases import Case
from evals.record import Outcome, SectionRow

RULES = {
    "crash": "assistenten stanset uten å svare",
    "missing_component": "en del av søket eller modellen manglet",
    "invented_paragraph": "en § står i svaret, men ikke i kilden",
    "quote_not_in_source": "et sitat står ikke ordrett i kilden",
    "uncited_sentence": "en setning mangler kilde",
    "ended_as_current": "en opphevet eller foreslått regel er vist uten merknad",
    "wrong_validity": "gyldigheten i kildehenvisningen stemmer ikke med korpuset",
    "wrong_day": "svaret gjelder en annen dag enn det ble spurt om",
}
"""Every rule of zero tolerance, with its text in reports."""

_ONE = r"\d+(?:\s?[-‑]\s?\d+)?(?:[a-z](?![a-zæøå])|\s[a-hj-z](?![a-zæøå]))?"  # «§ 4 i loven» is § 4
_PARAGRAPHS = re.compile(rf"§{{1,2}}\s*({_ONE}(?:\s*(?:,|og|eller|til|–)\s*{_ONE})*)", re.IGNORECASE)
_NUMBER = re.compile(_ONE, re.IGNORECASE)
_ENDED = (
    r"opphev|gjaldt|galdt|ikke lenger|ikkje lenger|gikk ut|gjekk ut|utløp|utgått|ikke i kraft|ikkje i kraft"
    r"|trådte i kraft|trer i kraft|tredde i kraft|repealed|expired|no longer|not in force"
    r"|\b(?:fra|frå|siden|sidan|til|før|from|since|until|before) (?:og med )?\d"
)
_MARK = re.compile(
    rf"{_ENDED}|avslutt|historisk|tidligere|tidlegare|forslag|foresl|føresl|gjelder f|gjeld f"
    r"|ended|proposed|proposal|until|applied",
    re.IGNORECASE,
)
_SAYS_ENDED = re.compile(_ENDED, re.IGNORECASE)
_TIME = re.compile(
    r"\b(?:19|20)\d\d\b|\d\.\s?\d|januar|februar|\bmars|april|\bma[iy]\b|jun[ie]|jul[iy]|august|september"
    r"|o[kc]tober|november|de[sc]ember|\bfør|\better\b|siden|sidan|tidl[ie]|gam[ml]|fjor|\bår\b"
    r"|before|after|since|until|year|\bold\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of a rule, with what shows it."""

    rule: str
    detail: str


def violations(case: Case, outcome: Outcome, sections: Mapping[str, SectionRow]) -> tuple[Violation, ...]:
    """Every breach in what came back for `case`."""
    if outcome.answer is None:
        return (Violation("crash", outcome.error),)
    found = list(_components(outcome, outcome.answer))
    found += _sentences(outcome.answer)
    found += _citations(outcome.answer, sections)
    found += _validity(outcome.answer, sections)
    if _wrong_day(case, outcome.answer):
        found.append(Violation("wrong_day", f"spurt om {case.day}, svart for {outcome.answer.on}"))
    return tuple(found)


def silent_components(outcomes: Sequence[Outcome]) -> list[Violation]:
    """The searches that never found anything in a whole run; each must show in some hit."""
    hits = [hit for outcome in outcomes for hit in (*outcome.hits, *outcome.rejected)]
    found = []
    if not any(hit.vector_rank for hit in hits):
        found.append(Violation("missing_component", "vektorsøket fant ingenting i hele kjøringen"))
    if not any(hit.lexical_rank for hit in hits):
        found.append(Violation("missing_component", "ordsøket fant ingenting i hele kjøringen"))
    return found


def paragraphs(text: str) -> set[str]:
    """The § numbers in `text` in one spelling: «§§ 5 a og 7-9» gives `5a` and `7-9`."""
    spans = _PARAGRAPHS.findall(text)
    return {re.sub(r"\s", "", n).replace("‑", "-").lower() for span in spans for n in _NUMBER.findall(span)}


def _components(outcome: Outcome, answer: Answer) -> Iterator[Violation]:
    if outcome.limited:
        yield Violation("missing_component", outcome.limited)
    if answer.status is AnswerStatus.MODEL_UNAVAILABLE:
        yield Violation("missing_component", "språkmodellen svarte ikke")


def _sentences(answer: Answer) -> Iterator[Violation]:
    shown = {citation.n: citation for citation in answer.citations}
    for sentence in answer.sentences:
        cited = [shown[n] for n in sentence.citations if n in shown]
        if not cited or len(cited) < len(sentence.citations):
            yield Violation("uncited_sentence", sentence.text)
            continue
        ground = paragraphs(" ".join(f"{c.title} {c.section} {c.text}" for c in cited))
        for number in sorted(paragraphs(f"{sentence.lead} {sentence.text}") - ground):
            yield Violation("invented_paragraph", f"§ {number}: {sentence.text}")
    known = set().union(*(paragraphs(f"{c.title} {c.section} {c.text}") for c in answer.citations))
    if answer.sentences:
        for number in sorted(paragraphs(answer.text) - known - paragraphs(answer.question)):
            yield Violation("invented_paragraph", f"§ {number} i svarteksten")


def _citations(answer: Answer, sections: Mapping[str, SectionRow]) -> Iterator[Violation]:
    for citation in answer.citations:
        for quote in (citation.quote, *citation.quotes):
            if not quote or quote not in citation.text:
                yield Violation("quote_not_in_source", f"[{citation.n}] {quote!r}")
        section = sections.get(citation.section_id)
        if section is None:
            yield Violation("quote_not_in_source", f"[{citation.n}] ukjent avsnitt {citation.section_id}")
        elif citation.text not in section.text:
            yield Violation(
                "quote_not_in_source", f"[{citation.n}] utdraget står ikke i {citation.section_id}"
            )


def _validity(answer: Answer, sections: Mapping[str, SectionRow]) -> Iterator[Violation]:
    notices = " ".join(answer.notices)
    for citation in answer.citations:
        section = sections.get(citation.section_id)
        if section is None:
            continue
        current = section.in_force(answer.on)
        if citation.in_force != current:
            yield Violation("wrong_validity", f"[{citation.n}] {section.id} per {answer.on}")
        if current and section.rank != "forslag":
            continue
        relying = [s for s in answer.sentences if citation.n in s.citations]
        if not _MARK.search(notices) and not all(_marked(s) for s in relying):
            yield Violation("ended_as_current", f"[{citation.n}] {section.id} per {answer.on}")


def _marked(sentence: Sentence) -> bool:
    """Whether our words before the quote, or the quote itself, say when the rule applied."""
    return bool(_MARK.search(sentence.lead) or _SAYS_ENDED.search(sentence.text))


def _wrong_day(case: Case, answer: Answer) -> bool:
    """Whether a question that names no time of its own was answered for another day than asked."""
    texts = (case.question, *(past.question for past in case.history))
    names_time = case.on is None and (case.style == "dated" or any(_TIME.search(text) for text in texts))
    return not names_time and answer.on != case.day
