import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings


def test_nothing_set_gives_what_works_out_of_the_box():
    settings = Settings.read({"PATH": "/bin"})
    assert (settings.embedder, settings.answers, settings.port) == ("bundled", "extractive", 7860)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("ASSISTANT_PORTT", "80", "Ukjent innstilling: ASSISTANT_PORTT"),
        ("ASSISTANT_PORT", "åtti", "ASSISTANT_PORT='åtti'"),
        ("ASSISTANT_PORT", "0", "ASSISTANT_PORT='0'"),
        ("ASSISTANT_VECTORS", "kroma", "ASSISTANT_VECTORS='kroma'"),
        ("ASSISTANT_ANSWERS", "llm", "kan ikke brukes ennå"),
    ],
)
def test_what_cannot_be_used_stops_the_start_and_says_so(name, value, told):
    with pytest.raises(SettingsError, match=told):
        Settings.read({name: value})


def test_settings_do_not_change_once_read():
    with pytest.raises(ValueError, match="frozen"):
        Settings.read({}).port = 1
