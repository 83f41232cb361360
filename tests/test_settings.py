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
        ("ASSISTANT_ANSWERS", "llm", "trenger en språkmodell"),
        ("ASSISTANT_LLM_SECONDS", "0", "ASSISTANT_LLM_SECONDS='0'"),
    ],
)
def test_what_cannot_be_used_stops_the_start_and_says_so(name, value, told):
    with pytest.raises(SettingsError, match=told):
        Settings.read({name: value})


def test_settings_do_not_change_once_read():
    with pytest.raises(ValueError, match="frozen"):
        Settings.read({}).port = 1


LLM = {"ASSISTANT_ANSWERS": "llm", "ASSISTANT_LLM": "openai:prove"}


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "trenger en nøkkel"),
        ({"ASSISTANT_LLM_BASE_URL": "localhost:8000"}, "ikke en adresse"),
        ({"ASSISTANT_LLM_BASE_URL": "file:///etc/passwd"}, "ikke en adresse"),
        ({"ASSISTANT_LLM": "gpt"}, "trenger en språkmodell"),
    ],
)
def test_a_language_model_that_cannot_be_reached_stops_the_start(more, told):
    with pytest.raises(SettingsError, match=told):
        Settings.read(LLM | more)


def test_a_model_that_takes_no_temperature_gets_none():
    address = {"ASSISTANT_LLM_BASE_URL": "http://localhost:8000/v1"}
    assert Settings.read(LLM | address).llm_temperature == 0.0
    assert Settings.read(LLM | address | {"ASSISTANT_LLM_TEMPERATURE": ""}).llm_temperature is None
