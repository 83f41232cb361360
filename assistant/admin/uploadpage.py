"""The page of one upload: what was read, what is told of it, how it will be cited. Values in, HTML out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote as url_quote

from assistant import markup, texts
from assistant.admin.drawing import Desk, button, confirm, form, moment, notice, page, rows, size, state_tag
from assistant.admin.overviewpage import Listed
from assistant.markup import escape, tag
from assistant.types import Document, Passage, Source, SourceType
from assistant.wording import rank_style, rank_text

SHOWN = 30
"""Passages on a page of the preview."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What the page of one upload shows."""

    listed: Listed
    document: Document | None
    passages: Sequence[Passage]
    pages: int | None
    problem: str
    values: Mapping[str, str]
    errors: Mapping[str, str]
    known: Sequence[Source]
    """What it may be a new version of."""
    live: str = ""
    """Id of the source it is, when it is in use."""
    first: int = 0
    """The passage that the preview begins with."""


def upload(desk: Desk, seen: Opened) -> str:
    """The page of one upload: what was read, what is told of it, and how it will be cited."""
    say, one = desk.say, seen.listed.upload
    head = (
        f'<p class="kind">{state_tag(desk, seen.listed.state)}</p><h1>{escape(seen.listed.title)}</h1>'
        f"{_file_facts(desk, seen)}"
    )
    if seen.problem:
        body = head + notice(f"{say['unreadable']}: {seen.problem}") + _removal(desk, seen)
    elif seen.document is None:
        here = desk.link("/opplastinger/" + one.sha256)
        body = (
            f'{head}<p role="status" data-reading>{escape(say["reading"])}</p>'
            f'<p><a href="{here}">{escape(say["reload"])}</a></p>'
        )
    else:
        warnings = seen.document.warnings
        body = (
            head
            + (notice(say["missing_parts"], warnings) if warnings else "")
            + _live(desk, seen)
            + _facts_form(desk, seen)
            + _removal(desk, seen)
            + _preview(desk, seen)
        )
    return page(desk, seen.listed.title, body)


def _file_facts(desk: Desk, seen: Opened) -> str:
    say, one = desk.say, seen.listed.upload
    facts = [
        (say["original_name"], escape(one.name)),
        (say["size"], escape(size(one.size))),
        (say["uploaded"], escape(f"{moment(one.at)}, {one.by}")),
        (say["pages"], str(seen.pages or "")),
        (say["sections"], str(len(seen.document.sections)) if seen.document else ""),
        (say["passages"], str(len(seen.passages) or "")),
        (say["fingerprint"], f'<code class="digest">{one.sha256}</code>'),
    ]
    return rows(facts)


def _live(desk: Desk, seen: Opened) -> str:
    if not seen.live:
        return ""
    way = f"/kilder/{url_quote(seen.live)}?lang={desk.language}"
    return f'<p><a href="{escape(way)}">{escape(desk.say["open_in_sources"])}</a></p>'


def _facts_form(desk: Desk, seen: Opened) -> str:
    say = desk.say
    types = [("", "")] + [(t.value, texts.SOURCE_TYPE_IN[desk.language][t]) for t in SourceType]
    older = [("", say["own_document"]), *((s.id, s.title) for s in seen.known)]
    drawn = (
        _select(desk, seen, "erstatter", older)
        + _input(desk, seen, "tittel", required=True)
        + _select(desk, seen, "type", types, required=True)
        + _input(desk, seen, "utgiver", required=True)
        + '<div class="row">'
        + _input(desk, seen, "gyldig_fra", "date")
        + _input(desk, seen, "gyldig_til", "date")
        + '</div><div class="row">'
        + _input(desk, seen, "vedtatt", "date")
        + _input(desk, seen, "kontrollert", "date", required=True)
        + "</div>"
        + _input(desk, seen, "kilde_url", "url")
        + _input(desk, seen, "sammendrag")
    )
    draft = seen.listed.state == "draft"
    save = button(say["save"], "second", "lagre") if draft else ""
    publish = button(say["publish" if draft else "publish_again"], "", "publiser")
    whole = form(desk, _address(seen), f'{drawn}<p class="actions">{publish}{save}</p>', css="facts-form")
    return (
        f'<section aria-labelledby="opplysninger"><h2 id="opplysninger">{escape(say["facts"])}</h2>'
        f"<p>{escape(say['facts_lead'])}</p>{_errors(desk, seen.errors)}{whole}</section>"
    )


def _address(seen: Opened) -> str:
    return f"/opplastinger/{seen.listed.upload.sha256}"


def _errors(desk: Desk, errors: Mapping[str, str]) -> str:
    if not errors:
        return ""
    items = "".join(
        f'<li><a href="#{name}">{escape(_error(desk, name, code))}</a></li>' for name, code in errors.items()
    )
    return f'<div class="wrong" role="alert"><p>{escape(desk.say["fix"])}</p><ul>{items}</ul></div>'


def _error(desk: Desk, name: str, code: str) -> str:
    return desk.say[code].format(field=desk.say[f"f_{name}"].rstrip(" *"))


def _field(desk: Desk, seen: Opened, name: str, control: str) -> str:
    say = desk.say
    hint = say.get(f"h_{name}", "")
    told = f'<span class="hint" id="{name}-om">{escape(hint)}</span>' if hint else ""
    wrong = seen.errors.get(name, "")
    if wrong:
        told += f'<span class="field-wrong" id="{name}-feil">{escape(_error(desk, name, wrong))}</span>'
    return f'<p class="field"><label for="{name}">{escape(say[f"f_{name}"])}</label>{told}{control}</p>'


def _described(seen: Opened, say: Mapping[str, str], name: str, required: bool) -> str:
    ids = [f"{name}-om"] * (f"h_{name}" in say) + [f"{name}-feil"] * (name in seen.errors)
    by = f' aria-describedby="{" ".join(ids)}"' if ids else ""
    return (
        by
        + (' aria-invalid="true"' if name in seen.errors else "")
        + (" aria-required=true" if required else "")
    )


def _input(desk: Desk, seen: Opened, name: str, kind: str = "text", *, required: bool = False) -> str:
    value = escape(seen.values.get(name, ""))
    rest = _described(seen, desk.say, name, required)
    kind = "text" if kind == "url" else kind  # the browser's own check speaks the browser's language
    return _field(desk, seen, name, f'<input id="{name}" name="{name}" type="{kind}" value="{value}"{rest}>')


def _select(
    desk: Desk, seen: Opened, name: str, options: Sequence[tuple[str, str]], *, required: bool = False
) -> str:
    chosen = seen.values.get(name, "")
    drawn = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in options
    )
    rest = _described(seen, desk.say, name, required)
    return _field(desk, seen, name, f'<select id="{name}" name="{name}"{rest}>{drawn}</select>')


def _removal(desk: Desk, seen: Opened) -> str:
    """The way back: out of use when it is published, else deleted."""
    key = "delete" if seen.listed.state == "draft" else "withdraw"
    act = button(desk.say[key], "second", "slett" if key == "delete" else "trekk")
    return confirm(desk.say[key], desk.say[f"{key}_lead"], form(desk, _address(seen), act))


def _preview(desk: Desk, seen: Opened) -> str:
    say = desk.say
    shown = seen.passages[seen.first : seen.first + SHOWN]
    last = seen.first + len(shown)
    cards = "".join(_passage(desk, seen, each) for each in shown)
    span = escape(say["preview_range"].format(first=seen.first + 1, last=last, total=len(seen.passages)))
    more = ""
    if last < len(seen.passages):
        more = (
            f'<p><a href="{desk.link(_address(seen), fra=last)}#utdrag">{escape(say["preview_more"])}</a></p>'
        )
    return (
        f'<section aria-labelledby="utdrag"><h2 id="utdrag">{escape(say["preview"])}</h2>'
        f'<p>{escape(say["preview_lead"])}</p><p class="quiet">{span}</p>{cards}{more}</section>'
    )


def _passage(desk: Desk, seen: Opened, passage: Passage) -> str:
    rank = passage.rank.value
    facts = [tag(rank_style(rank), rank_text(rank, desk.language))]
    if passage.page:
        named = escape(texts.VIEWER_IN[desk.language]["page"].format(n=passage.page))
        picture = desk.link(f"{_address(seen)}/side/{passage.page}")
        label = escape(desk.say["page_image"].format(n=passage.page))
        pdf = seen.listed.upload.suffix == ".pdf"
        facts.append(
            f'<a href="{picture}" aria-label="{label}">{named}</a>' if pdf else f"<span>{named}</span>"
        )
    return (
        f'<article class="passage"><h3>{escape(" › ".join(passage.headings))}</h3>'
        f'<p class="origin">{" ".join(facts)}</p>{markup.block(passage.text).html}</article>'
    )
