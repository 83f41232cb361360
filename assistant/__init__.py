"""Anskaffelsesassistenten: answers on Norwegian public procurement, every sentence with its source.

The names below are the library's door; each is loaded when it is first used, so that importing the
package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.errors import AssistantError
    from assistant.settings import Settings
    from assistant.types import Answer, AnswerStatus, Citation, Question, Retrieval, Sentence, Source, Turn

__all__ = [
    "Answer",
    "AnswerStatus",
    "Assistant",
    "AssistantError",
    "Citation",
    "Question",
    "Retrieval",
    "Sentence",
    "Settings",
    "Source",
    "Turn",
]

_HOMES = {"Assistant": "assistant", "AssistantError": "errors", "Settings": "settings"}


if not TYPE_CHECKING:  # a type checker knows the names from above, and would believe in any other

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'types')}"), name)
