"""The process that reads one file: it limits itself, reads, writes what it found as JSON, and ends.

Started by `sandbox` as `python -m assistant.documents.child pdf <file>`. Nothing of the assistant's own
runs in it, so that a file that breaks its reader breaks nothing else.
"""

from __future__ import annotations

import json
import resource
import sys
from importlib import import_module
from pathlib import Path

MEMORY = 1024 * 1024 * 1024
CPU_SECONDS = 60
OUTPUT = 48 * 1024 * 1024
READERS = ("pdf", "docx", "html", "text")


def limit() -> None:
    """Bound this process: memory, processor time, size of what it writes, and no core dump."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(reader: str, path: str) -> None:
    """Read `path` and write one JSON object: what was found, or the reason it cannot be read."""
    limit()
    from assistant.documents import pieces
    from assistant.documents.unreadable import Unreadable

    if reader not in READERS:
        raise SystemExit(f"unknown reader: {reader}")
    try:
        read = import_module(f"assistant.documents.{reader}").read
        found: dict[str, object] = {"extract": pieces.dump(read(Path(path)))}
    except Unreadable as error:
        found = {"reason": error.reason, "remedy": error.remedy}
    except MemoryError:
        found = {"memory": True}
    except RecursionError:
        found = {
            "reason": "Filen er bygd for dypt.",
            "remedy": "Lagre den på nytt fra programmet den ble laget i.",
        }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
