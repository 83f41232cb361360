"""The machine that is measured on, what a process takes of it, and the service started for a measurement."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
START = 600.0
"""Seconds the service gets to be ready before the measurement is given up."""
BUSY = 0.5
"""Waiting processes for each core from which the machine had other things to do."""


@dataclass(frozen=True, slots=True)
class Use:
    """What a process holds at one moment."""

    mib: float
    threads: int
    files: int


def use(pid: int) -> Use:
    """What the process `pid` holds now."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    status = {
        name: value.split()[0] for name, _, value in (row.partition(":") for row in lines) if value.split()
    }
    return Use(
        int(status["VmRSS"]) / 1024, int(status["Threads"]), len(list(Path(f"/proc/{pid}/fd").iterdir()))
    )


def peak(pid: int) -> float:
    """The most MiB that the process `pid` has held in memory."""
    for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def load() -> float:
    """Processes that want a core, the mean of the last minute."""
    return os.getloadavg()[0]


def described(before: float) -> str:
    """One line about the machine, the day and how busy it was; `before` is the load when the run began."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        "ukjent prosessor",
    )
    cores = os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    day = datetime.now(UTC).date().isoformat()
    busy = "opptatt maskin" if before > BUSY * cores else "rolig maskin"
    load_before, load_after = (f"{each:.1f}".replace(".", ",") for each in (before, load()))
    return (
        f"{day}, {cores} kjerner ({model}), {memory:.0f} GiB, Python {sys.version.split()[0]}. "
        f"Målt på {busy}: belastning {load_before} før og {load_after} etter."
    )


@dataclass(frozen=True, slots=True)
class Service:
    """The service in a process of its own, on an address that only this machine reaches."""

    address: str
    pid: int
    seconds: float
    """From the start of the process until it said that it could answer."""


@contextmanager
def service(var: Path, more: Mapping[str, str] | None = None) -> Iterator[Service]:
    """`python app.py` with what is built in `var`, until the block ends.

    Raises:
        TimeoutError: it did not get ready.
        RuntimeError: it stopped by itself.
    """
    port = free_port()
    named = {"ASSISTANT_VAR": str(var), "ASSISTANT_PORT": str(port), "ASSISTANT_HOST": "127.0.0.1"}
    clean = {k: v for k, v in os.environ.items() if not k.startswith("ASSISTANT_")}
    began = time.perf_counter()
    process = subprocess.Popen([PYTHON, "app.py"], cwd=ROOT, env={**clean, **named, **(more or {})})
    address = f"http://127.0.0.1:{port}"
    try:
        while not answers(f"{address}/readyz"):
            if process.poll() is not None:
                raise RuntimeError(f"tjenesten stoppet med {process.returncode}")
            if time.perf_counter() - began > START:
                raise TimeoutError(f"tjenesten var ikke klar etter {START:.0f} s")
            time.sleep(0.02)
        yield Service(address, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    """Whether there is a 200 at the address."""
    try:
        with urllib.request.urlopen(url, timeout=5) as found:
            return int(found.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
