"""The routes of the admin page."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from assistant import changes, chunking, index
from assistant.admin import drawing, forms, incoming, overviewpage, uploadpage
from assistant.admin.audit import Act, Log
from assistant.admin.building import Builds, facts
from assistant.admin.drawing import Desk
from assistant.admin.feedbackdesk import FeedbackDesk
from assistant.admin.feedbackpage import PATH
from assistant.admin.guard import Entered, Guard, Identify, may_send, nobody
from assistant.admin.passwords import administrators
from assistant.admin.refusal import Refused
from assistant.admin.uploads import NAME, Incoming, Upload, Uploads
from assistant.admin.words import WORDS
from assistant.documents.sidecar import Sidecar
from assistant.errors import IndexError_
from assistant.pageimages import PageImages

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.conversations.feedback import FeedbackBook
    from assistant.settings import Settings

log = logging.getLogger(__name__)
ROOT = drawing.ROOT
STREAMS = {f"{ROOT}/opplastinger": 64_000_000}
"""How much is read of a file that is too large: a browser that is cut off never shows the reason."""
MOST_FIELDS = 40
Fields = Mapping[str, str]
Handler = Callable[[Request, Desk, Fields], Response]
Endpoint = Callable[[Request], Awaitable[Response]]
_SAID = frozenset(key.removeprefix("said_") for key in WORDS["nb"] if key.startswith("said_"))


def router(
    assistant: Assistant,
    identify: Identify = nobody,
    builds: Builds | None = None,
    feedback: FeedbackBook | None = None,
) -> APIRouter:
    """The routes, for the administrators that the settings name.

    `identify` names the administrator of a request when a trusted proxy vouches for one; `feedback` is
    what readers have said, where it is kept.

    Raises:
        SettingsError: `ASSISTANT_ADMIN_PASSWORD_HASH` cannot be read.
    """
    setting = assistant.settings.admin_password_hash.get_secret_value()
    site = Site(assistant, administrators(setting), identify, builds or Builds(assistant.settings), feedback)
    routes = APIRouter(include_in_schema=False)
    for method, path, endpoint in site.routes():
        routes.add_route(ROOT + path, endpoint, methods=[method], include_in_schema=False)
    return routes


class Site:
    """The pages, and what they do."""

    def __init__(
        self,
        assistant: Assistant,
        known: Mapping[str, str],
        identify: Identify,
        builds: Builds,
        feedback: FeedbackBook | None,
    ) -> None:
        self._assistant = assistant
        self._settings: Settings = assistant.settings
        folder = self._settings.var / "admin"
        self._log = Log(folder / "audit.jsonl")
        self._guard = Guard(known, folder / "sessions", self._log, identify)
        self._uploads = Uploads(self._settings.uploads)
        self._builds = builds
        self._images = PageImages(self._settings.uploads)
        cases = self._settings.cases_file if self._settings.feedback_cases == "keep" else None
        self._feedback = FeedbackDesk(feedback, self._log, cases)

    def routes(self) -> list[tuple[str, str, Endpoint]]:
        """Every route: method, path below the root, endpoint."""
        inside = self._inside
        return [
            ("GET", "/inn", self._door),
            ("POST", "/inn", self._sign_in),
            ("POST", "/ut", inside(self._sign_out, sends=True)),
            ("GET", "", inside(self._overview)),
            ("GET", PATH, inside(self._feedback.listing)),
            ("GET", f"{PATH}/{{mark}}", inside(self._feedback.one)),
            ("POST", f"{PATH}/{{mark}}", inside(self._feedback.act, sends=True)),
            ("GET", "/endringer", inside(self._changes)),
            ("GET", "/logg", inside(self._journal)),
            ("GET", "/bygg.json", inside(self._progress)),
            ("POST", "/bygg", inside(self._build, sends=True)),
            ("POST", "/opplastinger", self._receive),
            ("GET", "/opplastinger/{sha256}", inside(self._upload)),
            ("POST", "/opplastinger/{sha256}", inside(self._act, sends=True)),
            ("GET", "/opplastinger/{sha256}/side/{number:int}", inside(self._page_image)),
        ]

    # --- Getting in --------------------------------------------------------------------------------

    def _inside(self, handle: Handler, *, sends: bool = False) -> Endpoint:
        """An endpoint for those who are in; one that `sends` takes a form made for the session."""

        async def endpoint(request: Request) -> Response:
            entered = await run_in_threadpool(self._guard.entered, request)
            if entered is None:
                return self._away(request)
            fields: Fields = {}
            if sends:
                fields = await _fields(request)
                if not may_send(entered, fields.get("csrf", "")):
                    return self._expired(request)
            response = await run_in_threadpool(handle, request, self._desk(request, entered), fields)
            if entered.token:
                self._guard.give(request, response, entered.token)
            return response

        return endpoint

    def _language(self, request: Request) -> str:
        asked = request.query_params.get("lang", "")
        return asked if asked in WORDS else self._settings.language

    def _desk(self, request: Request, entered: Entered) -> Desk:
        language = self._language(request)
        asked = request.query_params.get("sagt", "")
        said = WORDS[language][f"said_{asked}"] if asked in _SAID else ""
        return Desk(language, entered.session.name, entered.session.csrf, said)

    def _away(self, request: Request) -> Response:
        return RedirectResponse(f"{ROOT}/inn?lang={self._language(request)}", 303)

    def _expired(self, request: Request) -> Response:
        desk = Desk(self._language(request))
        return HTMLResponse(drawing.sign_in(replace(desk, wrong=desk.say["expired"])), 403)

    async def _door(self, request: Request) -> Response:
        return HTMLResponse(drawing.sign_in(self._outside(request)))

    def _outside(self, request: Request) -> Desk:
        desk = Desk(self._language(request))
        out = request.query_params.get("sagt") == "signed_out"
        return replace(desk, said=desk.say["said_signed_out"]) if out else desk

    async def _sign_in(self, request: Request) -> Response:
        fields = await _fields(request)
        name = forms.clean(fields.get("navn", ""))[:60]
        try:
            token = await run_in_threadpool(self._guard.sign_in, request, name, fields.get("passord", ""))
        except Refused as refused:
            desk = self._refused(Desk(self._language(request)), refused)
            limited = refused.reason == "wait"
            headers = {"Retry-After": refused.value} if limited else None
            status = 429 if limited else 403
            return HTMLResponse(drawing.sign_in(desk, name), status, headers)
        response = RedirectResponse(f"{ROOT}?lang={self._language(request)}", 303)
        self._guard.give(request, response, token)
        return response

    def _sign_out(self, request: Request, desk: Desk, _: Fields) -> Response:
        entered = self._guard.entered(request)
        if entered:
            self._guard.sign_out(request, entered)
        response = RedirectResponse(f"{ROOT}/inn?lang={desk.language}&sagt=signed_out", 303)
        self._guard.take(request, response)
        return response

    def _refused(self, desk: Desk, refused: Refused) -> Desk:
        return replace(desk, said="", wrong=desk.say[refused.reason].format(value=refused.value))

    def _on(self, desk: Desk, path: str, said: str) -> Response:
        return RedirectResponse(f"{ROOT}{path}?lang={desk.language}&sagt={said}", 303)

    # --- The overview ------------------------------------------------------------------------------

    def _overview(self, request: Request, desk: Desk, _: Fields) -> Response:
        return self._front(desk, request.query_params.get("erstatter", ""))

    def _front(self, desk: Desk, replaces: str = "", status_code: int = 200) -> Response:
        opened = self._assistant.index
        published, status = self._uploads.published(), self._builds.status()
        listed = [self._listed(each, published, status.accepted) for each in self._uploads.all()]
        older = opened.documents.get(replaces)
        seen = overviewpage.Overview(
            build=opened.id,
            refused=self._assistant.refused,
            passages=len(opened.passages),
            documents=tuple(opened.documents.values()),
            uploads=listed,
            by_source={facts.id: sha256 for sha256, facts in published.items() if facts.id},
            status=status,
            waiting=set(published) != set(status.accepted),
            replaces=older.source if older else None,
        )
        return HTMLResponse(overviewpage.overview(desk, seen), status_code)

    def _listed(
        self, upload: Upload, published: Mapping[str, Sidecar], accepted: tuple[str, ...]
    ) -> overviewpage.Listed:
        told = published.get(upload.sha256)
        there = told is not None and upload.sha256 in accepted and told.id in self._assistant.index.documents
        state = "in_use" if there else "waiting" if told else "draft"
        return overviewpage.Listed(upload, self._uploads.facts(upload).tittel or upload.name, state)

    def _changes(self, _: Request, desk: Desk, __: Fields) -> Response:
        opened = self._assistant.index
        try:
            before = index.documents_of(self._settings.index_root, str(opened.manifest.get("previous") or ""))
        except IndexError_:
            return HTMLResponse(drawing.changes(desk, None))
        return HTMLResponse(drawing.changes(desk, changes.between(before, opened.documents, {})))

    def _journal(self, _: Request, desk: Desk, __: Fields) -> Response:
        return HTMLResponse(drawing.journal(desk, self._log.latest()))

    # --- Building ----------------------------------------------------------------------------------

    def _progress(self, _: Request, __: Desk, ___: Fields) -> Response:
        return JSONResponse(dict(facts(self._builds.status())))

    def _build(self, _: Request, desk: Desk, fields: Fields) -> Response:
        if fields.get("gjor") != "tilbake":
            self._request(desk)
            return self._on(desk, "", "building")
        try:
            if self._builds.running():
                raise Refused("busy")
            build = index.rollback(self._settings.index_root)
        except Refused as refused:
            return self._front(self._refused(desk, refused), status_code=409)
        except IndexError_:
            return self._front(self._refused(desk, Refused("no_previous")), status_code=409)
        self._log.add(desk.name, Act.ROLLED_BACK, detail=build)
        return self._on(desk, "", "rolled_back")

    def _request(self, desk: Desk) -> None:
        self._log.add(desk.name, Act.BUILD_ASKED)
        self._builds.request(desk.name)

    # --- Uploads -----------------------------------------------------------------------------------

    async def _receive(self, request: Request) -> Response:
        """Take a file: the form's token is looked at before the first byte of the file is kept."""
        entered = await run_in_threadpool(self._guard.entered, request)
        if entered is None:
            return self._away(request)
        desk = self._desk(request, entered)
        held: list[Incoming] = []

        def sink(fields: dict[str, str]) -> Incoming:
            if not may_send(entered, fields.get("csrf", "")):
                raise Refused("expired")
            held.append(self._uploads.incoming())
            return held[0]

        try:
            form = await incoming.read(request.headers.get("content-type", ""), request.stream(), sink)
            return await run_in_threadpool(self._kept, desk, form, held)
        except ClientDisconnect:
            return Response(status_code=400)
        except Refused as refused:
            self._log.add(desk.name, Act.REFUSED, detail=refused.reason)
            if refused.reason == "expired":
                return self._expired(request)
            code = 413 if refused.reason == "large" else 422
            return await run_in_threadpool(self._front, self._refused(desk, refused), "", code)
        finally:
            for each in held:
                each.drop()

    def _kept(self, desk: Desk, form: incoming.Form, held: list[Incoming]) -> Response:
        if not held or not form.filename:
            raise Refused("no_file")
        older = form.fields.get("erstatter", "")
        replaces = older if older in self._assistant.index.documents else ""
        upload, new = self._uploads.keep(held[0], form.filename, desk.name, replaces)
        if new:
            self._log.add(desk.name, Act.UPLOADED, upload.sha256, upload.name)
        self._uploads.reading(upload, patience=0)
        path = f"/opplastinger/{upload.sha256}"
        if new:
            return RedirectResponse(f"{ROOT}{path}?lang={desk.language}", 303)
        return self._on(desk, path, "known")

    def _found(self, request: Request) -> Upload | None:
        return self._uploads.get(request.path_params["sha256"])

    def _upload(self, request: Request, desk: Desk, _: Fields) -> Response:
        upload = self._found(request)
        if upload is None:
            return RedirectResponse(f"{ROOT}?lang={desk.language}", 303)
        asked = request.query_params.get("fra", "")
        first = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
        return self._show(desk, upload, first=first)

    def _show(
        self,
        desk: Desk,
        upload: Upload,
        filled: forms.Filled | None = None,
        *,
        first: int = 0,
        code: int = 200,
    ) -> Response:
        read, own = self._uploads.reading(upload), self._uploads.facts(upload)
        source = read.document.source if read.document else None
        passages = chunking.split(read.document) if read.document else []
        published = self._uploads.published()
        listed = self._listed(upload, published, self._builds.status().accepted)
        known = [d.source for d in self._assistant.index.documents.values()]
        itself = own.id if upload.sha256 in published and own.id != upload.replaces else ""
        seen = uploadpage.Opened(
            listed=listed,
            document=read.document,
            passages=passages,
            pages=read.pages,
            problem=read.problem,
            values=filled.values if filled else forms.prefilled(upload, source, own, _today()),
            errors=filled.errors if filled else {},
            known=[each for each in known if each.id != itself],
            live=(published[upload.sha256].id or "") if listed.state == "in_use" else "",
            first=first if first < len(passages) else 0,
        )
        return HTMLResponse(uploadpage.upload(desk, seen), code)

    def _act(self, request: Request, desk: Desk, fields: Fields) -> Response:
        upload = self._found(request)
        if upload is None:
            return RedirectResponse(f"{ROOT}?lang={desk.language}", 303)
        act = {"slett": self._delete, "trekk": self._withdraw, "publiser": self._publish}
        try:
            return act.get(fields.get("gjor", ""), self._save)(desk, upload, fields)
        except Refused as refused:
            return self._show(self._refused(desk, refused), upload, code=409)

    def _fill(self, upload: Upload, fields: Fields, *, strict: bool) -> forms.Filled:
        known = {d.source.id: d.source for d in self._assistant.index.documents.values()}
        others = [f.id for s, f in self._uploads.published().items() if f.id and s != upload.sha256]
        return forms.filled(fields, upload, known, self._uploads.facts(upload), others, strict)

    def _save(self, desk: Desk, upload: Upload, fields: Fields) -> Response:
        filled = self._fill(upload, fields, strict=False)
        if filled.facts is None:
            return self._show(desk, upload, filled, code=422)
        self._uploads.save(upload, filled.facts, filled.values["erstatter"])
        self._log.add(desk.name, Act.SAVED, upload.sha256, filled.facts.tittel or "")
        return self._on(desk, f"/opplastinger/{upload.sha256}", "saved")

    def _publish(self, desk: Desk, upload: Upload, fields: Fields) -> Response:
        if self._uploads.reading(upload).document is None:
            raise Refused("unread")
        filled = self._fill(upload, fields, strict=True)
        if filled.facts is None:
            return self._show(desk, upload, filled, code=422)
        self._uploads.save(upload, filled.facts, filled.values["erstatter"])
        self._uploads.publish(upload)
        self._log.add(desk.name, Act.PUBLISHED, upload.sha256, filled.facts.tittel or "")
        self._request(desk)
        return self._on(desk, "", "published")

    def _withdraw(self, desk: Desk, upload: Upload, _: Fields) -> Response:
        self._uploads.withdraw(upload)
        self._log.add(desk.name, Act.WITHDRAWN, upload.sha256, upload.name)
        self._request(desk)
        return self._on(desk, "", "withdrawn")

    def _delete(self, desk: Desk, upload: Upload, _: Fields) -> Response:
        if upload.sha256 in self._uploads.published():
            raise Refused("in_use_already")
        self._uploads.delete(upload)
        self._log.add(desk.name, Act.DELETED, upload.sha256, upload.name)
        return self._on(desk, "", "deleted")

    def _page_image(self, request: Request, _: Desk, __: Fields) -> Response:
        upload = self._found(request)
        name = f"{upload.sha256}.pdf" if upload and upload.suffix == ".pdf" else ""
        drawn = self._images.png(name, request.path_params["number"]) if NAME.match(name) else None
        return Response(drawn, media_type="image/png") if drawn else Response(status_code=404)


async def _fields(request: Request) -> Fields:
    """The fields of a form without files; whatever is none of that is no field."""
    if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        return {}
    async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _today() -> date:
    return datetime.now(UTC).astimezone().date()
