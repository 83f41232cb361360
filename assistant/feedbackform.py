"""Thumb up, thumb down and the reasons, as templates that the scripts of our pages make copies of."""

from __future__ import annotations

from assistant import texts
from assistant.markup import escape
from assistant.widgettexts import widget_words

FOR_SCRIPT = ("thanks", "feedback_failed", "pick_reason")
"""Words of the widget's that `static/embed/feedback.js` writes."""


def templates(language: str) -> str:
    """The two templates: the thumbs below an answer, and the form that the lower one opens."""
    say = widget_words(language)
    reasons = "".join(
        f'<label class="reason"><input type="checkbox" name="reason" value="{name}"> {escape(text)}</label>'
        for name, text in texts.REASON_IN[language].items()
    )
    return (
        '<template id="tommel">'
        f'<span class="thumbs"><button type="button" class="icon up" aria-pressed="false" '
        f'title="{escape(say["good"])}" aria-label="{escape(say["good"])}"></button>'
        f'<button type="button" class="icon down" aria-pressed="false" aria-expanded="false" '
        f'title="{escape(say["bad"])}" aria-label="{escape(say["bad"])}"></button></span></template>\n'
        '<template id="grunner"><form class="reasons"><fieldset>'
        f"<legend>{escape(say['bad_title'])}</legend>{reasons}</fieldset>"
        f'<label class="more">{escape(say["bad_text"])}'
        '<textarea name="text" rows="2" maxlength="2000"></textarea>'
        '</label><p class="problem" role="alert" hidden></p><div class="row">'
        f'<button type="submit" class="button">{escape(say["send_feedback"])}</button>'
        f'<button type="button" class="tool cancel">{escape(say["cancel"])}</button></div>'
        "</form></template>\n"
    )
