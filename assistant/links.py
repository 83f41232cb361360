"""Addresses that a reader can keep or send: of a stored answer, and of a question to ask again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote, urlencode

from assistant.types import SourceKind


def answer(id: str, language: str) -> str:
    """The page of a stored answer, which opens for whoever asked."""
    return f"/svar/{quote(id, safe='')}?lang={language}"


def again(question: str, on: date | None, only: Sequence[SourceKind], language: str) -> str:
    """The chat page with the question in the field; without a day, it is asked for the day it is."""
    asked = {"q": question, "dato": f"{on:%d.%m.%Y}" if on else "", "fra": only[0].value if only else ""}
    return f"/{language}/?{urlencode({name: value for name, value in asked.items() if value})}"
