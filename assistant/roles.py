"""Questions to begin with, for the people who ask: four for each role, in bokmål and nynorsk.

A test asks them all of the real system and demands an answer, so that nobody's first question fails.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of reader, and questions of her day."""

    id: str
    label: str
    questions: tuple[str, ...]


ROLES_NB: tuple[Role, ...] = (
    Role(
        "innkjop",
        "Innkjøper/rådgiver",
        (
            "Hva er terskelverdien for varer og tjenester nå?",
            "Når må vi dele opp en kontrakt?",
            "Hvor lang er karensperioden?",
            "Hvor lenge kan en rammeavtale vare?",
        ),
    ),
    Role(
        "bygg",
        "Prosjektleder bygg/anlegg",
        (
            "Hvor mange ledd underleverandører kan vi godta i en byggekontrakt?",
            "Hvilke krav gjelder for lærlinger på byggeplassen?",
            "Må lønn på byggeplassen betales via bank?",
            "Hva er forskjellen på fossilfri og utslippsfri byggeplass?",
        ),
    ),
    Role(
        "kontrakt",
        "Kontraktsforvalter",
        (
            "Når kan vi endre en kontrakt uten ny konkurranse?",
            "Hva skal på agendaen i oppstartsmøtet?",
            "Hvilke sanksjoner kan vi bruke når leverandøren bryter kontrakten?",
            "Hvordan følger vi opp klimakravene i kontraktsperioden?",
        ),
    ),
    Role(
        "leder",
        "Leder/politisk sekretariat",
        (
            "Må fylkeskommunen ha en anskaffelsesstrategi?",
            "Gjelder Vikens anskaffelsesstrategi fortsatt?",
            "Hva er Viken-modellen?",
            "Hvor høyt kan et overtredelsesgebyr bli?",
        ),
    ),
)
ROLES_NN: tuple[Role, ...] = (
    Role(
        "innkjop",
        "Innkjøpar/rådgivar",
        (
            "Kva er terskelverdien for varer og tenester no?",
            "Når må vi dele opp ein kontrakt?",
            "Kor lang er karensperioden?",
            "Kor lenge kan ein rammeavtale vare?",
        ),
    ),
    Role(
        "bygg",
        "Prosjektleiar bygg/anlegg",
        (
            "Kor mange ledd underleverandørar kan vi godta i ein byggjekontrakt?",
            "Kva krav gjeld for lærlingar på byggjeplassen?",
            "Må vi krevje at løn på byggjeplassen blir betalt i bank?",
            "Kva er skilnaden på fossilfri og utsleppsfri byggjeplass?",
        ),
    ),
    Role(
        "kontrakt",
        "Kontraktsforvaltar",
        (
            "Når kan vi endre ein kontrakt utan ny konkurranse?",
            "Kva skal på agendaen i oppstartsmøtet?",
            "Kva sanksjonar kan vi bruke når leverandøren bryt kontrakten?",
            "Korleis følgjer vi opp klimakrava i kontraktsperioden?",
        ),
    ),
    Role(
        "leder",
        "Leiar/politisk sekretariat",
        (
            "Må fylkeskommunen ha ein anskaffelsesstrategi?",
            "Gjeld ikkje anskaffelsesstrategien til Viken lenger?",
            "Kva er Viken-modellen?",
            "Kor høgt kan eit overtredelsesgebyr bli?",
        ),
    ),
)
_ROLES_IN = {"nb": ROLES_NB, "nn": ROLES_NN}


def roles(language: str) -> tuple[Role, ...]:
    """The roles in the language; bokmål when it has none."""
    return _ROLES_IN.get(language, ROLES_NB)
