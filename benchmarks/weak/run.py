"""Start the weak model's server, ask the questions, stop the server: `make test-llm` runs this."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
STARTING = 60
"""Seconds the server gets to load the model."""


def main() -> int:
    """The exit code of the questions, with the server stopped whatever happens."""
    python, *rest = sys.argv[1:]
    model = next(Path(python).absolute().parent.parent.rglob("SmolLM2-135M*.gguf"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [python, HERE / "serve.py", model, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(server, port)
        settings = {
            "ASSISTANT_ANSWERS": "llm",
            "ASSISTANT_LLM": "openai:smollm2",
            "ASSISTANT_LLM_BASE_URL": f"http://127.0.0.1:{port}/v1",
            "ASSISTANT_LLM_PASSAGES": "1",
            "ASSISTANT_LLM_TOKENS": "60",
            "ASSISTANT_LLM_FIRST_SECONDS": "100",
            "ASSISTANT_LLM_SECONDS": "200",
        }
        command = [sys.executable, "-m", "benchmarks.weakmodel", *rest]
        return subprocess.run(command, env=os.environ | settings, check=False).returncode
    finally:
        server.terminate()
        server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    ends = time.monotonic() + STARTING
    while time.monotonic() < ends and server.poll() is None:
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise SystemExit("Tjeneren til den svake modellen kom ikke i gang.")


if __name__ == "__main__":
    raise SystemExit(main())
