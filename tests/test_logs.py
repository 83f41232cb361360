"""The log: one line each, in text or JSON, and through the cleaner."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from assistant import logs

ROOT = Path(__file__).resolve().parent.parent


def record(message, *arguments, **extra):
    made = logging.LogRecord("assistant.x", logging.WARNING, "x.py", 1, message, arguments, None)
    made.__dict__.update(extra)
    return made


@pytest.fixture
def numbered():
    token = logs.request_id.set("nummer-1234")
    yield
    logs.request_id.reset(token)


def test_a_line_of_json_says_when_what_and_which_request(numbered):
    line = logs.JsonFormatter().format(record("to %s\nlinjer", "æøå", status=200, ms=3.5))
    assert "\n" not in line
    read = json.loads(line)
    assert read.pop("time").endswith("+00:00")
    assert read == {
        "level": "warning",
        "logger": "assistant.x",
        "message": "to æøå\nlinjer",
        "request_id": "nummer-1234",
        "status": 200,
        "ms": 3.5,
    }


def test_an_error_has_its_trace_on_the_same_line():
    try:
        raise ValueError("galt")
    except ValueError:
        made = record("feilet")
        made.exc_info = sys.exc_info()
    read = json.loads(logs.JsonFormatter().format(made))
    assert read["error"].endswith("ValueError: galt")


def test_a_line_of_text_ends_with_the_request(numbered):
    assert logs.TextFormatter().format(record("hei")).endswith("WARNING assistant.x: hei [nummer-1234]")


@pytest.mark.parametrize("formatter", [logs.TextFormatter, logs.JsonFormatter])
def test_every_line_passes_through_the_cleaner(formatter):
    try:
        raise ValueError("hemmelig to")
    except ValueError:
        made = record("hemmelig en")
        made.exc_info = sys.exc_info()
    line = formatter(lambda text: text.replace("hemmelig", "***")).format(made)
    assert line.count("*** en") == 1
    assert "hemmelig" not in line.replace('raise ValueError("hemmelig to")', "")


PROGRAM = """
import logging, sys
from assistant import logs
logs.configure("json", sys.argv[1])
logging.getLogger("assistant.api").info("vår")
logging.getLogger("httpx").info("deres")
logging.getLogger("httpx").warning("viktig")
"""


@pytest.mark.parametrize(("level", "shown"), [("info", ["vår", "viktig"]), ("warning", ["viktig"])])
def test_only_our_own_log_follows_the_level(level, shown):
    command = [sys.executable, "-c", PROGRAM, level]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert [json.loads(line)["message"] for line in run.stderr.splitlines()] == shown
