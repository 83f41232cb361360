"""Addresses that a reader can keep or send."""

from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest

from assistant import links
from assistant.types import SourceKind


def test_an_answer_has_an_address_of_its_own():
    assert links.answer("0f", "nn") == "/svar/0f?lang=nn"
    assert links.answer("../x?y", "nb") == "/svar/..%2Fx%3Fy?lang=nb"


@pytest.mark.parametrize("question", ["Hva er § 5-1?", "A&B=C#D?", "Æ ø å «sitat»"])
def test_a_question_comes_back_whole_from_its_address(question):
    way = urlsplit(links.again(question, date(2026, 3, 1), (SourceKind.LAW,), "nb"))
    assert way.path == "/nb/"
    assert parse_qs(way.query) == {"q": [question], "dato": ["01.03.2026"], "fra": ["lov"]}


def test_what_is_not_chosen_is_not_in_the_address():
    assert links.again("Hei", None, (), "nb") == "/nb/?q=Hei"
