"""A service with the admin page over the short documents, for the tests of it."""

import re
import shutil
import sys
import time
from pathlib import Path

from conftest import FILES, ROOT, TODAY
from fastapi import FastAPI
from fastapi.testclient import TestClient

from assistant import problems, viewer
from assistant.admin import passwords, site
from assistant.admin.building import Builds
from assistant.assistant import Assistant
from assistant.embedding import HashingEmbedder
from assistant.index import Index
from assistant.settings import Settings
from assistant.shield import Shield

PASSWORD = "et langt og godt passord"
HASH = passwords.hashed(PASSWORD)
OTHER = "enda et langt passord"
OTHER_HASH = passwords.hashed(OTHER)
BUILDER = [sys.executable, str(ROOT / "tests" / "hashing_build.py")]


def settings_in(folder, small_index):
    """Settings for a copy of the short documents and their build."""
    shutil.copytree(FILES / "corpus", folder / "corpus")
    shutil.copytree(small_index.folder.parent, folder / "var" / "index")
    return Settings(
        var=folder / "var", corpus=folder / "corpus", vectors="exact",
        admin_password_hash=f"kari={HASH} ola={OTHER_HASH}",
    )  # fmt: skip


def assistant_of(settings):
    return Assistant(settings, Index.open(settings.index_root), HashingEmbedder(), clock=lambda: TODAY)


class Desk:
    """The page as a browser without script uses it: forms are found in the page and sent back."""

    def __init__(self, settings, assistant=None, **more):
        self.settings = settings
        self.assistant = assistant or assistant_of(settings)
        self.builds = Builds(settings, BUILDER)
        app = FastAPI()
        problems.install(app)
        app.include_router(site.router(self.assistant, builds=self.builds, **more))
        app.include_router(viewer.router(self.assistant))
        self.service = Shield(app, {}, (), site.STREAMS)
        self.client = self.new_client()

    def new_client(self):
        return TestClient(self.service, follow_redirects=False)

    def sign_in(self, name="kari", password=PASSWORD, client=None):
        return (client or self.client).post("/admin/inn", data={"navn": name, "passord": password})

    def get(self, path="", client=None):
        return (client or self.client).get(f"/admin{path}")

    def csrf(self, path="", client=None):
        return re.search(r'name="csrf" value="([^"]+)"', self.get(path, client).text)[1]

    def post(self, path, client=None, **fields):
        fields.setdefault("csrf", self.csrf(client=client))
        return (client or self.client).post(f"/admin{path}", data=fields)

    def send(self, name, content, client=None, csrf=None, **fields):
        token = self.csrf(client=client) if csrf is None else csrf
        return (client or self.client).post(
            "/admin/opplastinger", data={"csrf": token, **fields}, files={"fil": (name, content)}
        )

    def upload(self, name, content, client=None, **fields):
        """Upload a file, wait until it is read, and give its address below the root."""
        answer = self.send(name, content, client, **fields)
        assert answer.status_code == 303, answer.text
        path = answer.headers["location"].removeprefix("/admin").partition("?")[0]
        self.until(lambda: "data-reading" not in self.get(path, client).text)
        return path

    def publish(self, path, client=None, **facts):
        told = {
            "tittel": "Reglement for prøver", "type": "veiledning", "utgiver": "Prøvefylket",
            "kontrollert": "2026-11-22", "gjor": "publiser",
        }  # fmt: skip
        return self.post(path, client, **{**told, **facts})

    def built(self):
        """Wait until no build is under way; how it ended."""
        self.until(lambda: not self.builds.running())
        return self.builds.status()

    def until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it never happened"
            time.sleep(0.02)

    def files(self):
        """What lies in the folder of uploads, without the hidden helpers."""
        folder = Path(self.settings.uploads)
        return sorted(p.name for p in folder.glob("*") if not p.name.startswith(".") and p.is_file())
