"""The addresses of sections."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.slugs import slugify


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Frister og språk", "frister-og-sprak"),
        ("Små kjøp: § 5-4, æ ø å é", "sma-kjop-5-4-ae-o-a-e"),
        ("  Hva koster det?  ", "hva-koster-det"),
        ("«Østfoldmodellen» – 50 %", "ostfoldmodellen-50"),
        ("§", ""),
    ],
)
def test_a_heading_becomes_an_address(heading, slug):
    assert slugify(heading) == slug


def test_a_letter_written_as_two_characters_gives_the_same_address():
    assert slugify(unicodedata.normalize("NFD", "Språk og é")) == "sprak-og-e"


@given(st.text())
def test_an_address_has_only_plain_characters_and_is_its_own_address(heading):
    slug = slugify(heading)
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug.startswith("-")
    assert "--" not in slug
    assert slugify(slug) == slug
