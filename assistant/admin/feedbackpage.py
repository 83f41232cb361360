"""The pages about feedback as HTML: what to show, the list, and one piece with the work on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assistant import casefile, texts
from assistant.admin.drawing import Desk, button, form, moment, notice, page, rows
from assistant.admin.feedbackwords import TRIAGE
from assistant.conversations.values import Feedback, Reason, Sought, Triage, Verdict
from assistant.markup import escape, local_href, tag
from assistant.types import Answer, Citation
from assistant.wording import long_date, outcome, rank_text

PATH = "/tilbakemeldinger"
SHOWN = 30
"""Pieces of feedback on one page."""
OPEN, HANDLED, ANY = "apne", "behandlet", "alle"
GROUPS: dict[str, tuple[Triage, ...]] = {
    OPEN: tuple(each for each in Triage if not each.handled),
    HANDLED: tuple(each for each in Triage if each.handled),
    ANY: (),
}
_STYLES = {
    Triage.NEW: "force force-future",
    Triage.UNDER_WAY: "force force-future",
    Triage.FIXED: "force force-now",
    Triage.REJECTED: "force",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list, and what was chosen to get it."""

    found: Sequence[Feedback]
    total: int
    first: int
    chosen: Mapping[str, str]
    """The fields of the filter as they were sent."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is filled in about the work with a piece of feedback."""

    triage: Triage
    note: str


def off(desk: Desk) -> str:
    """The page where nothing is kept."""
    return page(desk, desk.say["feedback"], _head(desk) + f"<p>{escape(desk.say['feedback_off'])}</p>")


def listing(desk: Desk, seen: Listing) -> str:
    """The list, below what chooses from it."""
    say = desk.say
    items = "".join(_item(desk, each) for each in seen.found)
    count = f'<p class="quiet">{escape(say["feedback_count"].format(n=seen.total))}</p>'
    listed = f'{count}<ul class="shelf">{items}</ul>' if items else f"<p>{escape(say['feedback_none'])}</p>"
    return page(desk, say["feedback"], _head(desk) + _filter(desk, seen.chosen) + listed + _ways(desk, seen))


def _head(desk: Desk) -> str:
    say = desk.say
    return f'<h1>{escape(say["feedback"])}</h1><p class="ingress">{escape(say["feedback_lead"])}</p>'


def _filter(desk: Desk, chosen: Mapping[str, str]) -> str:
    say = desk.say
    triage = [(OPEN, say["filter_open"]), (HANDLED, say["filter_handled"])]
    triage += [(each.value, TRIAGE[desk.language][each]) for each in Triage]
    thumbs = [("", say["filter_any"]), *((each.value, _thumb(desk, each)) for each in Verdict)]
    reasons = [("", say["filter_any"]), *texts.REASON_IN[desk.language].items()]
    fields = (
        _select("status", say["filter_triage"], [*triage, (ANY, say["filter_any"])], chosen)
        + _select("tommel", say["filter_thumb"], thumbs, chosen)
        + _select("grunn", say["filter_reason"], reasons, chosen)
    )
    return (
        f'<form method="get" action="{desk.link(PATH).partition("?")[0]}" class="filter" '
        f'aria-label="{escape(say["filter"])}"><input type="hidden" name="lang" value="{desk.language}">'
        f'<div class="row">{fields}</div><p>{button(say["filter_show"], "second")}</p></form>'
    )


def _select(name: str, label: str, options: Iterable[tuple[str, str]], chosen: Mapping[str, str]) -> str:
    drawn = "".join(
        f'<option value="{value}"{" selected" if chosen.get(name) == value else ""}>{escape(text)}</option>'
        for value, text in options
    )
    return (
        f'<p class="field"><label for="{name}">{escape(label)}</label>'
        f'<select id="{name}" name="{name}">{drawn}</select></p>'
    )


def _item(desk: Desk, each: Feedback) -> str:
    asked = each.turn.question if each.turn else desk.say["fb_gone"]
    facts = [moment(each.created.astimezone().isoformat()), _thumb(desk, each.verdict), *_reasons(desk, each)]
    return (
        f'<li><a href="{desk.link(f"{PATH}/{each.mark}")}">{escape(asked[:300])}</a> {_state(desk, each)}'
        f'<p class="quiet">{escape(" · ".join(facts))}</p></li>'
    )


def _ways(desk: Desk, seen: Listing) -> str:
    """The way to those before and after, with what was chosen."""
    say, ways = desk.say, []
    if seen.first:
        ways.append((max(0, seen.first - SHOWN), say["feedback_newer"]))
    if seen.first + len(seen.found) < seen.total:
        ways.append((seen.first + SHOWN, say["feedback_older"]))
    drawn = "".join(
        f'<a href="{desk.link(PATH, **seen.chosen, fra=first)}">{escape(text)}</a>' for first, text in ways
    )
    return f'<p class="actions">{drawn}</p>' if drawn else ""


def one(desk: Desk, each: Feedback, draft: Draft, kept_in: str = "") -> str:
    """A piece of feedback with the answer it is about, and what can be done with it.

    `kept_in` names the file where cases are kept, when they may be.
    """
    say = desk.say
    told = rows(
        [
            (say["fb_given"], escape(moment(each.created.astimezone().isoformat()))),
            (say["fb_verdict"], escape(_thumb(desk, each.verdict))),
            (say["fb_reasons"], escape(", ".join(_reasons(desk, each)))),
            (say["fb_text"], escape(each.text)),
        ]
    )
    answer = _answer(desk, each.turn.question, each.turn.answer) if each.turn else notice(say["fb_gone"])
    case = _case(desk, each, kept_in) if each.turn else ""
    head = f"<h1>{escape(say['feedback_one'])}</h1><p>{_state(desk, each)}</p>"
    return page(desk, say["feedback_one"], head + told + answer + _work(desk, each, draft) + case)


def _answer(desk: Desk, question: str, answer: Answer) -> str:
    say = desk.say
    facts = rows(
        [
            (say["fb_status"], escape(outcome(answer, desk.language))),
            (say["fb_on"], escape(long_date(answer.on))),
            (say["fb_build"], f"<code>{escape(answer.build)}</code>"),
        ]
    )
    said = "".join(f"<p>{escape(line)}</p>" for line in casefile.body(answer))
    sources = "".join(_source(desk, citation) for citation in answer.citations)
    listed = f"<ol>{sources}</ol>" if sources else f"<p>{escape(say['fb_no_sources'])}</p>"
    return (
        f'<section aria-labelledby="sporsmal"><h2 id="sporsmal">{escape(say["fb_question"])}</h2>'
        f"<p>{escape(question)}</p></section>"
        f'<section aria-labelledby="svar"><h2 id="svar">{escape(say["fb_answer"])}</h2>'
        f'<div class="passage">{said}</div>{facts}'
        f"<h3>{escape(say['fb_sources'])}</h3>{listed}</section>"
    )


def _source(desk: Desk, citation: Citation) -> str:
    where = f"{rank_text(citation.type, desk.language)}, {citation.publisher}"
    return (
        f'<li value="{citation.n}"><a href="{local_href(citation.href, desk.language)}">'
        f"{escape(citation.title)}, «{escape(citation.section)}»</a> "
        f'<code>{escape(citation.section_id)}</code><p class="quiet">{escape(where)}</p></li>'
    )


def _work(desk: Desk, each: Feedback, draft: Draft) -> str:
    say = desk.say
    states = [(state.value, TRIAGE[desk.language][state]) for state in Triage]
    inner = (
        _select("status", say["triage_state"], states, {"status": draft.triage.value})
        + f'<p class="field"><label for="merknad">{escape(say["triage_note"])}</label>'
        f'<span class="hint" id="merknad-om">{escape(say["triage_note_help"])}</span>'
        '<textarea id="merknad" name="merknad" rows="4" maxlength="4000" '
        f'aria-describedby="merknad-om">\n{escape(draft.note)}</textarea></p>'
        f"<p>{button(say['triage_save'], value='lagre')}</p>"
    )
    return (
        f'<section aria-labelledby="behandling"><h2 id="behandling">{escape(say["triage"])}</h2>'
        f"{form(desk, f'{PATH}/{each.mark}', inner)}</section>"
    )


def _case(desk: Desk, each: Feedback, kept_in: str) -> str:
    say = desk.say
    path = f"{PATH}/{each.mark}"
    lead = f"<p>{escape(say['case_lead'])}</p>"
    ways = form(desk, path, button(say["case_download"], "second", "last_ned"))
    if kept_in:
        lead += f"<p>{escape(say['case_kept_where'].format(path=kept_in))}</p>"
        ways += form(desk, path, button(say["case_keep"], "second", "behold"))
    return (
        f'<section aria-labelledby="prove"><h2 id="prove">{escape(say["case"])}</h2>{lead}'
        f'<div class="actions">{ways}</div></section>'
    )


def chosen_from(asked: Mapping[str, str]) -> tuple[Sought, dict[str, str]]:
    """What a filter asks for, and its fields; what it cannot ask for is left out."""
    status, thumb, reason = (asked.get(name, "") for name in ("status", "tommel", "grunn"))
    if status not in GROUPS and status not in set(Triage):
        status = OPEN
    verdict = next((each for each in Verdict if each.value == thumb), None)
    why = next((each for each in Reason if each.value == reason), None)
    triage = GROUPS[status] if status in GROUPS else (Triage(status),)
    fields = {"status": status, "tommel": verdict.value if verdict else "", "grunn": why.value if why else ""}
    return Sought(triage, verdict, why), fields


def _thumb(desk: Desk, verdict: Verdict) -> str:
    return desk.say["thumb_up" if verdict is Verdict.UP else "thumb_down"]


def _reasons(desk: Desk, each: Feedback) -> list[str]:
    return [texts.REASON_IN[desk.language][reason] for reason in each.reasons]


def _state(desk: Desk, each: Feedback) -> str:
    return tag(_STYLES[each.triage], TRIAGE[desk.language][each.triage])
