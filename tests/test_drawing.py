import json

import pytest
from tiny import RULES, TinyAssistant

from assistant import drawing, nodes
from assistant.nodes import Element


def drawn(text, language="nb"):
    assistant = TinyAssistant()
    question = assistant.question(text)
    drawings = [drawing.begin(question, 3, language)]
    for event in assistant.stream(question):
        drawings.append(drawing.advance(drawings[-1], event))
    return drawings


def elements(tree, tag=""):
    for node in tree:
        if isinstance(node, Element):
            if not tag or node.tag == tag:
                yield node
            yield from elements(node.children, tag)


def test_each_step_is_named_in_the_language_of_the_page():
    steps = list(dict.fromkeys(each.shown.progress for each in drawn("terskel", "nn")))
    assert steps == ["Søkjer i kjeldene …", "Les 1 avsnitt …", "Kontrollerer sitata …", ""]


def test_the_sentences_come_one_by_one_and_stay():
    counts = [nodes.html(each.tree()).count('class="cite"') for each in drawn("terskel")]
    assert counts == sorted(counts)
    assert counts[-1] == 4


def test_what_was_only_read_stands_apart_from_what_is_cited():
    html = nodes.html(drawn("underleverandør")[-1].tree())
    cited, _, read = html.partition("Lest, men ikke sitert")
    assert "Høyst to ledd" in cited
    assert f'href="/kilder/{RULES.id}' in read
    assert "Nærings- og fiskeridepartementet" in read
    assert "Forskrift" in read


def test_a_section_that_is_cited_is_not_called_only_read():
    assert "Lest, men ikke sitert" not in nodes.html(drawn("terskel")[-1].tree())


def test_every_suggested_question_can_be_sent_by_a_plain_form():
    buttons = [each for each in elements(drawn("dele opp")[-1].tree(), "button") if each.has("chip")]
    assert buttons[0].get("value").startswith("Når må vi dele opp")
    assert {(each.get("type"), each.get("form"), each.get("name")) for each in buttons} == {
        ("submit", drawing.FORM, "choice")
    }


def test_a_marker_is_a_link_that_opens_in_a_tab_of_its_own():
    markers = [each for each in elements(drawn("terskel")[-1].tree(), "a") if each.has("cite")]
    assert {(each.get("target"), each.get("rel")) for each in markers} == {("_blank", "noopener")}
    assert all(each.get("href").startswith("/kilder/") for each in markers)


def frames(text):
    assistant = TinyAssistant()
    question = assistant.question(text)
    pen = drawing.Pen(drawing.begin(question, 1, "nb"))
    return [read(pen.frame(event)) for event in assistant.stream(question)]


def read(frame):
    name, data = frame.removesuffix("\n\n").split("\n")
    assert name == "event: drawn"
    return json.loads(data.removeprefix("data: "))


def test_the_stream_ends_with_what_the_page_must_know_of_the_answer():
    *running, last = frames("terskel")
    assert {each["state"] for each in running} == {"running"}
    assert (last["state"], last["status"], last["cited"]) == ("done", "answered", 2)
    assert len(last["id"]) == 32
    assert last["said"] == "Svaret er klart. Antall kilder: 2."


def test_the_sources_are_sent_only_when_they_change():
    sent = ["sources" in each for each in frames("terskel")]
    assert 0 < sent.count(True) < len(sent) / 2


@pytest.mark.parametrize(
    ("reason", "told"), [("Modellen er borte.", "Modellen er borte."), ("", "Noe gikk galt")]
)
def test_an_accident_keeps_what_had_come_and_says_why(reason, told):
    assistant = TinyAssistant()
    question = assistant.question("terskel")
    pen = drawing.Pen(drawing.begin(question, 1, "nb"))
    for event in list(assistant.stream(question))[:-1]:
        pen.frame(event)
    last = read(pen.failure(reason))
    assert last["state"] == "failed"
    assert told in json.dumps(last["nodes"], ensure_ascii=False)
    assert "beløpsgrensene" in json.dumps(last["nodes"], ensure_ascii=False)
