import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from eval_double import Shelf, case, cases, fact

from assistant.errors import AssistantError
from evals import gate, report
from evals.asking import rescore, run
from evals.gate import Rules
from evals.report import Finding, pieces
from evals.summary import summarise


class Page(HTMLParser):
    """What a page loads, and which controls it has."""

    def __init__(self, text):
        super().__init__()
        self.tags = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def every(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def finding(asked=None, baseline=None, rules=None):
    asked = asked or cases()
    record = run(Shelf(), asked)
    scored = rescore(record, asked)
    verdict = gate.judge(scored, record.sections, rules or Rules(compare=["fact_recall"]), baseline)
    return Finding(record, tuple(scored), summarise(scored, record.sections), verdict, baseline)


def test_the_page_needs_nothing_but_itself():
    page = Page(report.html(finding()))
    assert [a for tag, a in page.tags if "src" in a or tag == "link"] == []
    assert all(a["href"].startswith("#") for a in page.every("a"))
    assert not re.search(r"url\(|@import|https?://", report.html(finding([case()])))
    assert page.every("html") == [{"lang": "nb"}]


def test_every_control_is_named_and_every_wide_table_can_be_reached_by_keyboard():
    page = Page(report.html(finding()))
    controls = page.every("select") + page.every("input")
    assert len(controls) == len(page.every("label")) == 10
    assert all({"tabindex", "aria-label"} <= set(a) for a in page.every("div") if a.get("class") == "wide")
    assert len([a for a in page.every("details") if a.get("class") == "case"]) == 60


def test_a_case_can_be_filtered_by_every_slice_and_by_result():
    row = next(a for a in Page(report.html(finding())).every("details") if a.get("id") == "g3")
    assert row.items() >= {
        "data-result": "bestått", "data-kind": "amount", "data-topic": "loven", "data-language": "nb",
        "data-style": "plain", "data-source": "regelverk", "data-moved": "ny",
    }.items()  # fmt: skip


def test_text_from_outside_is_never_markup():
    text = report.html(finding([case(question="<script>alert(1)</script> vare3?"), case("b")]))
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; vare3?" in text


def test_the_quote_is_marked_in_its_passage():
    text = report.html(finding([case()]))
    assert (
        "<mark>Grensen for vare3 er **300 kroner** etter § 3-1.</mark>\n\nKjøpet skal protokolleres." in text
    )


@pytest.mark.parametrize(
    ("text", "quotes", "cut"),
    [
        ("en to tre", ["to"], [("en ", False), ("to", True), (" tre", False)]),
        ("en to tre", ["en to", "to tre"], [("en to tre", True)]),
        ("en to", ["fire", ""], [("en to", False)]),
        ("", ["x"], []),
    ],
)
def test_a_passage_is_cut_at_its_quotes_without_loss(text, quotes, cut):
    found = pieces(text, quotes)
    assert [(p.text, p.quoted) for p in found] == cut
    assert "".join(p.text for p in found) == text


def test_a_changed_answer_stands_beside_the_one_of_the_baseline():
    before = finding()
    baseline = gate.make_baseline(before.scored, {})
    baseline["cases"]["g3"] |= {"answer": "Et eldre svar", "rank": 4}
    text = report.html(finding(baseline=baseline))
    rows = {a["id"]: a["data-moved"] for a in Page(text).every("details") if "id" in a}
    assert (rows["g3"], rows["g4"]) == ("svar", "")
    assert "Et eldre svar" in text
    assert "4 før, 1 nå" in text


def test_junit_has_a_test_for_each_case_and_for_each_failure_of_the_gate():
    wrong = case("feil", facts=(fact("mangler\x00"),))
    low = Rules.model_validate({"floor": [{"metric": "fact_recall", "min": 0.9, "n": 1}]})
    questions, demands = ET.fromstring(report.junit(finding([wrong], rules=low)))
    assert (questions.get("tests"), questions.get("failures")) == ("1", "1")
    assert questions[0].find("failure").get("message") == "mangler: mangler\ufffd"
    assert [t.get("name") for t in demands] == ["floor fact_recall alle"]
    whole = ET.fromstring(report.junit(finding()))
    assert [s.get("failures") for s in whole] == ["0", "0"]


def test_the_summary_gives_n_and_interval_for_each_part():
    text = report.markdown(finding())
    row = next(line for line in text.splitlines() if line.startswith("| Fakta med i svaret"))
    assert row.endswith("| 100.0 [100.0–100.0] n=40 |")
    assert "**Kravene er oppfylt.** 60 av 60 spørsmål uten feil." in text


def test_all_files_are_written_and_named(tmp_path):
    files = report.write(finding(), tmp_path / "ut")
    assert [f.name for f in files] == ["report.html", "summary.md", "junit.xml", "summary.json"]
    assert all(f.stat().st_size > 500 for f in files)


def test_figures_replace_the_old_ones_and_nothing_else(tmp_path):
    path = tmp_path / "evals.md"
    path.write_text(f"Før\n{report.BEGIN}\ngamle\n{report.END}\nEtter\n", "utf-8")
    report.write_figures(path, "nye\n")
    report.write_figures(path, "nyere\n")
    assert path.read_text("utf-8") == f"Før\n{report.BEGIN}\nnyere\n{report.END}\nEtter\n"
    path.write_text("uten merker", "utf-8")
    with pytest.raises(AssistantError, match="merkene"):
        report.write_figures(path, "nye")


def test_a_case_that_crashed_is_shown_with_its_error():
    whole = finding([case()])
    outcome = replace(whole.record.outcomes["a"], answer=None, error="KeyError: 'vare3'")
    record = replace(whole.record, outcomes={"a": outcome})
    scored = tuple(rescore(record, [case()]))
    assert "KeyError: &#39;vare3&#39;" in report.html(replace(whole, record=record, scored=scored))
