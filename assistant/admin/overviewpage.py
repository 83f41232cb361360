"""The first admin page: the index, a form for a new document, the uploads, the corpus. HTML from values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote as url_quote

from assistant import texts
from assistant.admin.building import State, Status
from assistant.admin.drawing import Desk, button, confirm, form, moment, notice, page, rows, size, state_tag
from assistant.admin.uploads import MAX_BYTES, SUFFIXES, Upload
from assistant.admin.words import STATE
from assistant.markup import escape
from assistant.types import Document, Source
from assistant.wording import long_date, validity


@dataclass(frozen=True, slots=True)
class Listed:
    """An upload in the list: what it is called now, and how it stands."""

    upload: Upload
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page shows."""

    build: str
    refused: str
    passages: int
    documents: Sequence[Document]
    uploads: Sequence[Listed]
    by_source: Mapping[str, str]
    """SHA-256 of the published upload of each source that has one."""
    status: Status
    waiting: bool
    """Whether something is published, or taken out, and not built in."""
    replaces: Source | None = None


def overview(desk: Desk, seen: Overview) -> str:
    """The page one comes to."""
    say = desk.say
    body = (
        f"<h1>{escape(say['title'])}</h1>{_index(desk, seen)}{_upload_form(desk, seen.replaces)}"
        f"{_uploads(desk, seen.uploads)}{_corpus(desk, seen)}"
    )
    return page(desk, say["title"], body)


def _index(desk: Desk, seen: Overview) -> str:
    say = desk.say
    facts = rows(
        [
            (say["index_in_use"], f"<code>{escape(seen.build)}</code>"),
            (say["index_documents"], str(len(seen.documents))),
            (say["index_passages"], str(seen.passages)),
        ]
    )
    refused = notice(say["index_refused"].format(reason=seen.refused)) if seen.refused else ""
    idle = seen.status.state is not State.RUNNING
    waiting = notice(say["build_again"]) if seen.waiting and idle else ""
    actions = _index_actions(desk, seen) if idle else ""
    return (
        f'<section aria-labelledby="indeks"><h2 id="indeks">{escape(say["index"])}</h2>{facts}'
        f"{refused}{_build(desk, seen.status)}{waiting}"
        f'<div class="actions">{actions}</div></section>'
    )


def _index_actions(desk: Desk, seen: Overview) -> str:
    say = desk.say
    anew = form(desk, "/bygg", button(say["build_now"], "" if seen.waiting else "second", "bygg"))
    back = form(desk, "/bygg", button(say["roll_back"], "second", "tilbake"))
    return anew + confirm(say["roll_back"], say["roll_back_lead"], back)


def _build(desk: Desk, status: Status) -> str:
    """How the last build stands; while it is under way, how far it has come."""
    if status.state is State.NONE:
        return ""
    say = desk.say
    told = say["build_by"].format(
        state=STATE[desk.language][status.state], began=moment(status.began), by=status.by
    )
    parts = [f"<h3>{escape(say['last_build'])}</h3><p>{escape(told)}</p>"]
    if status.state is State.RUNNING:
        share = f' value="{status.done}" max="{status.total}"' if status.total else ""
        parts.append(
            f'<div class="building" data-building data-over="{escape(say["build_over"])}">'
            f'<p><progress aria-label="{escape(say["progress"])}"{share}></progress> '
            f'<span data-step>{escape(status.step)}</span></p><p class="sr" role="status" data-heard></p>'
            f'<p><a href="{desk.link()}">{escape(say["reload"])}</a></p></div>'
        )
    if status.reason:
        parts.append(notice(f"{status.reason} {status.remedy}".strip()))
    if status.skipped and status.state is not State.RUNNING:
        items = [f"{path}: {reason}" for path, reason in status.skipped]
        parts.append(notice(say["build_skipped"], items))
    return "".join(parts)


def _upload_form(desk: Desk, replaces: Source | None) -> str:
    say = desk.say
    most = MAX_BYTES // 1_000_000
    beyond = escape(say["too_large_here"].format(limit=most))
    lead = escape(say["upload_lead"].format(limit=most))
    hidden = ""
    if replaces:
        lead = f"{escape(say['upload_new_version'].format(title=replaces.title))}</p><p>{lead}"
        hidden = f'<input type="hidden" name="erstatter" value="{escape(replaces.id)}">'
    inner = (
        f'{hidden}<p class="field"><label for="fil">{escape(say["file"])}</label>'
        f'<input id="fil" name="fil" type="file" required accept="{",".join(SUFFIXES)}" '
        f'aria-describedby="fil-om" data-most="{MAX_BYTES}" data-too-large="{beyond}"></p>'
        f'<p class="wrong" role="alert" data-wrong hidden></p><p>{button(say["send_file"])}</p>'
    )
    return (
        f'<section aria-labelledby="last-opp"><h2 id="last-opp">{escape(say["upload"])}</h2>'
        f'<div id="fil-om"><p>{lead}</p></div>{form(desk, "/opplastinger", inner, files=True)}</section>'
    )


def _uploads(desk: Desk, uploads: Sequence[Listed]) -> str:
    say = desk.say
    items = "".join(
        f'<li><a href="{desk.link("/opplastinger/" + each.upload.sha256)}">{escape(each.title)}</a> '
        f"{state_tag(desk, each.state)}"
        f'<p class="quiet">{escape(each.upload.name)} · {escape(size(each.upload.size))} · '
        f"{escape(say['uploaded_by'].format(at=moment(each.upload.at), by=each.upload.by))}</p></li>"
        for each in uploads
    )
    listed = f'<ul class="shelf">{items}</ul>' if items else f"<p>{escape(say['uploads_none'])}</p>"
    head = f'<h2 id="opplastet">{escape(say["uploads"])}</h2>'
    return f'<section aria-labelledby="opplastet">{head}{listed}</section>'


def _corpus(desk: Desk, seen: Overview) -> str:
    say = desk.say
    items = "".join(_document(desk, each, seen.by_source.get(each.source.id, "")) for each in seen.documents)
    return (
        f'<section aria-labelledby="korpus"><h2 id="korpus">{escape(say["corpus"])}</h2>'
        f'<p>{escape(say["corpus_lead"])}</p><ul class="shelf">{items}</ul></section>'
    )


def _document(desk: Desk, document: Document, sha256: str) -> str:
    say, source = desk.say, document.source
    valid, when = validity(source.valid_from, source.valid_to, source.checked, desk.language)
    count = len(document.warnings)
    warned = say["warnings_one"] if count == 1 else say["warnings_many"].format(n=count)
    facts = [
        texts.SOURCE_TYPE_IN[desk.language][source.type],
        source.publisher,
        f"{valid.lower()} {when}" if when else "",
        f"{texts.VIEWER_IN[desk.language]['checked'].lower()} {long_date(source.checked)}",
        say["from_upload" if sha256 else "from_folder"],
        warned if count else "",
    ]
    warnings = _more(desk, document.warnings) if count else ""
    way = desk.link("/opplastinger/" + sha256)
    own = f'<a href="{way}">{escape(say["facts"])}</a> ' if sha256 else ""
    label = escape(say["new_version_of"].format(title=source.title))
    return (
        f'<li><a href="/kilder/{url_quote(source.id)}?lang={desk.language}">{escape(source.title)}</a>'
        f'<p class="quiet">{escape(" · ".join(filter(None, facts)))}</p>{warnings}<p class="ways">{own}'
        f'<a href="{desk.link("", erstatter=source.id)}#last-opp" aria-label="{label}">'
        f"{escape(say['new_version'])}</a></p></li>"
    )


def _more(desk: Desk, warnings: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(each)}</li>" for each in warnings)
    return f"<details><summary>{escape(desk.say['missing_parts'])}</summary><ul>{items}</ul></details>"
