"""The check that every shown sentence passes: no changed number, §, date, word, quote or marker gets by."""

import re
from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from conftest import ROOT
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assistant import chunking, citations, documents, language
from assistant.answering import citation
from assistant.types import Block, Sentence

ON = date(2026, 11, 22)
DIGITS = "0123456789"
MONTHS = "januar februar mars april mai juni juli august september oktober november desember".split()
MANY = settings(
    max_examples=300,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,3 millioner", "1 300 000"),
        ("1,3 mill. kroner", "1 300 000 kroner"),
        ("500 tusen", "500\u00a0000"),
        ("2 mrd. kroner", "2 000 000 000 kroner"),
        ("tretti prosent", "30 %"),
        ("to ledd", "2 ledd"),
        ("§§ 5a", "§ 5 a"),
        ("§7-9", "§ 7-9"),
        ("§ 7-9 i forskriften", "§ 7-9"),
        ("15,0 dager", "15 dager"),
        ("1. Juli 2026", "1. juli 2026"),
        ("500\n000 kroner", "500 000 kroner"),
    ],
)
def test_one_fact_written_in_two_ways_is_one_fact(one, other):
    assert citations.hard_facts(one) == citations.hard_facts(other) != frozenset()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,3 millioner", "1,4 millioner"),
        ("1,3 millioner", "1,3 milliarder"),
        ("§ 7-9", "§ 7-8"),
        ("§ 5 a", "§ 5 b"),
        ("§ 5", "5 dager"),
        ("1. juli 2026", "1. juni 2026"),
        ("1. juli 2026", "11. juli 2026"),
        ("1. juli 2026", "1. juli 2025"),
        ("500 000", "5 000 000"),
        ("tretti", "førti"),
    ],
)
def test_two_facts_are_not_one(one, other):
    assert not citations.hard_facts(one) >= citations.hard_facts(other)


def test_a_text_without_numbers_states_no_hard_fact():
    assert citations.hard_facts("Oppdragsgiver skal kreve lærlinger.") == frozenset()


@cache
def shipped():
    """Every unit of the shipped corpus as the sentence it becomes, with its citation."""
    made = []
    for path in documents.files(ROOT / "corpus"):
        for passage in chunking.split(documents.load(path)):
            units = chunking.units(passage)
            for unit in units:
                text = chunking.reading_text(unit, units)
                made.append((Sentence(text, (1,), unit.block), citation(passage, 1, (unit.text,), ON)))
    return made


@cache
def with_digits():
    return [(s, c) for s, c in shipped() if any(ch in DIGITS for ch in s.text)]


@cache
def with_dates():
    return [(s, c) for s, c in shipped() if re.search(rf"\d\.\s(?:{'|'.join(MONTHS)})\b", s.text)]


def one_of(data, rows):
    """A row drawn by its number: to draw from thousands of values themselves is slow."""
    return rows[data.draw(st.integers(0, len(rows) - 1))]


def claims(text):
    """The numbers as they are written, dates and § whole; told without the code that is tested."""
    plain = re.sub(r"\s+", " ", language.plain(text)).lower()
    written = r"§+ ?\d+(?:-\d+)?(?: ?[a-h]\b)?|\d+\. ?(?:" + "|".join(MONTHS) + r")|\d+(?:[ .,]\d+)*"
    return {re.sub(r"[^\w§,]", "", found.replace("§§", "§")) for found in re.findall(written, plain)}


def ground(cited):
    return claims(f"{cited.title} \n {cited.section} \n {cited.text}")


def test_every_sentence_item_and_row_of_the_shipped_corpus_passes_as_it_stands():
    failed = [(s.text, c.passage_id) for s, c in shipped() if citations.verify(s, {1: c}) is not s]
    assert failed == []


@MANY
@given(st.data())
def test_a_changed_digit_is_caught(data):
    sentence, cited = one_of(data, with_digits())
    at = data.draw(st.sampled_from([n for n, ch in enumerate(sentence.text) if ch in DIGITS]))
    digit = data.draw(st.sampled_from([d for d in DIGITS if d != sentence.text[at]]))
    changed = sentence.text[:at] + digit + sentence.text[at + 1 :]
    assume(not claims(changed) <= ground(cited))
    assert citations.verify(replace(sentence, text=changed), {1: cited}) is None


@MANY
@given(st.data())
def test_a_digit_too_many_or_too_few_is_caught(data):
    sentence, cited = one_of(data, with_digits())
    at = data.draw(st.sampled_from([n for n, ch in enumerate(sentence.text) if ch in DIGITS]))
    instead = data.draw(st.sampled_from(["", sentence.text[at] + "7"]))
    changed = sentence.text[:at] + instead + sentence.text[at + 1 :]
    assume(not claims(changed) <= ground(cited))
    assert citations.verify(replace(sentence, text=changed), {1: cited}) is None


@MANY
@given(st.data())
def test_a_number_made_a_paragraph_is_caught(data):
    sentence, cited = one_of(data, with_digits())
    starts = [m.start() for m in re.finditer(r"(?<![\d§ ,.-])\d|(?<=[a-zæøå] )\d", sentence.text)]
    assume(starts)
    start = data.draw(st.sampled_from(starts))
    changed = f"{sentence.text[:start]}§ {sentence.text[start:]}"
    assume(not claims(changed) <= ground(cited))
    assert citations.verify(replace(sentence, text=changed), {1: cited}) is None


@MANY
@given(st.data())
def test_a_changed_month_is_caught(data):
    sentence, cited = one_of(data, with_dates())
    dates = list(re.finditer(rf"(?<=\d\. )(?:{'|'.join(MONTHS)})\b", sentence.text))
    found = data.draw(st.sampled_from(dates))
    month = data.draw(st.sampled_from([m for m in MONTHS if m != found.group()]))
    changed = sentence.text[: found.start()] + month + sentence.text[found.end() :]
    assume(not claims(changed) <= ground(cited))
    assert citations.verify(replace(sentence, text=changed), {1: cited}) is None


@MANY
@given(st.data())
def test_a_marker_that_was_not_shown_is_caught(data):
    sentence, cited = one_of(data, shipped())
    other = data.draw(st.integers(-3, 99).filter(lambda n: n != 1))
    for wrong in ((other,), (1, other), ()):
        assert citations.verify(replace(sentence, citations=wrong), {1: cited}) is None


@MANY
@given(st.data())
def test_a_marker_that_points_at_another_passage_is_caught(data):
    sentence, cited = one_of(data, with_digits())
    other = replace(one_of(data, shipped())[1], n=2)
    assume(not claims(sentence.text) <= ground(other))
    assert citations.verify(replace(sentence, citations=(2,)), {1: cited, 2: other}) is None


@MANY
@given(st.data())
def test_a_quote_that_is_not_verbatim_is_caught(data):
    sentence, cited = one_of(data, shipped())
    quote = cited.quotes[0]
    at = data.draw(st.integers(0, len(quote) - 1))
    letter = data.draw(st.sampled_from([ch for ch in "aø5 Q" if ch != quote[at]]))
    changed = quote[:at] + letter + quote[at + 1 :]
    assume(changed not in cited.text)
    assert citations.verify(sentence, {1: replace(cited, quotes=(quote, changed))}) is None


@MANY
@given(st.data())
def test_a_word_that_the_passage_does_not_hold_is_caught(data):
    sentence, cited = one_of(data, shipped())
    spoken = sentence.text.split(" ")
    at = data.draw(st.integers(0, len(spoken)))
    changed = " ".join([*spoken[:at], "trylleformelen", *spoken[at:]])
    assert citations.verify(replace(sentence, text=changed), {1: cited}) is None


def test_an_empty_quote_is_caught():
    sentence, cited = shipped()[0]
    assert citations.verify(sentence, {1: replace(cited, quotes=("",))}) is None


def test_two_passages_may_carry_a_sentence_together():
    one = replace(shipped()[0][1], text="Fristen er ti dager.", quotes=("ti dager",))
    two = replace(one, n=2, text="Den regnes fra 1. juli 2026.", quotes=("1. juli 2026",))
    both = Sentence("Fristen er ti dager fra 1. juli 2026.", (1, 2), Block.PARAGRAPH)
    assert citations.verify(both, {1: one, 2: two}) is both
    assert citations.verify(replace(both, citations=(1,)), {1: one, 2: two}) is None
