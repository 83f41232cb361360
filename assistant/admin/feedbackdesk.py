"""What administrators do with feedback: find it, put down how far the work has come, and make cases of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from assistant import feedbackcases
from assistant.admin import feedbackpage
from assistant.admin.audit import Act, Log
from assistant.admin.drawing import ROOT, Desk
from assistant.admin.feedbackpage import PATH, SHOWN, Draft, Listing
from assistant.conversations.values import Feedback, Triage
from assistant.errors import InputError

if TYPE_CHECKING:
    from assistant.conversations.feedback import FeedbackBook

Fields = Mapping[str, str]


class FeedbackDesk:
    """The pages over the feedback of one installation; without a book they say that nothing is kept."""

    def __init__(self, book: FeedbackBook | None, log: Log, cases: Path | None) -> None:
        """Cases can be kept in the file `cases`, when there is one."""
        self._book = book
        self._log = log
        self._cases = cases

    def listing(self, request: Request, desk: Desk, _: Fields) -> Response:
        """The list, as far as the filter lets through."""
        if self._book is None:
            return HTMLResponse(feedbackpage.off(desk))
        sought, fields = feedbackpage.chosen_from(request.query_params)
        asked = request.query_params.get("fra", "")
        first = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 0
        found, total = self._book.page(sought, SHOWN, first)
        return HTMLResponse(feedbackpage.listing(desk, Listing(found, total, first, fields)))

    def one(self, request: Request, desk: Desk, _: Fields) -> Response:
        """One piece; that somebody read it is written down."""
        found = self._found(request)
        if found is None:
            return self._away(desk)
        self._log.add(desk.name, Act.FEEDBACK_READ, detail=found.mark[:8])
        return self._show(desk, found, Draft(found.triage, found.note))

    def act(self, request: Request, desk: Desk, fields: Fields) -> Response:
        """Whatever the form says is done with it."""
        found = self._found(request)
        if found is None or self._book is None:
            return self._away(desk)
        act = fields.get("gjor", "")
        if act == "last_ned" and found.turn:
            return self._download(desk, found)
        if act == "behold" and found.turn and self._cases:
            return self._keep(desk, found, self._cases)
        return self._sort(desk, self._book, found, fields)

    def _sort(self, desk: Desk, book: FeedbackBook, found: Feedback, fields: Fields) -> Response:
        triage = next((each for each in Triage if each.value == fields.get("status")), found.triage)
        note = fields.get("merknad", found.note).replace("\r\n", "\n")
        try:
            book.sort(found.owner, found.answer_id, triage, note)
        except InputError:
            wrong = replace(desk, said="", wrong=desk.say["note_personal"])
            return self._show(wrong, found, Draft(triage, note), 422)
        self._log.add(desk.name, Act.FEEDBACK_SORTED, detail=f"{found.mark[:8]} {triage.value}")
        return self._on(desk, found, "triage_saved")

    def _download(self, desk: Desk, found: Feedback) -> Response:
        self._log.add(desk.name, Act.CASE_MADE, detail=found.mark[:8])
        name = f"{feedbackcases.case_id(found)}.yaml"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(feedbackcases.as_yaml([found]), media_type="application/yaml", headers=headers)

    def _keep(self, desk: Desk, found: Feedback, path: Path) -> Response:
        new = feedbackcases.add(found, path)
        if new:
            self._log.add(desk.name, Act.CASE_KEPT, detail=found.mark[:8])
        return self._on(desk, found, "case_kept" if new else "case_known")

    def _found(self, request: Request) -> Feedback | None:
        return self._book.find(request.path_params["mark"]) if self._book else None

    def _show(self, desk: Desk, found: Feedback, draft: Draft, code: int = 200) -> Response:
        where = str(self._cases) if self._cases else ""
        return HTMLResponse(feedbackpage.one(desk, found, draft, where), code)

    def _on(self, desk: Desk, found: Feedback, said: str) -> Response:
        return RedirectResponse(f"{ROOT}{PATH}/{found.mark}?lang={desk.language}&sagt={said}", 303)

    def _away(self, desk: Desk) -> Response:
        return RedirectResponse(f"{ROOT}{PATH}?lang={desk.language}", 303)
