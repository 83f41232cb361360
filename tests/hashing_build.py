"""The process that builds, with hashing vectors instead of the model; started by `Builds` in tests.

`HOLD` in its environment names a file that it waits for, so that a test can do things meanwhile. At the step
that `DIE_AT` names it ends as a kill would end it: nothing is caught, closed or cleared.
"""

import os
import signal
import sys
import time
from datetime import date
from pathlib import Path

from assistant.admin import building
from assistant.embedding import HashingEmbedder
from assistant.settings import Settings


def embedder():
    hold = os.environ.get("HOLD")
    deadline = time.monotonic() + 60
    while hold and not Path(hold).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return HashingEmbedder()


def die_at(step):
    def report(_, at, *__):
        if at == step:
            os.kill(os.getpid(), signal.SIGKILL)

    building._Round.report = report


if __name__ == "__main__":
    if os.environ.get("DIE_AT"):
        die_at(os.environ["DIE_AT"])
    building.run(Settings.read(), embedder, date(2026, 11, 22), int(sys.argv[1]))
