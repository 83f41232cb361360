"""The library's door holds what it says, and opening it costs nothing."""

import subprocess
import sys

import pytest

import assistant

SLOW = ("numpy", "pydantic", "torch", "chromadb", "gradio", "onnxruntime")


def test_every_public_name_can_be_had():
    assert {name: getattr(assistant, name).__name__ for name in assistant.__all__} == {
        name: name for name in assistant.__all__
    }


def test_the_list_is_short_and_in_order():
    assert assistant.__all__ == sorted(assistant.__all__)
    assert len(assistant.__all__) <= 12


def test_a_name_that_is_not_public_is_refused():
    with pytest.raises(AttributeError, match="Frobnicator"):
        assistant.Frobnicator  # noqa: B018


def test_importing_the_package_loads_nothing_slow():
    program = f"import sys, assistant; print([m for m in {SLOW} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
