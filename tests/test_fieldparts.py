"""What stands around the field for the question."""

import re

import pytest

from assistant import fieldparts, texts
from assistant.types import SourceKind


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_every_kind_of_source_can_be_chosen_and_all_is_the_first_choice(language):
    options = re.findall(r'<option value="(\w*)">([^<]+)<', fieldparts.kinds(language))
    assert options[0][0] == ""
    assert options[1:] == [(kind.value, texts.SOURCE_KIND_IN[language][kind]) for kind in SourceKind]


def test_a_message_is_text_and_there_is_none_when_nothing_is_to_be_said():
    assert fieldparts.message("nb") == ""
    assert "&lt;b&gt;" in fieldparts.message("nb", problem="<b>")
    assert 'role="alert"' not in fieldparts.message("nb", edited=True)
