"""Databases for tests: an SQLite file, and a PostgreSQL server that is started when it is installed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

MISSING = "PostgreSQL is not installed (apt-get install postgresql), so only SQLite is tested."


def _programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _server_user():
    """PostgreSQL does not run as root."""
    if os.getuid():
        return {}
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        return None
    return {"user": account.pw_uid, "group": account.pw_gid}


@pytest.fixture(scope="session")
def postgres():
    """The address of an empty database on a server that only this run can reach."""
    programs, account = _programs(), _server_user()
    if programs is None or account is None:
        pytest.skip(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if account:
        os.chown(folder, account["user"], account["group"])
    data, options = folder / "data", {"check": True, "capture_output": True, "cwd": folder, **account}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "test", "-A", "trust", "-N", "-E", "UTF8"], **options
    )
    flags = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    # The server keeps the pipes it is started with, so it gets none.
    quiet = {**options, "capture_output": False, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run([programs / "pg_ctl", "-D", data, "-w", "-o", flags, "start"], **quiet)
    try:
        yield f"postgresql://test@/postgres?host={folder}"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """Each database in turn: nothing for the SQLite file in `var`, else the address of the empty server."""
    if request.param == "sqlite":
        return ""
    url = request.getfixturevalue("postgres")
    from sqlalchemy import create_engine, text

    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return url
