"""A build in a process of its own: asked for on the admin page, checked, and only then published.

`Builds` is the page's side, `run` the side of the process. They meet in `var/uploads/`: `build.json` tells
how far it has come, a lock that the process inherits tells whether it is alive, and a file called
`.again` asks for one more round when something was published meanwhile.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO

from assistant import ingest
from assistant.admin import canaries
from assistant.admin.audit import Act, Log
from assistant.admin.uploads import Uploads
from assistant.embedding import Embedder
from assistant.errors import AssistantError, IndexError_
from assistant.index import Index
from assistant.ingest import Outcome
from assistant.retrieval import Retriever
from assistant.settings import PREFIX, Settings
from assistant.terms import Terms

log = logging.getLogger(__name__)
COMMAND: Sequence[str] = (sys.executable, "-m", "assistant.admin.building")
"""What is started, with the number of the inherited lock after it."""
TOLD_SECONDS = 0.3
"""How often progress is written down."""
TRIES = 5
"""Who only looks whether a build is under way holds the lock for a moment too."""
_HANDED_ON = ("var", "corpus", "embedder", "precision", "threads", "vectors")
"""Settings that the process needs; passwords and keys are not among them."""


class State(StrEnum):
    """How a build stands."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    """Made, and not good enough to be published."""
    FAILED = "failed"
    STOPPED = "stopped"
    """The process is gone without having come to its end."""


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of the last build."""

    state: State = State.NONE
    by: str = ""
    began: str = ""
    ended: str = ""
    step: str = ""
    done: int = 0
    total: int = 0
    build: str = ""
    reason: str = ""
    remedy: str = ""
    skipped: tuple[tuple[str, str], ...] = ()
    accepted: tuple[str, ...] = ()
    """SHA-256 of the uploads that the last good build holds."""


class Builds:
    """Starts builds and tells how they go; any number of processes may do so beside each other."""

    def __init__(self, settings: Settings, command: Sequence[str] = ()) -> None:
        self._settings = settings
        self._command = list(command or COMMAND)
        self._folder = settings.uploads

    def request(self, by: str) -> None:
        """Have the corpus built, after the build that is under way if there is one."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _held(self._folder / ".asking"):
            (self._folder / ".again").touch()
            with (self._folder / ".building").open("w") as alive:
                if not _take(alive, tries=TRIES):
                    return
                before = _status(self._folder)
                _tell(self._folder, Status(State.RUNNING, by, _now(), accepted=before.accepted))
                with (self._folder / "build.log").open("wb") as errors:
                    child = subprocess.Popen(
                        [*self._command, str(alive.fileno())],
                        stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, env=self._environment(),
                        pass_fds=[alive.fileno()], start_new_session=True,
                    )  # fmt: skip
        threading.Thread(target=child.wait, daemon=True).start()

    def status(self) -> Status:
        """How the last build stands."""
        found = _status(self._folder)
        if found.state is not State.RUNNING or self.running():
            return found
        again = _status(self._folder)  # it may have come to its end between the two looks
        return replace(again, state=State.STOPPED) if again.state is State.RUNNING else again

    def running(self) -> bool:
        """Whether a build is under way."""
        try:
            with (self._folder / ".building").open("r") as alive:
                return not _take(alive, fcntl.LOCK_SH)
        except FileNotFoundError:
            return False

    def _environment(self) -> dict[str, str]:
        theirs = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        ours = {f"{PREFIX}{name.upper()}": str(getattr(self._settings, name)) for name in _HANDED_ON}
        home = str(Path(__file__).resolve().parents[2])
        return theirs | ours | {"PYTHONPATH": home}  # the process runs the same code as we do


def _now() -> str:
    return datetime.now(UTC).astimezone().isoformat(timespec="seconds")


def _take(handle: IO[str], kind: int = fcntl.LOCK_EX, tries: int = 1) -> bool:
    for attempt in range(tries):
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except OSError:
            if attempt + 1 < tries:
                time.sleep(0.02)
        else:
            return True
    return False


@contextmanager
def _held(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _status(folder: Path) -> Status:
    try:
        values = json.loads((folder / "build.json").read_text(encoding="utf-8"))
        skipped = tuple((str(path), str(reason)) for path, reason in values.pop("skipped"))
        accepted, state = tuple(values.pop("accepted")), State(values.pop("state"))
        return Status(**values, state=state, skipped=skipped, accepted=accepted)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Status()


def _tell(folder: Path, status: Status) -> None:
    new = folder / f".build.json.{secrets.token_hex(4)}"
    new.write_text(json.dumps(asdict(status), ensure_ascii=False), encoding="utf-8")
    new.replace(folder / "build.json")


# --- The process -------------------------------------------------------------------------------------


class _Turned(AssistantError):
    """The build was made, and must not be published."""


class _Round:
    """One build from start to end, with what is told of it."""

    def __init__(self, settings: Settings, by: str, accepted: tuple[str, ...], today: date) -> None:
        self._settings = settings
        self._today = today
        self._uploads = Uploads(settings.uploads)
        self._audit = Log(settings.var / "admin" / "audit.jsonl")
        self._told = 0.0
        self.status = Status(State.RUNNING, by, _now(), accepted=accepted)

    def report(self, step: str, done: int, total: int) -> None:
        """Write down how far the work has come, but not too often."""
        now = time.monotonic()
        if step != self.status.step or now - self._told > TOLD_SECONDS:
            self._told = now
            self._tell(replace(self.status, step=step, done=done, total=total))

    def run(self, embedder: Callable[[], Embedder]) -> None:
        """Build, check and publish; what went wrong is in the status."""
        wanted = tuple(self._uploads.published())
        settings = self._settings
        try:
            made = embedder()
            outcome = ingest.ingest(
                settings.corpus, settings.index_root, made, self.report,
                [settings.published], lambda built: self._accept(built, wanted, made),
            )  # fmt: skip
            self._all_there(outcome, wanted)
        except _Turned as error:
            self._take_back(wanted)
            self._end(State.REFUSED, Act.BUILD_FAILED, error.message, error.remedy)
        except AssistantError as error:
            self._end(State.FAILED, Act.BUILD_FAILED, error.message, error.remedy)
        except Exception as error:
            log.exception("bygget feilet")
            self._end(State.FAILED, Act.BUILD_FAILED, f"{type(error).__name__}: {error}")
        else:
            self.status = replace(
                self.status, build=outcome.build, accepted=wanted,
                skipped=tuple((skipped.path, skipped.reason) for skipped in outcome.skipped),
            )  # fmt: skip
            self._end(State.DONE, Act.BUILD_DONE)

    def _accept(self, outcome: Outcome, wanted: Sequence[str], embedder: Embedder) -> None:
        """Turn the build away when it lacks a document that was just published, or has lost others."""
        self._all_there(outcome, wanted)
        self.report("Prøver den nye indeksen", 0, 1)
        settings = self._settings
        after = Index.at(settings.index_root, outcome.build)
        if problem := canaries.strays(after, settings.vectors):
            raise _Turned(f"Vektorsøket virker ikke i den nye indeksen: {problem}.", "Prøv igjen.")
        try:
            before = Index.open(settings.index_root, embedder.name)
        except IndexError_:
            return  # there is nothing to compare with
        register = Terms.read(settings.corpus / "terms.toml")
        asked = canaries.choose(before, ingest.read_keys(settings.corpus)[0])
        old, new = (Retriever(each, embedder, register, "exact") for each in (before, after))
        gone = canaries.lost(asked, old, new, after, self._today)
        if len(gone) > canaries.MOST_LOST * len(asked):
            named = "; ".join(f"«{each.question}»" for each in gone[:3])
            raise _Turned(
                f"{len(gone)} av {len(asked)} prøvespørsmål finner ikke lenger avsnittet sitt: {named}.",
                "Se om dokumentet gjentar det som står i andre kilder.",
            )

    def _all_there(self, outcome: Outcome, wanted: Sequence[str]) -> None:
        """Turn the build away when something was just published and an upload is not in it."""
        if set(wanted) <= set(self.status.accepted):
            return
        for skipped in outcome.skipped:
            if any(skipped.path.startswith(name) for name in wanted):
                raise _Turned(self._named(skipped.reason))

    def _take_back(self, wanted: Sequence[str]) -> None:
        """Make drafts again of what no good build holds, so that no other build takes it in unseen."""
        for name in wanted:
            upload = self._uploads.get(name)
            if upload and name not in self.status.accepted:
                self._uploads.withdraw(upload)
                self._audit.add(self.status.by, Act.WITHDRAWN, name, "bygget ble avvist")

    def _named(self, reason: str) -> str:
        """The reason with the file's own name instead of ours."""
        for upload in self._uploads.all():
            reason = reason.replace(f"{upload.sha256}{upload.suffix}", upload.name)
        return reason

    def _end(self, state: State, act: Act, reason: str = "", remedy: str = "") -> None:
        self._audit.add(self.status.by, act, detail=reason or self.status.build)
        self.status = replace(self.status, state=state, ended=_now(), reason=reason, remedy=remedy)

    def _tell(self, status: Status) -> None:
        self.status = status
        _tell(self._settings.uploads, status)


def run(settings: Settings, embedder: Callable[[], Embedder], today: date, alive: int) -> None:
    """Build until nobody asks for another round; `alive` is the lock that says so, inherited."""
    folder = settings.uploads
    while True:
        (folder / ".again").unlink(missing_ok=True)
        before = _status(folder)
        work = _Round(settings, before.by, before.accepted, today)
        work.run(embedder)
        with _held(folder / ".asking"):
            if (folder / ".again").exists():
                _tell(folder, replace(work.status, state=State.RUNNING))
                continue
            _tell(folder, work.status)
            os.close(alive)
            return


def main(arguments: Sequence[str]) -> None:
    """Build with the model of the settings."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.nice(10)
    settings = Settings.read()
    run(settings, lambda: _embedder(settings), datetime.now(UTC).astimezone().date(), int(arguments[0]))


def _embedder(settings: Settings) -> Embedder:
    from assistant import models
    from assistant.embedding import OnnxEmbedder

    return OnnxEmbedder.open(models.ensure(settings), threads=settings.threads)


def facts(status: Status) -> Mapping[str, object]:
    """What the page's own script is told of a build."""
    return {"state": status.state, "step": status.step, "done": status.done, "total": status.total}


if __name__ == "__main__":
    main(sys.argv[1:])
