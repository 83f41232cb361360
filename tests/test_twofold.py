"""A question that asks two things is two questions, and nothing else is."""

import pytest

from assistant.twofold import parts


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Jeg skal kjøpe rådgivning for 900 000 kroner. Må jeg kunngjøre, og hvor mange må jeg spørre?",
            (
                "Jeg skal kjøpe rådgivning for 900 000 kroner. Må jeg kunngjøre?",
                "Hvor mange må jeg spørre?",
            ),
        ),
        (
            "Hvor lenge gjelder et HMS-kort, og hvem har ansvaret?",
            ("Hvor lenge gjelder et HMS-kort?", "Hvem har ansvaret?"),
        ),
        ("Kva er ELMA og kven bruker det?", ("Kva er ELMA?", "Kven bruker det?")),
        ("Når kan vi avlyse? Hva må begrunnelsen si?", ("Når kan vi avlyse?", "Hva må begrunnelsen si?")),
        ("What is the limit, and who decides?", ("What is the limit?", "Who decides?")),
    ],
)
def test_two_interrogative_clauses_are_two_questions(question, expected):
    assert parts(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Hva er forskjellen på kvalifikasjonskrav og tildelingskriterier?",
        "Vi kjøper for 700 000. Må vi tenke på miljø?",
        "Må vi lyse ut kjøp av varer og tjenester?",
        "Hvilke krav gjelder for lærlinger og HMS-kort når vi bygger skole?",
        "klima og miljø vekt",
        "",
        "?",
    ],
)
def test_one_question_with_an_and_in_it_stays_one(question):
    assert parts(question) == ()
