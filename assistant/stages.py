"""The stages of an answer, for whoever follows how long each takes; nobody does until `follower` is set.

A stage is one word of a short list, and nothing of what is asked or answered goes with it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Literal

Stage = Literal["search", "compose", "model", "check"]
Follower = Callable[[Stage], AbstractContextManager[object]]

follower: ContextVar[Follower | None] = ContextVar("follower", default=None)
"""Who is told of the stages of the answer that is being made, if anyone."""


def stage(name: Stage) -> AbstractContextManager[object]:
    """What to do the work of the stage in; a stage within another is a part of it."""
    follow = follower.get()
    return follow(name) if follow else nullcontext()
