"""The service as it stands in `deploy/`: two replicas behind nginx, sharing a Chroma server and a PostgreSQL.

Everything is a real program, started here on free ports of this machine and in one temporary folder, and
ended with the `with` block whatever happens. nginx reads the very file that is deployed.
"""

from __future__ import annotations

import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECRET = "hemmeligheten mellom proxy og tjeneste"
BIN = Path(sys.executable).parent
ASSISTANT = (str(BIN / "assistant"),)
ENOUGH = 240.0
"""Seconds that a program gets to start on a busy machine."""
NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


def postgres_programs() -> Path | None:
    """The folder with PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def nginx_program() -> str | None:
    """The program `nginx`."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def missing() -> str:
    """What must be installed before this can run; empty when all is there."""
    needed = {
        "postgresql": postgres_programs(),
        "nginx": nginx_program(),
        "chroma": shutil.which("chroma", path=BIN),
    }
    return ", ".join(name for name, found in needed.items() if not found)


def free_port() -> int:
    """A port that nobody has at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def wait_for(condition: Callable[[], object], what: str, seconds: float = ENOUGH) -> None:
    """Wait until `condition` holds, or fail."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds:.0f} seconds")


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


class Part:
    """One program of the whole, which can be killed and started again."""

    def __init__(self, command: list[str], port: int, folder: Path, environ: dict[str, str]) -> None:
        self.command, self.port = command, port
        self._folder, self._environ = folder, environ
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        with (self._folder / f"{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self._folder, env=self._environ, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        wait_for(lambda: listens(self.port), " ".join(self.command[:2]))

    def end(self, how: int = signal.SIGKILL) -> int:
        """End it and all that it started; with what code it ended."""
        assert self.process
        if how == signal.SIGKILL:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        return self.process.wait(60)

    def told(self) -> str:
        """What it has written."""
        return (self._folder / f"{self.port}.log").read_text("utf-8", "replace")


class Postgres:
    """A PostgreSQL of our own, run by somebody else than root."""

    def __init__(self, folder: Path) -> None:
        programs = postgres_programs()
        assert programs
        self._programs, self._folder, self.port = programs, folder, free_port()
        self._account: dict[str, int] = {}
        if not os.getuid():
            names = {each.pw_name for each in pwd.getpwall()}
            account = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            self._account = {"user": account.pw_uid, "group": account.pw_gid}
            os.chown(folder, account.pw_uid, account.pw_gid)
        self.run("initdb", "-D", "data", "-U", "test", "-A", "trust", "-E", "UTF8", "-N")
        self.control("start")

    @property
    def url(self) -> str:
        """Its address for the service."""
        return f"postgresql://test@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs to its end."""
        # The server keeps the pipes it is started with, so it gets none.
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
        command = [self._programs / program, *arguments]
        subprocess.run(command, cwd=self._folder, check=True, timeout=120, **quiet, **self._account)

    def client(self, program: str, *arguments: str) -> None:
        """Run one of its programs as a client of the server."""
        self.run(program, "-h", "127.0.0.1", "-p", str(self.port), "-U", "test", *arguments)

    def control(self, *what: str) -> None:
        """Start, stop or restart it; `immediate` is how it stops when the power goes."""
        flags = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        self.run("pg_ctl", "-D", "data", "-w", "-o", flags, *what)


class Cluster:
    """The whole; every part is an attribute."""

    def __init__(self, folder: Path, var: Path, corpus: Path) -> None:
        (folder / "pg").mkdir()
        self.folder = folder
        self.postgres = Postgres(folder / "pg")
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
        self._environ = clean
        self.chroma = self._chroma("chroma")
        ports = [free_port() for _ in range(2)]
        settings = {
            "VAR": var, "CORPUS": corpus, "CHROMA_URL": f"http://127.0.0.1:{self.chroma.port}",
            "DATABASE_URL": self.postgres.url, "PROXY_PEERS": "127.0.0.1", "PROXY_SECRET": SECRET,
            "THREADS": 1,
        }  # fmt: skip
        self.environ = clean | {f"ASSISTANT_{name}": str(value) for name, value in settings.items()}
        app = [sys.executable, str(ROOT / "app.py")]
        self.replicas = [
            Part(app, port, folder, {**self.environ, "ASSISTANT_PORT": str(port)}) for port in ports
        ]
        self.nginx = self._nginx(ports)

    @property
    def parts(self) -> list[Part]:
        """Every program but PostgreSQL."""
        return [self.chroma, *self.replicas, self.nginx]

    def start(self) -> None:
        """Start all that is not running yet."""
        for part in self.parts:
            if part.process is None:
                part.start()
        wait_for(lambda: all(self.ready(part) for part in self.replicas), "replicas")

    def ready(self, replica: Part) -> dict | None:
        """What a replica says of itself when it can answer."""
        with suppress(OSError, http.client.HTTPException):
            status, _, body = ask(replica.port, "GET", "/readyz")
            return json.loads(body) if status == 200 else None
        return None

    def new_chroma(self) -> None:
        """Start another Chroma server in place of the one that was killed, with nothing in it."""
        self.chroma = self._chroma("chroma-2", self.chroma.port)
        self.chroma.start()

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one of the service's commands, with the settings of the replicas."""
        return subprocess.Popen(
            [*ASSISTANT, *arguments], env=self.environ, cwd=ROOT,
            start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def end(self) -> None:
        """End everything, as far as it has begun."""
        for part in self.parts:
            if part.process and part.process.poll() is None:
                part.end()
        with suppress(subprocess.SubprocessError):
            self.postgres.control("-m", "immediate", "stop")

    def _chroma(self, name: str, port: int = 0) -> Part:
        port = port or free_port()
        (self.folder / name).mkdir()
        where = ["--path", str(self.folder / name), "--host", "127.0.0.1", "--port", str(port)]
        return Part([str(BIN / "chroma"), "run", *where], port, self.folder, self._environ)

    def _nginx(self, ports: list[int]) -> Part:
        """The proxy, by the deployed file: only where it listens and whom it asks is another."""
        port = free_port()
        server = (ROOT / "deploy" / "nginx" / "default.conf.template").read_text("utf-8")
        found = re.search(r"server app:7860(.*?);", server)
        assert found
        replicas = "\n".join(f"server 127.0.0.1:{each}{found[1]};" for each in ports)
        server = server.replace(found[0], replicas).replace("listen 8080;", f"listen 127.0.0.1:{port};")
        written = NGINX.format(folder=self.folder, server=server.replace("${PROXY_SECRET}", SECRET))
        if not os.getuid():
            written = "user root;\n" + written
        (self.folder / "nginx.conf").write_text(written, "utf-8")
        program = str(nginx_program())
        options = [
            "-p",
            str(self.folder),
            "-c",
            str(self.folder / "nginx.conf"),
            "-e",
            str(self.folder / "e.log"),
        ]
        return Part([program, *options], port, self.folder, self._environ)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def standing(var: Path, corpus: Path) -> Iterator[Cluster]:
    """All of it, started; it is gone when the block ends, also when who runs the test is told to stop."""
    folder = Path(tempfile.mkdtemp(prefix="klynge"))
    folder.chmod(0o755)
    with ExitStack() as stack:
        before = signal.signal(signal.SIGTERM, _interrupt)
        stack.callback(signal.signal, signal.SIGTERM, before)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        cluster = Cluster(folder, var, corpus)
        stack.callback(cluster.end)
        cluster.start()
        yield cluster


def ask(
    port: int, method: str, path: str, body: object = None, cookie: str = "", seconds: float = 60
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """One request and its response.

    Raises:
        OSError: nobody answers.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    headers = {"X-Requested-With": "anskaffelsesassistenten"}
    headers |= {"Content-Type": "application/json"} if body is not None else {}
    headers |= {"Cookie": cookie} if cookie else {}
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()
