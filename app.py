"""Serve Anskaffelsesassistenten: `python app.py`."""

from __future__ import annotations

import sys

from assistant import server, texts
from assistant.errors import AssistantError
from assistant.settings import Settings


def main() -> int:
    """Serve with the settings of the environment; 1 when that cannot be done."""
    try:
        server.serve(Settings.read())
    except AssistantError as error:
        sys.stderr.write(texts.START["failed"].format(message=error) + "\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
