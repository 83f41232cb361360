from dataclasses import replace

import pytest
from tiny import TinyAssistant

from assistant import casefile, phrases, wording
from assistant.casefile import plain_text
from assistant.types import AnswerStatus


@pytest.fixture
def answer():
    assistant = TinyAssistant()
    return assistant.ask(assistant.question("Hva er terskelen?"))


def test_an_answer_as_text_has_question_day_sentences_notices_and_numbered_sources(answer):
    assert plain_text(answer, "nb").splitlines() == [
        "Spørsmål: Hva er terskelen?",
        "Svar for 22. november 2026",
        "",
        "Tabellen viser beløpsgrensene i anskaffelsesforskriften slik de sto 28. juli 2026, alle uten "
        "merverdiavgift. [1]",
        "Fra tabellen over beløpsgrenser:",
        "– EØS-terskel, varer og tjenester · 2,5 mill. kr · Kunngjøring i TED og del III [1]",
        "– Nasjonal terskelverdi · 1,3 mill. kr · Kunngjøring i Doffin og del II [1]",
        "Er den anslåtte verdien under 500 000 kroner ekskl. mva., gjelder verken anskaffelsesloven eller "
        "anskaffelsesforskriften. [2]",
        "Merk: Innslagspunktet var 100 000 kroner til og med 30. juni 2026.",
        "",
        "Kilder",
        "[1] Anskaffelsesforskriften del I – virkeområde, terskelverdier og fellesregler, "
        "«Terskelverdiene som gjelder for fylkeskommunen nå» (Forskrift, Nærings- og fiskeridepartementet, "
        "Gjelder, kontrollert 22. november 2026)",
        "    https://lovdata.no/forskrift/2016-08-12-974/§5-1",
        "[2] Anskaffelsesforskriften del I – virkeområde, terskelverdier og fellesregler, "
        "«Kjøp under 500 000 kroner er utenfor anskaffelsesregelverket» (Forskrift, Nærings- og "
        "fiskeridepartementet, Gjelder, kontrollert 22. november 2026)",
        "    https://lovdata.no/forskrift/2016-08-12-974/§1-1",
        "",
        "Laget av Anskaffelsesassistenten (KI). Kontroller kildene før bruk.",
    ]


def test_a_refusal_as_text_has_its_words_and_no_sources():
    assistant = TinyAssistant()
    text = plain_text(assistant.ask(assistant.question("Hva er været?")), "nb")
    assert "Kildene har ikke noe svar på dette." in text
    assert "Kilder\n" not in text


def test_the_words_around_follow_the_language(answer):
    text = plain_text(answer, "nn")
    assert "\nKjelder\n" in text
    assert "Laga av" in text


def test_an_ended_source_is_marked_in_the_text_too():
    assistant = TinyAssistant()
    text = plain_text(assistant.ask(assistant.question("underleverandører?")), "nb")
    assert "Opphørt 31. desember 2023" in text


def test_a_rule_instead_of_an_answer_says_that_it_is_that(answer):
    led = replace(answer, status=AnswerStatus.OUT_OF_SCOPE)
    assert wording.outcome(led, "nn") == "Det kan eg ikkje hjelpe med. Dette seier kjeldene om regelen"
    assert wording.outcome(replace(led, citations=()), "nb") == "Utenfor fagområdet"
    assert wording.outcome(answer, "nb") == "Svar fra kildene"
    lines = casefile.plain_text(led, "nb").splitlines()
    assert phrases.REDIRECTED["nb"] in lines
    assert phrases.REDIRECTED["nb"] not in casefile.plain_text(answer, "nb")
