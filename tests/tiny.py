"""An assistant over three sections held in memory, for tests of everything that draws or serves answers.

It has the interface of `assistant.assistant.Assistant` and streams the real types. What it answers is
chosen by a word in the question; see `TinyAssistant._compose`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import quote as urlquote

import numpy as np

from assistant.assistant import new_id
from assistant.errors import InputError, ModelError
from assistant.settings import Settings
from assistant.types import (
    Answer,
    AnswerMode,
    AnswerStatus,
    Block,
    Choice,
    Citation,
    Document,
    Event,
    Hit,
    Passage,
    Progress,
    Question,
    Rank,
    Reference,
    Retrieval,
    Section,
    Sentence,
    Source,
    SourceKind,
    SourceType,
    Suggestion,
    Turn,
)
from assistant.vectors import ExactSearch

TODAY = date(2026, 11, 22)
RULES = Source(
    id="anskaffelsesforskriften-del-1-og-terskler",
    title="Anskaffelsesforskriften del I – virkeområde, terskelverdier og fellesregler",
    type=SourceType.REGULATION,
    publisher="Nærings- og fiskeridepartementet",
    url="https://lovdata.no/dokument/SF/forskrift/2016-08-12-974",
    checked=TODAY,
    adopted=date(2016, 8, 12),
    valid_from=date(2017, 1, 1),
    summary="Terskelverdiene som gjelder nå, og hvordan verdien beregnes.",
)
STRATEGY = Source(
    id="viken-anskaffelsesstrategi",
    title="Anskaffelsesstrategi for Viken fylkeskommune",
    type=SourceType.STRATEGY,
    publisher="Viken fylkeskommune",
    url="https://viken.no/aktuelt/foreslar-strategi-for-anskaffelser.84757.aspx",
    checked=date(2026, 7, 28),
    valid_from=date(2021, 3, 17),
    valid_to=date(2023, 12, 31),
)
THRESHOLDS = Section(
    id=f"{RULES.id}#terskelverdiene-som-gjelder-for-fylkeskommunen-na",
    headings=("Terskelverdiene som gjelder for fylkeskommunen nå",),
    text=(
        "Tabellen viser **beløpsgrensene** i anskaffelsesforskriften slik de sto 28. juli 2026, alle uten\n"
        "merverdiavgift. Vi kjenner ikke til senere endringer.\n\n"
        "| Grense | Beløp | Hva skjer? |\n|---|---|---|\n"
        "| Innslagspunkt | 500 000 kr | Anskaffelsesloven og forskriftens del I gjelder |\n"
        "| Nasjonal terskelverdi | 1,3 mill. kr | Kunngjøring i Doffin og del II |\n"
        "| EØS-terskel, varer og tjenester | 2,5 mill. kr | Kunngjøring i TED og del III |\n\n"
        "For statlige myndigheter er EØS-terskelen for varer og tjenester 1,63 millioner kroner."
    ),
    rank=Rank.REGULATION,
    references=(
        Reference("Anskaffelsesforskriften § 5-1", "https://lovdata.no/forskrift/2016-08-12-974/§5-1"),
    ),
    valid_from=date(2026, 4, 21),
)
SMALL = Section(
    id=f"{RULES.id}#kjop-under-500-000-kroner-er-utenfor-anskaffelsesregelverket",
    headings=("Kjøp under 500 000 kroner er utenfor anskaffelsesregelverket",),
    text=(
        "Er den anslåtte verdien under 500 000 kroner ekskl. mva., gjelder verken anskaffelsesloven eller\n"
        "anskaffelsesforskriften. Slik har det vært siden 1. juli 2026.\n\n"
        "Dette må du fortsatt sjekke:\n\n"
        "- Har fylkeskommunen en rammeavtale som skal brukes?\n"
        "- Hva sier eget innkjøps- og økonomireglement om antall tilbud og dokumentasjon?\n"
        "- Er verdien beregnet riktig, med opsjoner og alle like kjøp etter § 5-4?\n"
    ),
    rank=Rank.REGULATION,
    references=(
        Reference("Anskaffelsesforskriften § 1-1", "https://lovdata.no/forskrift/2016-08-12-974/§1-1"),
    ),
    valid_from=date(2026, 7, 1),
)
CHAIN = Section(
    id=f"{STRATEGY.id}#hoyst-to-ledd-underleverandorer",
    headings=("Høyst to ledd underleverandører",),
    text=(
        "Viken godtok **høyst to ledd** underleverandører i vertikal kjede. "
        "Se [modellen](https://viken.no/modellen) for unntak.\n\n"
        '<script>alert("kilde")</script>\n'
    ),
    rank=Rank.OWN_POLICY,
    references=(Reference("Viken: Strategi", "https://viken.no/strategi"),),
    valid_from=date(2021, 3, 17),
    valid_to=date(2023, 12, 31),
)
DOCUMENTS = (
    Document(RULES, (THRESHOLDS, SMALL), intro="Dokumentet gjengir del I med egne ord."),
    Document(STRATEGY, (CHAIN,)),
)


def cite(n: int, section: Section, *quotes: str) -> Citation:
    """A citation of a section of the tiny corpus, as the assistant makes it."""
    source = next(each.source for each in DOCUMENTS if section in each.sections)
    asked = "&".join(f"sitat={urlquote(each)}" for each in quotes)
    return Citation(
        n=n,
        passage_id=f"{section.id}/0",
        section_id=section.id,
        source_id=source.id,
        title=source.title,
        section=section.heading,
        publisher=source.publisher,
        url=section.references[0].url,
        href=f"/kilder/{source.id}?{asked}#{section.id.partition('#')[2]}",
        page=None,
        quote=quotes[0],
        quotes=quotes,
        text=section.text,
        type=section.rank.value,
        valid_from=section.valid_from,
        valid_to=section.valid_to,
        in_force=section.valid_to is None or section.valid_to >= TODAY,
        checked=source.checked,
    )


ROW = "| EØS-terskel, varer og tjenester | 2,5 mill. kr | Kunngjøring i TED og del III |"
NATIONAL = "| Nasjonal terskelverdi | 1,3 mill. kr | Kunngjøring i Doffin og del II |"
TABLE = (
    "Tabellen viser **beløpsgrensene** i anskaffelsesforskriften slik de sto 28. juli 2026, alle uten\n"
    "merverdiavgift."
)
BELOW = (
    "Er den anslåtte verdien under 500 000 kroner ekskl. mva., gjelder verken anskaffelsesloven eller\n"
    "anskaffelsesforskriften."
)
TWO_LINKS = "Viken godtok **høyst to ledd** underleverandører i vertikal kjede."


class TinyAssistant:
    """The façade over the three sections; `pause` holds a slow answer until it is set."""

    build = "tiny"
    vectors = ExactSearch(np.eye(2, dtype=np.float32))

    def __init__(self, settings: Settings | None = None, limited: str = "") -> None:
        self.settings = settings or Settings()
        self.limited = limited
        self.pause = threading.Event()
        self.closed = threading.Event()
        self.asked: list[Question] = []

    def question(
        self,
        text: str,
        *,
        on: date | None = None,
        history: Sequence[Turn] = (),
        id: str = "",
        only: Sequence[SourceKind] = (),
    ) -> Question:
        cleaned = " ".join(text.replace("\0", " ").split())
        if not cleaned:
            raise InputError("Spørsmålet er tomt.", "Skriv hva du lurer på.")
        if len(cleaned) > self.settings.max_question:
            raise InputError(f"Spørsmålet er på {len(cleaned)} tegn.", "Kort det ned.")
        return Question(cleaned, on or TODAY, tuple(history), id or new_id(), tuple(only))

    def stream(self, question: Question) -> Iterator[Event]:
        self.asked.append(question)
        try:
            yield Progress("Søker i kildene …")
            yield self.search(question)
            yield Progress("Kontrollerer sitatene …")
            if "krasj" in question.text:
                raise RuntimeError("hemmelig detalj")
            if "modellfeil" in question.text:
                raise ModelError("Modellen er borte.", "Kjør `assistant index`.")
            answer = self._compose(question)
            yield from answer.citations
            for number, sentence in enumerate(answer.sentences):
                if "sakte" in question.text and number:
                    self.pause.wait(20)
                yield sentence
            yield answer
        finally:
            self.closed.set()

    def ask(self, question: Question) -> Answer:
        *_, answer = self.stream(question)
        assert isinstance(answer, Answer)
        return answer

    def search(self, question: Question) -> Retrieval:
        hit = Hit(
            Passage(f"{SMALL.id}/0", SMALL.id, RULES, SMALL.headings, SMALL.text, SMALL.rank), 1.5, 1, 2
        )
        return Retrieval(question.text, question.on, (hit,), (), self.build, 0.9, self.limited)

    def sources(self) -> tuple[Source, ...]:
        return tuple(document.source for document in DOCUMENTS)

    def document(self, source_id: str) -> Document | None:
        return next((each for each in DOCUMENTS if each.source.id == source_id), None)

    def _compose(self, question: Question) -> Answer:
        text = question.text.lower()
        answer = self._answer(question, AnswerStatus.ANSWERED)
        if "terskel" in text or "sakte" in text:
            return replace(
                answer,
                sentences=(
                    Sentence(TABLE, (1,)),
                    Sentence(ROW, (1,), Block.ROW, "Fra tabellen over beløpsgrenser:"),
                    Sentence(NATIONAL, (1,), Block.ROW, "Fra tabellen over beløpsgrenser:"),
                    Sentence(BELOW, (2,)),
                ),
                citations=(cite(1, THRESHOLDS, TABLE, ROW, NATIONAL), cite(2, SMALL, BELOW)),
                notices=("Innslagspunktet var 100 000 kroner til og med 30. juni 2026.",),
                follow_ups=("Hva må vi sjekke under 500 000 kroner?", "Når må vi kunngjøre i TED?"),
                text="Tabellen viser beløpsgrensene [1].",
            )
        if "underleverandør" in text:
            return replace(
                answer,
                sentences=(Sentence(TWO_LINKS, (1,)),),
                citations=(cite(1, CHAIN, TWO_LINKS),),
                notices=("Kilden er opphørt.",),
            )
        if "dele opp" in text:
            choices = (
                Choice("Varer eller tjenester", "Når må vi dele opp en kontrakt om varer eller tjenester?"),
                Choice("Bygg og anlegg", "Når må vi dele opp en bygge- og anleggskontrakt?"),
            )
            status = AnswerStatus.NEEDS_FACT
            return replace(answer, status=status, choices=choices, text="Hva gjelder kontrakten?")
        near = Suggestion(
            SMALL.id, RULES.title, SMALL.heading, f"/kilder/{RULES.id}#{SMALL.id.partition('#')[2]}"
        )
        said = "Kildene har ikke noe svar på dette. Spør innkjøpsavdelingen."
        return replace(answer, status=AnswerStatus.NO_EVIDENCE, suggestions=(near,), text=said)

    def _answer(self, question: Question, status: AnswerStatus) -> Answer:
        return Answer(
            id=question.id,
            question=question.text,
            on=question.on,
            status=status,
            text="",
            sentences=(),
            citations=(),
            notices=(),
            follow_ups=(),
            suggestions=(),
            choices=(),
            mode=AnswerMode.EXTRACTIVE,
            language="nb",
            build=self.build,
            confidence=0.9,
            latency_ms=round(time.perf_counter() % 1, 3),
        )
