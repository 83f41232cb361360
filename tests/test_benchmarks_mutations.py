# ruff: noqa: E501 - one sentence a line
"""What the mutations of the benchmark count as a change, and what they leave alone because it is still true."""

import random

import pytest

from assistant.grounds import Ground, Line
from assistant.types import Rank
from benchmarks import borrowings, mutations, rewordings, truths


def passage(*lines):
    return Ground(1, "Loven", "Krav", Rank.ACT, tuple(Line(line) for line in lines))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        # two numbers in one row say the same in the other order
        (mutations.numbers_traded, "Grensene er 500 000, 1,3 millioner og 2,5 millioner kroner."),
        (mutations.numbers_traded, "Poengene er 9 for pris og 9,0 for klima."),
        # one of two conditions, either of which is enough
        (mutations.condition_lost, "Forskriften gjelder både når avtalen inngås første gang, og når den fornyes senere."),
        # a question about when is no condition
        (mutations.condition_lost, "Registeret viser kontrakter, varighet og når nye anskaffelser må starte."),
        (mutations.either, "Tilskudd på 50 prosent eller mindre utløser ikke plikten."),
        (mutations.actors_traded, "Dette skal de alltid gjøre."),
    ],
)  # fmt: skip
def test_what_would_still_be_true_is_no_change(rule, text):
    assert all(rule(text, random.Random(seed)) is None for seed in range(20))


@pytest.mark.parametrize(
    ("rule", "text", "changed"),
    [
        (mutations.numbers_traded, "Det er 10 dager for klage og 20 dager for svar.", "Det er 20 dager for klage og 10 dager for svar."),
        (mutations.condition_lost, "Når verdien er høy, skal du kreve lærlinger.", "Du skal kreve lærlinger."),
        (mutations.actors_traded, "Leverandøren skal varsle kommunen.", "Kommunen skal varsle leverandøren."),
        (mutations.even_if, "Dersom det haster, kan du kjøpe.", "Selv om det haster, kan du kjøpe."),
        (mutations.either, "Oppgi pris og kostnad.", "Oppgi pris eller kostnad."),
        (mutations.whole, "Alle skal delta.", "Noen skal delta."),
    ],
)  # fmt: skip
def test_one_thing_is_changed_and_nothing_else(rule, text, changed):
    assert rule(text, random.Random(1)) == changed


def test_a_word_that_means_the_same_is_no_change():
    ground = passage("Fylket inngår kontrakt.", "Partene signerer avtale.")
    true = truths.True_("Fylket inngår kontrakt.", (1,), {1: ground})
    found = {borrowings.word(true, random.Random(seed)) for seed in range(40)} - {None}
    assert found
    assert "Fylket inngår avtale." not in found
    assert rewordings.synonym("Fylket inngår kontrakt.", random.Random(1)) == "Fylket inngår avtale."


def test_the_reader_and_the_contracting_authority_are_one_subject():
    ground = passage(
        "Anbud kan dere avlyse tidlig.", "Oppdragsgiver skal føre protokoll.", "Retten kan omgjøre det."
    )
    true = truths.True_("Anbud kan dere avlyse tidlig.", (1,), {1: ground})
    found = {borrowings.subject(true, random.Random(seed)) for seed in range(20)}
    assert found == {"Retten kan dere avlyse tidlig."}


def test_a_last_clause_is_left_out_only_when_it_is_no_condition():
    free = "Oppdragsgiver kan avlyse konkurransen tidlig, og kunngjøre den på nytt."
    assert rewordings.last_clause(free, random.Random(1)) == "Oppdragsgiver kan avlyse konkurransen tidlig."
    bound = "Oppdragsgiver kan avlyse konkurransen tidlig, men bare når feilen er vesentlig."
    assert rewordings.last_clause(bound, random.Random(1)) is None
