import json
import re
from pathlib import Path

import pytest
from tiny import TinyAssistant

from assistant import cards, nodes, render
from assistant.exchanges import Exchange
from assistant.nodes import Element


def exchange(text):
    assistant = TinyAssistant()
    question = assistant.question(text)
    return Exchange(1, question.text, question.on, answer=assistant.ask(question))


@pytest.mark.parametrize("text", ["terskel", "underleverandør", "dele opp", "været"])
@pytest.mark.parametrize("language", ["nb", "nn"])
def test_everything_we_draw_is_on_the_lists(text, language):
    shown = exchange(text)
    for html in (render.exchange(shown, language), cards.cited(shown, language)):
        assert nodes.html(nodes.parse(html)) == html.replace("&#10;", "\n")


def test_an_element_that_is_not_listed_leaves_only_its_text():
    tree = nodes.parse("<p>a<script>b</script><img src=x onerror=c><iframe src=d>e</iframe></p>")
    assert tree == (Element("p", (), ("a", "b", "e")),)


@pytest.mark.parametrize(
    "attribute", ['onclick="x"', 'style="x"', 'src="x"', 'srcdoc="x"', 'formaction="x"', 'action="x"']
)
def test_an_attribute_that_is_not_listed_is_left_out(attribute):
    assert nodes.parse(f"<button {attribute}>a</button>") == (Element("button", (), ("a",)),)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "http://evil.example",
        "//evil.example",
        "/kilderx",
        " https://x",
    ],
)
def test_a_link_leads_to_our_sources_or_over_https(address):
    assert nodes.parse(f'<a href="{address}">a</a>') == (Element("a", (), ("a",)),)


@pytest.mark.parametrize("address", ["/kilder", "/kilder/x?sitat=a#b", "https://lovdata.no", "#svar-1"])
def test_the_addresses_that_we_write_are_kept(address):
    (link,) = nodes.parse(f'<a href="{address}">a</a>')
    assert link.get("href") == address


def test_text_stays_text_through_html_and_json():
    hostile = '<script>alert("1")</script> & <b>'
    tree = (Element("p", (("title", hostile),), (hostile,)),)
    assert nodes.parse(nodes.html(tree)) == tree
    assert json.loads(json.dumps(nodes.plain(tree))) == [["p", {"title": hostile}, [hostile]]]


def test_a_tree_is_altered_from_within_and_parts_can_be_taken_away():
    tree = nodes.parse("<div><p>a</p><p>b<em>c</em></p></div>")
    kept = nodes.altered(tree, lambda each: None if each.tag == "em" else each)
    assert nodes.html(kept) == "<div><p>a</p><p>b</p></div>"


def test_html_that_is_not_well_formed_still_gives_a_tree():
    assert nodes.html(nodes.parse("<p>a</div><em>b")) == "<p>a<em>b</em></p>"


def test_the_browser_makes_no_element_that_the_server_does_not_send():
    script = (Path(nodes.__file__).parent / "static/embed/nodes.js").read_text("utf-8")
    tags, attributes = (
        set("".join(re.findall(r'"([^"]*)"', found)).split())
        for found in re.findall(
            r"const (?:TAGS|ATTRIBUTES) = new Set\(\s*\((.*?)\)\.split", script, re.DOTALL
        )
    )
    assert tags == nodes.TAGS
    assert attributes == nodes.ATTRIBUTES - {"data-ask", "data-back", "data-show"}
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser", script)
