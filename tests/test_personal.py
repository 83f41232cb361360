"""National id numbers are found however they are spelt, and nothing else is taken for one.

Every number here is made by the rules and belongs to nobody; most have the months of test persons.
"""

import logging
import re
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant import logs, personal
from assistant.errors import InputError
from assistant.personal import Trace

ROOT = Path(__file__).resolve().parent.parent
FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2)
SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def numbers(nine, remainders=(0, 1, 2, 3)):
    """Every number that the nine digits can become; one remainder before 2032, four from then on."""
    made = []
    for remainder in remainders:
        first = (remainder - sum(int(d) * w for d, w in zip(nine, FIRST, strict=True))) % 11
        if first == 10:
            continue
        second = -sum(int(d) * w for d, w in zip(f"{nine}{first}", SECOND, strict=True)) % 11
        if second < 10:
            made.append(f"{nine}{first}{second}")
    return made


@st.composite
def national(draw, days=(0, 40), months=(0, 40, 65, 80), remainders=(0, 1, 2, 3)):
    day = date(1900, 1, 1) + timedelta(draw(st.integers(0, 73_000)))
    head = f"{day.day + draw(st.sampled_from(days)):02}{day.month + draw(st.sampled_from(months)):02}"
    nine = f"{head}{day.year % 100:02}{draw(st.integers(0, 999)):03}"
    made = numbers(nine, remainders)
    return draw(st.sampled_from(made)) if made else draw(national(days, months, remainders))


FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
BOLD = str.maketrans("0123456789", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗")
SPELLINGS = {
    "as it is": lambda n: n,
    "a space": lambda n: f"{n[:6]} {n[6:]}",
    "a hyphen": lambda n: f"{n[:6]}-{n[6:]}",
    "a spaced dash": lambda n: f"{n[:6]} – {n[6:]}",
    "dots in the date": lambda n: f"{n[:2]}.{n[2:4]}.{n[4:6]} {n[6:]}",
    "slashes in the date": lambda n: f"{n[:2]}/{n[2:4]}-{n[4:6]} {n[6:]}",
    "the control digits apart": lambda n: f"{n[:6]} {n[6:9]} {n[9:]}",
    "pairs": lambda n: f"{n[:2]} {n[2:4]} {n[4:6]} {n[6:9]} {n[9:]}",
    "every digit apart": lambda n: " ".join(n),
    "dots everywhere": lambda n: ".".join(n),
    "full width": lambda n: n.translate(FULL_WIDTH),
    "Arabic digits": lambda n: n.translate(ARABIC),
    "mathematical digits": lambda n: n.translate(BOLD),
    "a line break": lambda n: f"{n[:6]}\n{n[6:]}",
    "an indented line break": lambda n: f"{n[:6]}\r\n             {n[6:]}",
    "zero width": lambda n: "\u200b".join(n),
    "a soft hyphen": lambda n: f"{n[:4]}\u00ad{n[4:]}",
    "a hard space": lambda n: f"{n[:6]}\u00a0{n[6:]}",
    "a narrow hard space": lambda n: f"{n[:6]}\u202f{n[6:]}",
    "a non-breaking hyphen": lambda n: f"{n[:6]}\u2011{n[6:]}",
    "combining marks": lambda n: "\u0332".join(n),
    "emphasis": lambda n: f"**{n[:6]}** {n[6:]}",
    "a table": lambda n: f"| {n[:6]} | {n[6:]} |",
    "underscores": lambda n: f"{n[:6]}_{n[6:]}",
    "HTML": lambda n: f"{n[:6]}&nbsp;{n[6:]}",
    "between letters": lambda n: f"fnr{n}x",
    "words between": lambda n: f"{n[:6]}, personnr. {n[6:]}",
    "O for 0": lambda n: n.replace("0", "O", 3),
    "a whole year": lambda n: f"{n[:2]}.{n[2:4]}.19{n[4:6]} {n[6:]}",
    "a whole year first": lambda n: f"20{n[4:6]}-{n[2:4]}-{n[:2]} {n[6:]}",
    "after another number": lambda n: f"telefon 22 33 44 55 {n}",
    "between zero widths and a number": lambda n: f"{n}\u200b500000",
}


def test_at_least_twelve_spellings_are_tried():
    assert len(SPELLINGS) >= 12


@pytest.mark.parametrize("name", SPELLINGS)
@given(number=national())
@settings(max_examples=40, deadline=None)
def test_a_national_id_number_is_found_in_every_spelling(name, number):
    text = f"Kan vi kreve politiattest av {SPELLINGS[name](number)} i kontrakten?"
    assert personal.national_ids(text)
    masked = personal.mask(text)
    assert not personal.national_ids(masked)
    assert number not in re.sub(r"\D", "", masked)


@pytest.mark.parametrize(
    ("kind", "days", "months", "remainders"),
    [
        ("fødselsnummer", (0,), (0,), (0,)),
        ("fødselsnummer from 2032", (0,), (0,), (1, 2, 3)),
        ("D-number", (40,), (0,), (0,)),
        ("D-number from 2032", (40,), (0,), (1, 2, 3)),
        ("H-number", (0,), (40,), (0,)),
        ("test person of Norsk helsenett", (0,), (65,), (0,)),
        ("test person of Skatteetaten", (0,), (80,), (0,)),
        ("D-number of a test person", (40,), (80,), (0,)),
    ],
)
def test_every_kind_of_number_is_found(kind, days, months, remainders):
    @given(national(days, months, remainders))
    @settings(max_examples=60, deadline=None)
    def found(number):
        assert personal.is_valid(number), kind

    found()


@pytest.mark.parametrize("number", ["02013299997", "30108299920", "30108299939"])
def test_the_examples_of_the_tax_administration_for_2032_are_valid(number):
    assert personal.is_valid(number)


@given(national(remainders=(0,)), st.integers(1, 9))
def test_a_slip_in_the_last_digit_is_no_number_but_a_named_one_is_refused_all_the_same(number, slip):
    wrong = number[:10] + str((int(number[10]) + slip) % 10)
    assert not personal.national_ids(f"Sak om {wrong} i dag")
    assert personal.national_ids(f"Fødselsnummeret hennes er {wrong}.")


def test_a_joint_help_number_is_found():
    (number, *_) = numbers("801234567", (0,)) or numbers("801234568", (0,))
    assert personal.national_ids(f"Pasient {number}")


PASSES = {
    "an organisation number": "Org.nr. 987 654 325 og 923609016 MVA",
    "two organisation numbers": "974760673 971032081",
    "an amount": "Verdien er 1 300 000 kroner, opsjonen 2 500 000 kr",
    "a large amount": "Rammen er 10 108 012 345 kroner",
    "amounts in a row": "500 000, 1 300 000, 2 500 000 og 62 900 000",
    "a § and a date": "Etter § 7-9 fra 01.07.2026, jf. § 25-2 (3)",
    "a date and an amount": "01.07.2026: 500 000",
    "a case number": "Sak 2023/12345-67 og KOFA 2012/00345-11",
    "a Doffin number": "Kunngjøring 2026-101234 og 2026/S 120-345678",
    "a CPV code": "CPV 45000000-7, 72200000 og 79411000-8",
    "a KID": "KID 01017012345678903 og KID: 2345676",
    "a long number": "Referanse 010170123451234567890",
    "a version": "10.0.19041.1234",
    "an EAN": "7035620058714",
    "a telephone number": "+47 22 33 44 55 og 99887766",
}


@pytest.mark.parametrize("name", PASSES)
def test_other_numbers_pass(name):
    assert personal.national_ids(PASSES[name]) == ()


@given(national())
def test_a_number_called_kid_or_set_as_an_account_number_passes(number):
    assert not personal.national_ids(f"Betal med KID {number}")
    assert not personal.national_ids(f"Konto {number[:4]}.{number[4:6]}.{number[6:]}")


def test_the_corpus_and_the_questions_of_the_evaluation_hold_none():
    files = [*(ROOT / "corpus").rglob("*.*"), *(ROOT / "evals" / "questions").glob("*.yaml")]
    texts = {path: path.read_text("utf-8") for path in files if path.suffix in {".md", ".yaml", ".toml"}}
    assert len(texts) > 20
    assert [str(path) for path, text in texts.items() if personal.national_ids(text)] == []


def test_what_is_refused_is_named_and_not_repeated():
    (number, *_) = numbers("010170123", (0,))
    with pytest.raises(InputError) as refused:
        personal.refuse("question", [f"Kan vi bruke {number}?"])
    assert "fødselsnummer" in str(refused.value)
    assert "Ta bort nummeret" in refused.value.remedy
    assert number not in str(refused.value)
    assert number[6:] not in str(refused.value)


@pytest.mark.parametrize(
    ("question", "said"),
    [("Kva gjer vi med {}?", "Spørsmålet inneheld"), ("What is the rule for {}?", "national identity")],
)
def test_the_refusal_is_in_the_language_of_the_question(question, said):
    (number, *_) = numbers("018170123", (0,))
    with pytest.raises(InputError, match=said):
        personal.refuse("question", [question.format(number)])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Skriv til kari.nordmann@fylke.no.", (Trace.EMAIL,)),
        ("Skriv til postmottak@fylke.no.", ()),
        ("Ring 22 33 44 55", (Trace.PHONE,)),
        ("Hun har 998 87 766", (Trace.PHONE,)),
        ("Hun har +47 99887766", (Trace.PHONE,)),
        ("tlf 22334455", (Trace.PHONE,)),
        ("Hun har 99887766.", (Trace.PHONE,)),
        ("CPV 45233141", ()),
        ("Prisen er 45233141 kroner", ()),
        ("Frist 20260701", ()),
        ("Betal til 1234.56.78911", (Trace.ACCOUNT,)),
        ("Kontonummer 12345678911", (Trace.ACCOUNT,)),
        ("KID 12345678911", ()),
        ("Ring 22 33 44 55 eller a@b.no", (Trace.EMAIL, Trace.PHONE)),
        ("Hva er terskelen på 1 300 000 kroner i § 5-1?", ()),
    ],
)
def test_addresses_telephone_and_account_numbers_are_pointed_out(text, found):
    assert personal.traces(text) == found
    assert bool(personal.notice(text, "nb")) == bool(found)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Skriv til kari.nordmann@fylke.no.", "Skriv til [e-postadresse fjernet]."),
        ("Skriv til postmottak@fylke.no.", "Skriv til postmottak@fylke.no."),
        ("Ring +47 22 33 44 55 nå", "Ring [telefonnummer fjernet] nå"),
        ("Til 1234.56.78911 da", "Til [kontonummer fjernet] da"),
        ("Hun er 02013299997, sa hun", "Hun er [fødselsnummer fjernet], sa hun"),
        (
            "Å\u00ad ringe 99887766\u200b og a@b.no",
            "Å\u00ad ringe [telefonnummer fjernet]\u200b og [e-postadresse fjernet]",
        ),
        ("Hva er terskelen på 1 300 000 kroner i § 5-1?", "Hva er terskelen på 1 300 000 kroner i § 5-1?"),
    ],
)
def test_what_points_to_a_person_is_taken_out_and_the_rest_is_left(text, left):
    assert personal.withheld(text) == left
    assert personal.traces(personal.withheld(text)) == ()


def test_the_notice_names_all_that_was_found():
    told = personal.notice("Ring 22 33 44 55 eller kari@x.no, konto 1234.56.78911", "nb")
    begins = "Spørsmålet ditt ser ut til å inneholde en e-postadresse, et telefonnummer og et kontonummer."
    assert told.startswith(begins)


def test_no_trace_is_seen_in_the_questions_of_the_evaluation():
    text = "\n".join(p.read_text("utf-8") for p in (ROOT / "evals" / "questions").glob("*.yaml"))
    asked = re.findall(r"^\s+question: (.+)$", text, re.MULTILINE)
    assert len(asked) > 300
    assert [each for each in asked if personal.traces(each) or personal.national_ids(each)] == []


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1 ",
        "1-",
        "0O",
        "&nbsp;1",
        "<br>1",
        "1 personnr ",
        "@",
        "a@",
        "a.",
        "1\u200b",
        " ",
        "fnr ",
        "\u0332",
    ],
)
def test_work_grows_in_proportion_to_the_text(piece):
    def work(times):
        lines = 0

        def count(frame, event, _):
            nonlocal lines
            if frame.f_globals.get("__name__") != personal.__name__:
                return None
            lines += 1
            return count

        text = piece * times
        sys.settrace(count)
        try:
            personal.national_ids(text)
            personal.traces(text)
        finally:
            sys.settrace(None)
        return lines

    assert work(800) <= 2.2 * work(400) + 200


HOSTILE = st.text(
    st.sampled_from("0123456789OoIl .,-/–\u00a0\u200b\u0332０９٣①½\n|@ab&;<>rnø§"), max_size=400
)


@given(HOSTILE)
@example("1" * 3000)
@example("1 " * 3000)
@example("fødselsnummer " * 500)
@settings(deadline=None)
def test_nothing_makes_it_fail_and_what_is_masked_is_gone(text):
    masked = personal.mask(text)
    spans = personal.national_ids(text)
    assert all(0 <= s.start < s.end <= len(text) for s in spans)
    assert (masked == text) == (not spans)
    personal.traces(text)


def test_a_log_line_and_its_trace_hold_no_number():
    (number, *_) = numbers("010180123", (0,))
    formatter = logs.TextFormatter(personal.mask)
    try:
        raise ValueError(number)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "f", 1, "spurt: %s", (number,), sys.exc_info())
    line = formatter.format(record)
    assert number not in line
    assert line.count("[fødselsnummer fjernet]") >= 2
