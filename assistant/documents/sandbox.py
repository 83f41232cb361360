"""Reading a file that may be hostile: in a process of its own, with limits, and killed when it does not end.

The server and the indexer never parse a file of this kind themselves. What the process found is kept
under the file's content, so that an unchanged file is read once.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from assistant.digests import file_sha256
from assistant.documents import pieces
from assistant.documents.pieces import Extract
from assistant.errors import CorpusError

VERSION = 1
"""Version of the readers; raise it when they find something else in the same file."""
MAX_BYTES = 25_000_000
WALL_SECONDS = 90.0
_SMALLER = "Del dokumentet i flere filer, eller lagre det på nytt i et enklere format."


def read(reader: str, path: Path, cache: Path | None = None) -> Extract:
    """The text of `path` as `reader` (`pdf`, `docx`, `html` or `text`) finds it.

    Raises:
        CorpusError: the file cannot be read; the message tells why.
    """
    _refuse_size(path)
    kept = cache / f"{file_sha256(path)}-{reader}-{VERSION}.json" if cache else None
    found = _kept(kept) if kept else None
    if found is None:
        found = run("assistant.documents.child", reader, str(path.resolve()))
        if kept and not found.get("passing"):
            _keep(kept, found)
    if "extract" in found:
        try:
            return pieces.restore(found["extract"])
        except (KeyError, TypeError, ValueError):
            found = {"reason": "Leseren ga et ufullstendig svar."}
    raise CorpusError(f"{path.name}: {found.get('reason')}", str(found.get("remedy") or _SMALLER))


def _refuse_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise CorpusError(
            f"{path}: Filen kan ikke leses: {error.strerror}.", "Sjekk navn og tilgang."
        ) from error
    if not size:
        raise CorpusError(f"{path.name}: Filen er tom (0 byte).", "Legg inn filen på nytt.")
    if size > MAX_BYTES:
        raise CorpusError(
            f"{path.name}: Filen er {size / 1e6:.0f} MB; grensen er {MAX_BYTES / 1e6:.0f} MB.", _SMALLER
        )


def _kept(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    path.touch()
    return found if isinstance(found, dict) else None


def _keep(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}")
    new.write_text(json.dumps(found), encoding="utf-8")
    new.replace(path)


def keep_original(path: Path, cache: Path) -> str:
    """Keep a copy of the file under its content, for showing its pages later; the name of the copy."""
    name = f"{file_sha256(path)}{path.suffix.lower()}"
    if (cache / name).exists():
        (cache / name).touch()
        return name
    cache.mkdir(parents=True, exist_ok=True)
    new = cache / f"{name}.{os.getpid()}"
    shutil.copyfile(path, new)
    new.replace(cache / name)
    return name


def run(module: str, *arguments: str, wall: float = WALL_SECONDS) -> dict[str, Any]:
    """What the process wrote, or the reason it wrote nothing; it is never alive when this returns.

    The module limits itself with `child.limit` before it touches the file.
    """
    home = str(Path(__file__).resolve().parents[2])
    environment = {"PYTHONPATH": home, "PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
            env=environment, cwd=tempfile.gettempdir(), start_new_session=True,
        )  # fmt: skip
        try:
            code = process.wait(wall)
        except subprocess.TimeoutExpired:
            return {"reason": f"Lesingen tok mer enn {wall:.0f} sekunder og ble stoppet.", "passing": True}
        finally:
            _end(process)
        return _answer(code, out)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and whatever it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _answer(code: int, out: IO[bytes]) -> dict[str, Any]:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return {"reason": "Lesingen brukte for mye prosessortid og ble stoppet."}
    if code == -signal.SIGXFSZ:
        return {"reason": "Filen har mer tekst enn det som kan tas inn."}
    out.seek(0)
    try:
        found = json.loads(out.read())
    except ValueError:
        found = None
    if not isinstance(found, dict) or code:
        return {"reason": f"Leseren stoppet uventet (kode {code})."}
    if found.get("memory"):
        return {"reason": "Filen krever mer enn 1 GB minne å lese."}
    return found
