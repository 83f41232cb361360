# ruff: noqa: E501 - one sentence a line
"""Which sentences of a model the check lets through: true in other words yes, changed in one thing no."""

import random

import pytest

from assistant import grounding
from assistant.grounds import Ground, Line
from assistant.types import Rank
from benchmarks import borrowings, mutations, rewordings, truths

RULE = (
    "Fra 1. juli 2026 skal oppdragsgiver ikke godta mer enn to ledd underleverandører i bygg, "
    "jf. anskaffelsesloven § 5k."
)
ADVICE = "Oppdragsgiver bør vurdere om kravet er nødvendig når verdien er over 1,3 millioner kroner."
WEIGHT = "Klima og miljø skal vektes minst tretti prosent, med mindre det er klart at krav gir bedre effekt."
OLD = "Før 1. juli 2026 var grensen 100 000 kroner for slike kjøp."
LIST = "Kontrakten skal ha krav om:"
ITEM = "lærlinger i bygg over 1,3 millioner kroner"
GROUND = Ground(
    1,
    "Anskaffelsesloven",
    "Seriøsitet i kontrakter",
    Rank.ACT,
    (
        Line(RULE, quote=RULE),
        Line(ADVICE, quote=ADVICE),
        Line(WEIGHT, quote=WEIGHT),
        Line(OLD, quote=OLD, current=False),
        Line(LIST, quote=LIST),
        Line(ITEM, lead=LIST, quote=ITEM),
    ),
)
OTHER = Ground(
    2, "Veiledning", "Renhold", Rank.GUIDANCE, (Line("Renholdere må ha gyldig HMS-kort på jobb."),)
)


def reason(text, *cited):
    return grounding.check(text, cited or (GROUND,)).reason


@pytest.mark.parametrize(
    "text",
    [
        RULE,
        ADVICE,
        WEIGHT,
        "Oppdragsgiver skal ikke godta mer enn to ledd underleverandører i bygg.",
        "Oppdragsgivar skal ikkje godta meir enn 2 ledd underleverandørar i bygg frå 01.07.2026.",
        "Klima og miljø skal vektes minst 30 %, med mindre det er klart at krav gir bedre effekt.",
        "Når verdien er over 1 300 000 kroner, bør oppdragsgiver vurdere om kravet er nødvendig.",
        "Det følger av loven at oppdragsgiver ikke skal godta mer enn to ledd underleverandører i bygg.",
        OLD,
        "Grensen var 100 000 kroner for slike kjøp før 1. juli 2026.",
        "Kontrakten skal ha krav om lærlinger i bygg over 1,3 mill. kr.",
    ],
)
def test_what_the_lines_say_passes_in_their_words_and_in_others(text):
    assert reason(text) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Oppdragsgiver skal godta mer enn to ledd underleverandører i bygg.", "negation"),
        ("Oppdragsgiver bør ikke godta mer enn to ledd underleverandører i bygg.", "modality"),
        ("Oppdragsgiver skal ikke godta mer enn tre ledd underleverandører i bygg.", "number"),
        ("Oppdragsgiver skal ikke godta mindre enn to ledd underleverandører i bygg.", "limit"),
        (
            "Oppdragsgiver må vurdere om kravet er nødvendig når verdien er over 1,3 millioner kroner.",
            "modality",
        ),
        (
            "Klima og miljø skal vektes minst tretti prosent, dersom det er klart at krav gir bedre effekt.",
            "negation",
        ),
        (
            "Klima og miljø skal vektes minst tretti dager, med mindre det er klart at krav gir bedre effekt.",
            "unit",
        ),
        (
            "Klima og miljø skal vektes høyst tretti prosent, med mindre det er klart at krav gir bedre effekt.",
            "limit",
        ),
        (RULE.replace("§ 5k", "§ 5h"), "provision"),
        (RULE.replace("juli", "juni"), "date"),
        (RULE.replace("2026", "2025"), "date"),
        (RULE.replace("anskaffelsesloven", "forvaltningsloven"), "law"),
        (RULE.replace("bygg", "Viken"), "name"),
        ("Grensen er 100 000 kroner for slike kjøp.", "not_in_force"),
        (f"{ADVICE} Les mer på https://evil.example.", "link"),
        (
            ADVICE.replace("oppdragsgiver", "[oppdragsgiver](x)").replace(
                "Oppdragsgiver", "[Oppdragsgiver](x)"
            ),
            "link",
        ),
        ("<b>Kontrakten</b> skal ha krav om lærlinger.", "markup"),
        ("Statsråden avgjør hvem som får kjøpe ferie i utlandet.", "name"),
        (RULE.rstrip(".") + ", og bøtene dobles kvartalsvis.", "added"),
        ("Alt er lov.", "short"),
        ("Kontrakten skal:", "short"),
        ("…", "empty"),
    ],
)
def test_one_thing_changed_stops_a_sentence_and_the_reason_says_what(text, why):
    assert reason(text) == why


def test_a_sentence_is_held_against_the_passages_it_cites_alone():
    assert reason(RULE, OTHER) != ""
    assert reason(RULE, OTHER, GROUND) == ""
    assert reason("Renholdere må ha gyldig HMS-kort på jobb.", OTHER, GROUND) == ""
    assert grounding.check("Hva som helst.", ()).reason == "marker"


def test_the_lines_that_carry_a_sentence_are_named_and_only_they():
    verdict = grounding.check("Renholdere må ha gyldig HMS-kort på jobb.", (GROUND, OTHER))
    assert verdict.passed
    assert verdict.support == ((2, 0),)
    assert verdict.binding
    assert not grounding.check(ADVICE, (GROUND,)).binding


def test_a_number_from_another_line_about_the_same_thing_is_not_borrowed():
    rows = (Line("Personbil: krav fra 2022."), Line("Lastebil: krav fra 2024."))
    ground = Ground(1, "Kjøretøy", "Krav", Rank.REGULATION, rows)
    assert reason("Personbil: krav fra 2022.", ground) == ""
    assert reason("Personbil: krav fra 2024.", ground) != ""


@pytest.mark.parametrize(
    ("line", "changed", "why"),
    [
        # a turning word is lost at the very end, where no word comes after it
        ("Kommunen kan ha et vedtak selv om fylket ikke har det.", "Kommunen kan ha et vedtak selv om fylket har det.", "negation"),
        ("Skadeforebyggende tørking etter alvorlig vannskade i bygg er unntatt.", "Skadeforebyggende tørking etter alvorlig vannskade i bygg er inkludert.", "added"),
        # another word of the same kind stands elsewhere in the sentence
        ("Kravet skal følges, med mindre unntak kan begrunnes særskilt.", "Kravet skal følges, dersom unntak kan begrunnes særskilt.", "negation"),
        # two of them undo each other
        ("Plikten er klar: Det er ingen plikt til å dele opp kjøpet.", "Plikten er klar: Det er ikke ingen plikt til å dele opp kjøpet.", "negation"),
        # the same two words stand in the line both with and without it
        (
            "Loven skiller leverandører med rettigheter fra EØS og andre. Leverandører uten rettigheter kan delta.",
            "Loven skiller leverandører med rettigheter fra EØS og andre. Leverandører med rettigheter kan delta.",
            "negation",
        ),
        # half of a clause is new, though one of its words is known
        ("Godkjenning krever vernetjeneste og skriftlige avtaler.", "Godkjenning krever vernetjeneste og skriftlige avtaler, og dette godkjennes av rådmannen i forkant.", "added"),
        # the number of a subsection is no other number
        ("(1) Terskelverdiene er fastsatt i vedlegg 4 punkt 2.", "(4) Terskelverdiene er fastsatt i vedlegg 4 punkt 2.", "provision"),
    ],
)  # fmt: skip
def test_what_is_changed_where_the_line_is_hardest_to_follow_is_stopped_all_the_same(line, changed, why):
    ground = Ground(1, "Loven", "Krav", Rank.ACT, (Line(line),))
    assert reason(line, ground) == ""
    assert reason(changed, ground) == why


def test_an_exception_among_the_exceptions_of_its_list_is_not_lost():
    lead = "De vanligste unntakene for fylket er:"
    item = "forskning, med mindre dere får hele utbyttet"
    ground = Ground(1, "Loven", "Unntak", Rank.ACT, (Line(lead), Line(item, lead=lead)))
    assert reason(f"{lead} {item}", ground) == ""
    assert reason(f"{lead} {item.replace('med mindre', 'dersom')}", ground) == "negation"


def test_a_date_is_not_borrowed_from_a_line_that_begins_alike():
    rows = (
        Line("1. januar 2025: nullutslipp for klasse II-busser og minibusser, etter en endring."),
        Line("1. januar 2024: nullutslipp for bybusser (M3 klasse I)."),
    )
    ground = Ground(1, "Kjøretøy", "Krav", Rank.REGULATION, rows)
    assert reason(rows[1].text, ground) == ""
    assert reason(rows[1].text.replace("2024", "2025"), ground) == "changed"


def test_numbered_subsections_may_be_told_in_one_sentence():
    rows = (Line("(1) Kontrakten skal oppbevares av fylket."), Line("(2) Protokollen skal føres av fylket."))
    ground = Ground(1, "Loven", "Krav", Rank.ACT, rows)
    assert (
        reason("(1) Kontrakten skal oppbevares av fylket, og (2) Protokollen skal føres av fylket.", ground)
        == ""
    )


def test_the_number_of_a_subsection_is_not_borrowed_from_one_that_says_nearly_the_same():
    rows = (
        Line("(1) Oppdragsgiveren kan kreve attester for at leverandøren oppfyller kvalitetsstandarder."),
        Line("(2) Oppdragsgiveren kan kreve attester for at leverandøren oppfyller miljøstandarder."),
    )
    ground = Ground(1, "Forskriften", "Attester", Rank.REGULATION, rows)
    assert reason(rows[1].text, ground) == ""
    assert reason(rows[1].text.replace("(2)", "(1)"), ground) == "provision"


def test_the_same_sentence_gets_the_same_verdict():
    assert grounding.check(RULE, (GROUND,)) == grounding.check(RULE, (GROUND,))


def carried(*lines, lead=""):
    return Ground(1, "Loven", "Krav", Rank.ACT, tuple(Line(line, lead=lead) for line in lines))


@pytest.mark.parametrize(
    ("line", "changed", "why"),
    [
        # a word between the same two words, though all of the rest is there
        ("Loven gjelder kjøp av varer fra private.", "Loven gjelder kjøp av tjenester fra private.", "changed"),
        ("Kravet gjelder kommunen og dens foretak.", "Kravet gjelder fylkeskommunen og dens foretak.", "changed"),
        ("Attesten gjelder underleverandører i hele kjeden.", "Attesten gjelder leverandører i hele kjeden.", "changed"),
        # a limit where no number stands beside it
        ("Klagen sendes etter at kontrakten er signert.", "Klagen sendes før kontrakten er signert.", "limit"),
        ("Kravet gjelder under terskelverdien for bygg.", "Kravet gjelder over terskelverdien for bygg.", "limit"),
        # both and either, all and some, a condition and its opposite
        ("Oppgi pris eller kostnad i tilbudet.", "Oppgi pris og kostnad i tilbudet.", "modality"),
        ("Avtalen gjelder for §§ 13 og 14 i loven.", "Avtalen gjelder for §§ 13 eller 14 i loven.", "modality"),
        ("Begge kontrakter skal følges opp av fylket.", "En av kontraktene skal følges opp av fylket.", "modality"),
        ("Kontrakten heves når leveransen er forsinket.", "Kontrakten heves selv om leveransen er forsinket.", "negation"),
        # another unit, and one that is a longer word
        ("Vekten økes med 30 prosent hvert år.", "Vekten økes med 30 prosentpoeng hvert år.", "unit"),
        ("Fristen for klage er 10 måneder fra avslaget.", "Fristen for klage er 10 uker fra avslaget.", "unit"),
        # who does it, and to whom
        ("Leverandøren skal varsle oppdragsgiver skriftlig.", "Oppdragsgiver skal varsle leverandøren skriftlig.", "changed"),
        ("Kontrakten kan være langvarig ved behov.", "Langvarig kan kontrakten være ved behov.", "changed"),
        # two numbers that stand beside single letters, or beside each other
        ("Kostnaden blir 34 800 kr for A og 30 400 kr for B.", "Kostnaden blir 30 400 kr for A og 34 800 kr for B.", "changed"),
        ("Rådet vedtok planen 19. mars 2018, og de 16 kravene gjelder.", "Rådet vedtok planen 19. mars 16, og de 2018 kravene gjelder.", "changed"),
        # a condition or an exception that is left out, so that more is said than the line says
        ("Når verdien er over 1,3 millioner kroner, skal du kreve lærlinger i bygg.", "Du skal kreve lærlinger i bygg.", "condition"),
        ("Fem dager legges til for alle tilbud, unntatt i hastetilfeller.", "Fem dager legges til for alle tilbud.", "condition"),
        ("Kravet kan erstattes av vekting, når det gir bedre effekt.", "Kravet kan erstattes av vekting.", "condition"),
    ],
)  # fmt: skip
def test_a_word_a_limit_a_condition_or_an_order_that_is_changed_stops_a_sentence(line, changed, why):
    assert reason(line, carried(line)) == ""
    assert reason(changed, carried(line)) == why


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ("Oppdragsgiver skal skriftlig varsle leverandøren om mangler i leveransen.", "added"),
        ("Oppdragsgiver skal varsle den utenlandske private leverandøren om mangler i leveransen.", "added"),
        # «forskrift» is no kind of «skrift», and «utfør» with a letter more is no compound
        ("Oppdragsgiver skal varsle leverandøren om mangler i forleveransen.", "changed"),
        # denied, demanded or excepted: a word that no line has
        ("Oppdragsgiver skal varsle leverandøren om mangler i leveransen, og må aldri dokumentere.", "added"),
    ],
)
def test_a_word_that_no_line_has_is_not_put_between_two_of_its_words(changed, why):
    line = "Oppdragsgiver skal varsle leverandøren om mangler i leveransen."
    assert reason(line, carried(line)) == ""
    assert reason(changed, carried(line)) == why


def test_a_word_or_two_are_a_sentence_only_where_a_line_says_no_more():
    ground = carried("Fylkeskommunen skal vurdere risiko.", "vurder risiko")
    assert reason("Fylkeskommunen,", ground) == "short"
    assert reason("Vurder risiko.", ground) == ""


def test_a_word_that_may_stand_anywhere_is_no_stranger_between_two_words():
    line = "Oppdragsgiver skal varsle leverandøren om mangler i leveransen."
    assert (
        reason("Oppdragsgiver skal derfor varsle leverandøren om mangler i leveransen.", carried(line)) == ""
    )


def test_a_brief_sentence_has_every_word_in_its_lines_and_two_of_them_in_step():
    line = "Kravet om lønn omfatter både ansatte og innleide hos leverandøren."
    ground = Ground(1, "Hva loven krever av fylkeskommunen", "Lønn", Rank.ACT, (Line(line),))
    assert reason("Innleide hos leverandøren er omfattet.", ground) == ""
    assert reason("Mange av fylkeskommunens leverandører er omfattet.", ground) == "words"
    assert reason("Kravet om lønn er nasjonalt.", ground) == "words"


def test_a_condition_may_be_told_in_other_words_and_one_of_several_left_out():
    line = "Forskriften gjelder når en rammeavtale inngås eller når den fornyes av fylket."
    assert reason("Forskriften gjelder når en rammeavtale inngås.", carried(line)) == ""
    line = "Hvis kontrakten er forsinket, kan fylket heve den."
    assert reason("Fylket kan heve den dersom kontrakten er forsinket.", carried(line)) == ""


def test_one_line_is_not_said_of_the_subject_of_another():
    ground = carried("Nøkkelen i rammeavtalen skal oppgis i kunngjøringen.", "Vurder oppdragsgiver først.")
    assert reason("Nøkkelen skal oppgis i kunngjøringen.", ground) == ""
    assert reason("Oppdragsgiver skal oppgis i kunngjøringen.", ground) == "joined"


def test_a_line_that_differs_in_one_word_does_not_lend_it_to_another_line():
    lead = "Forskriften binder også"
    items = ("operatørenes underleverandører", "operatører som etter løyvefritak utfører persontransport")
    ground = Ground(1, "Loven", "Hvem", Rank.REGULATION, tuple(Line(item, lead=lead) for item in items))
    assert reason(f"{lead} {items[0]}", ground) == ""
    assert reason(f"{lead} operatørenes løyvefritak", ground) == "changed"


def test_each_part_of_a_sentence_stands_in_one_line():
    rows = ("Attesten gjelder renhold i kommunale bygg.", "Protokollen oppbevares av fylket i arkivet.")
    assert reason(f"{rows[0][:-1]}, og protokollen oppbevares av fylket i arkivet.", carried(*rows)) == ""
    assert reason("Attesten oppbevares av fylket i kommunale bygg.", carried(*rows)) != ""


@pytest.mark.parametrize(
    ("rows", "changed"),
    [
        (
            ("Buskerud: Styringsform: Formannskap; Representanter: 47", "Akershus: Styringsform: Parlament; Representanter: 51"),
            "Buskerud: Styringsform: Formannskap; Representanter: 51",
        ),
        (
            ("særlige tjenester: tjenester som angitt i vedlegg 2", "helse- og sosialtjenester: tjenester som angitt i vedlegg 3"),
            "særlige tjenester: tjenester som angitt i vedlegg 3",
        ),
        (
            ("Lønns- og arbeidsvilkår: Tjenester: ja; Paragraf: § 5e", "Lønn via bank: Tjenester: ja; Paragraf: § 5g"),
            "Lønns- og arbeidsvilkår: Tjenester: ja; Paragraf: § 5g",
        ),
    ],
)  # fmt: skip
def test_a_line_that_has_all_the_words_has_the_numbers_too(rows, changed):
    assert reason(rows[0], carried(*rows)) == ""
    assert reason(changed, carried(*rows)) != ""


def test_a_passage_about_something_else_that_has_the_words_in_its_heading_carries_nothing():
    own = Ground(
        1,
        "Strategi",
        "Videreføring",
        Rank.OWN_POLICY,
        (Line("Kildene viser ingen automatisk videreføring av strategien."),),
    )
    other = Ground(
        2,
        "Strategi",
        "Videreføring",
        Rank.OWN_POLICY,
        (Line("Kildene viser verken vedtak eller oppheving."),),
    )
    assert reason(own.lines[0].text, own) == ""
    assert reason(own.lines[0].text, other) != ""


@pytest.mark.parametrize(
    "text",
    [
        "Leverandøren skal gi opplysninger om avtalen straks.",
        "Leverandøren skal gi informasjon om kontrakten straks.",
        "Leverandøren skal gi opplysninger om kontrakten umiddelbart.",
    ],
)
def test_a_word_that_means_the_same_may_stand_in_the_place_of_another(text):
    assert reason(text, carried("Leverandøren skal gi opplysninger om kontrakten straks.")) == ""


@pytest.mark.parametrize("kind", sorted(borrowings.BORROWINGS))
def test_what_is_borrowed_from_another_line_of_the_passage_is_caught(kind):
    rule, chance = borrowings.BORROWINGS[kind], random.Random(1)
    lines = (
        "Leverandøren skal sende faktura innen 10 dager etter § 5a.",
        "Byggherren kan kreve retting innen 30 dager etter § 5b, og loven gjelder fra 1. juli 2026.",
        "Kontrakten gjelder fra 1. januar 2024.",
    )
    ground = carried(*lines)
    tried = 0
    for line in lines * 5:
        true = truths.True_(line, (1,), {1: ground})
        changed = rule(true, chance)
        if changed and not truths.told_elsewhere(true, changed):
            tried += 1
            assert reason(changed, ground), changed
    assert tried


@pytest.mark.parametrize("kind", sorted(mutations.MUTATIONS))
def test_every_kind_of_change_is_caught_in_sentences_of_each_form(kind):
    rule, chance, tried = mutations.MUTATIONS[kind], random.Random(1), 0
    lines = [
        RULE,
        ADVICE,
        WEIGHT,
        "Fristen er 10 dager og gjelder bare når KOFA har sagt fra om det til Viken.",
        "Leverandøren skal varsle oppdragsgiver om alle endringer før arbeidet begynner.",
        "Poengene er 10 for pris og 30 for klima.",
    ]
    ground = Ground(1, "Loven", "Krav", Rank.ACT, tuple(Line(line) for line in lines))
    for line in lines * 5:
        changed = rule(line, chance)
        if changed and changed != line:
            tried += 1
            assert reason(changed, ground), changed
    assert tried


@pytest.mark.parametrize(
    "kind", ["«%» og «prosent»", "tall med bokstaver", "1,3 millioner og 1 300 000", "01.07.2026"]
)
def test_a_fact_in_another_spelling_is_the_same_fact(kind):
    rule, chance, tried = rewordings.REWORDINGS[kind], random.Random(1), 0
    for line in (
        RULE,
        ADVICE,
        "Vekten er minst 30 prosent, og fristen er ti dager.",
        "Prisen er 30 % av beløpet.",
    ):
        ground = Ground(1, "Loven", "Krav", Rank.ACT, (Line(line),))
        if (new := rule(line, chance)) and new != line:
            tried += 1
            assert reason(new, ground) == "", new
    assert tried
