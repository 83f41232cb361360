"""What an administrator sent and cannot be taken."""

from __future__ import annotations


class Refused(Exception):
    """Nothing has been changed; `reason` finds the words for it in `words`, which may show `value`."""

    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value
