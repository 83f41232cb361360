"""Why a file cannot be read; raised by the readers, and told to the person by `sandbox`."""

from __future__ import annotations


class Unreadable(Exception):
    """The file cannot be read; the reason and what to do are Norwegian sentences."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
