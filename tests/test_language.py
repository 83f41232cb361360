"""Norwegian text: sentences that stay whole, words, stems, spelling and languages."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import language

QUICK = settings(deadline=None, database=None, derandomize=True)


@pytest.mark.parametrize(
    "sentence",
    [
        "Kravet følger av anskaffelsesforskriften, jf. § 7-9 første ledd.",
        "Grensen var kr. 100 000 uten merverdiavgift.",
        "Se nr. 2 i listen over unntak.",
        "Kravet omfatter bl.a. Oslo og Viken.",
        "Loven ble endret 1. juli 2026 for alle oppdragsgivere.",
        "Loven gjelder fra 1. Juli 2026 for alle.",
        "Dette gjelder f.eks. Bergen kommune.",
        "Verdien er ca. 500 000 kroner ekskl. Mva. i året.",
        "Vilkårene står i § 5 a. og gjelder alle.",
        "Kap. II og pkt. 3 gjelder ikke her.",
        "Verdien er 1.3 millioner og 2,5 millioner kroner.",
        "Etter § 7-9 nr. 4 skal klima vektes 30 prosent.",
        "Prisen var maks. 500 kroner pr. 10 stykk.",
        "Grensen pr. 1. juli 2026 er høyere.",
    ],
)
def test_a_dot_inside_a_sentence_does_not_end_it(sentence):
    assert language.sentences(sentence) == [sentence]
    assert language.sentences(f"{sentence} Neste setning.") == [sentence, "Neste setning."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Er det lov? Ja. Se § 2.", ["Er det lov?", "Ja.", "Se § 2."]),
        ("Det skjedde i 2026. Loven gjelder.", ["Det skjedde i 2026.", "Loven gjelder."]),
        ("**Kravet gjelder.** Det er nytt.", ["**Kravet gjelder.**", "Det er nytt."]),
        ("Han sa «nei.» Så gikk han.", ["Han sa «nei.»", "Så gikk han."]),
        ("Grensen er 500 000. 100 000 var den før.", ["Grensen er 500 000.", "100 000 var den før."]),
        ("Den står i loven. § 5-2 gjelder ikke.", ["Den står i loven.", "§ 5-2 gjelder ikke."]),
        ("Grensen er\n500 000 kroner. Den\nble hevet.", ["Grensen er\n500 000 kroner.", "Den\nble hevet."]),
        ("", []),
        ("  \n ", []),
        ("uten punktum", ["uten punktum"]),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text, expected):
    assert language.sentences(text) == expected


@QUICK
@given(st.text(alphabet="aBå §.,!?«»*()12 \n", max_size=80))
def test_sentence_spans_are_in_order_and_leave_out_nothing_but_space(text):
    spans = list(language.sentence_spans(text))
    kept = "".join(text[a:b] for a, b in spans)
    assert "".join(kept.split()) == "".join(text.split())
    assert all(a < b for a, b in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))


@QUICK
@given(st.text(max_size=60))
def test_cleaning_twice_changes_nothing_more_and_leaves_no_odd_characters(text):
    cleaned = language.clean(text)
    assert language.clean(cleaned) == cleaned
    cleaned.encode("utf-8")
    assert not set(cleaned) & set("\0\x07\u00ad\u200b\u200e\u202e\ufeff")


def test_cleaning_drops_nul_lone_surrogates_and_zero_width_characters():
    assert language.clean("ter\u200bskel\0verdi\ud800\ufeff") == "terskel verdi"
    assert language.clean("a\u030a") == "å"
    assert language.clean("kr\u00a0500") == "kr\u00a0500"


def test_squeezing_makes_every_run_of_space_one_plain_space():
    assert language.squeeze(" 500\u00a0000\n kroner\t") == "500 000 kroner"


def test_plain_text_has_no_markdown():
    assert language.plain("> **Høyst** `to` [ledd](https://x.no/a)") == "Høyst to ledd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Verdien er 500 000 kroner", ["verdien", "er", "500000", "kroner"]),
        ("500\u00a0000 eller 1.300.000", ["500000", "eller", "1300000"]),
        ("jf. § 7-9 og §§ 5a", ["jf", "§7-9", "og", "§5a"]),
        ("1,3 millioner", ["1,3", "millioner"]),
        ("EØS-terskel", ["eøs", "terskel"]),
        ("!?", []),
    ],
)
def test_words_keep_numbers_and_paragraphs_whole(text, expected):
    assert language.words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anskaffelse", "anskaffelsene"),
        ("leverandører", "leverandørar"),
        ("kjøp", "kjop"),
        ("terskelverdier", "terskelverdiar"),
        ("tilbud", "tilbod"),
        ("underleverandør", "underleverandørar"),
    ],
)
def test_forms_of_one_word_share_a_stem(one, other):
    assert language.stem(one) == language.stem(other)


def test_numbers_and_paragraphs_are_their_own_stems():
    assert language.stem("§7-9") == "§7-9"
    assert language.stem("500000") == "500000"


def test_stems_leave_out_the_words_that_say_nothing():
    assert language.stems("Hva er beløpsgrensen for dette?") == (language.stem("beløpsgrensen"),)
    assert language.stems("Hva er det?") == ()


def test_grams_are_folded_pieces_of_content_words():
    assert language.char_ngrams("for kjøp § 7-9 500") == ["kjop"]
    assert language.char_ngrams("frist") == ["fris", "rist"]
    assert language.char_ngrams("mva") == ["mva"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hva er terskelverdien?", "nb"),
        ("Kva er terskelverdien?", "nn"),
        ("Korleis følgjer vi opp leverandørar?", "nn"),
        ("What is the threshold for procurement?", "en"),
        ("Kan vi bruke cloud service?", "nb"),
        ("", "nb"),
        ("123 §", "nb"),
    ],
)
def test_the_language_is_told_by_its_small_words(text, expected):
    assert language.detect_language(text) == expected


def test_overlap_is_the_share_of_what_was_wanted():
    assert language.overlap("ab", "bc") == 0.5
    assert language.overlap("", "bc") == 1.0
    assert language.overlap("ab", "") == 0.0


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Kva må me gjere no?", "Hva må vi gjøre nå?"),
        ("Korleis får eg vite kven som skal kunngjere?", "Hvordan får jeg vite hvem som skal kunngjøre?"),
        ("Hur länge måste vi vänta?", "Hvor lenge må vi vente?"),
        ("Hva gjelder for de to andre?", "Hva gjelder for de to andre?"),
        ("What is the threshold now?", "What is the threshold now?"),
        ("§ 7-9 og 1,3 mill.", "§ 7-9 og 1,3 mill."),
    ],
)
def test_what_is_embedded_is_bokmaal_where_we_have_the_words(question, expected):
    assert language.in_bokmaal(question) == expected
