"""Whether a question seeks a way round a rule, and which rule that is."""

from types import SimpleNamespace

import numpy as np
import pytest

from assistant import evasion
from assistant.confidence import NOTHING, Around
from assistant.evasion import Company
from assistant.query import Query
from assistant.reading import Leaning
from assistant.scope import Example

EVIDENCE = {"evades": 1.0, "vote": 0.4}


def example(status, section=""):
    return Example("Spørsmål", "gruppe", status, section)


def company(*pairs):
    """The company of a question, from examples and the cosines to them."""
    opened = SimpleNamespace(anchors=[each for each, _ in pairs])
    near = Around(np.array([0.9], np.float32), np.array([cosine for _, cosine in pairs], np.float32))
    return Company.of(opened, near), near


def query(text, leaning=None):
    return Query(text, (), None, leaning=leaning)


def hit(section):
    source = section.split("#")[0]
    return SimpleNamespace(passage=SimpleNamespace(section_id=section, source=SimpleNamespace(id=source)))


def test_the_nearest_come_first_and_weigh_most():
    found, _ = company(
        (example("no_evidence"), 0.80), (example("redirected", "a#1"), 0.95), (example("out_of_scope"), 0.90)
    )
    assert found.evasive.tolist() == [True, False, False]
    assert found.share(1, 0.02) == 1.0
    assert 0.9 < found.share(3, 0.02) < 1.0
    assert found.share(3, 10.0) == pytest.approx(1 / 3, abs=0.01)


def test_no_more_are_looked_at_than_the_circle_holds():
    found, _ = company(*[(example("redirected"), 0.9 - n / 100) for n in range(60)])
    assert len(found.sections) == evasion.CIRCLE
    assert found.cosines.tolist() == sorted(found.cosines.tolist(), reverse=True)


def test_the_rule_is_the_one_that_most_of_the_near_evasions_lead_to():
    found, _ = company(
        (example("redirected", "a#1"), 0.90),
        (example("redirected", "b#1"), 0.90),
        (example("redirected", "b#1"), 0.90),
        (example("no_evidence", "c#1"), 0.95),
        (example("redirected"), 0.94),
    )
    assert found.rule([], {}) == "b#1"
    assert found.rule([hit("a#1")], {}) == "a#1"
    assert found.rule([hit("a#9")], {}) == "b#1"
    assert found.rule([], {"a#1": 9}) == "a#1"
    assert company((example("redirected"), 0.9))[0].rule([], {}) == ""


def test_the_signs_tell_how_far_ahead_of_the_answered_questions_an_evasion_lies():
    found, near = company((example("redirected", "a#1"), 0.95), (example("no_evidence"), 0.5))
    signs = evasion.signs(query("Kan vi slippe å lyse ut?", Leaning(0.5, 2.5)), found, near, EVIDENCE, 0.2)
    assert signs["evasive_ahead"] == pytest.approx(0.05, abs=1e-6)
    assert (signs["asks_whether"], signs["evades"], signs["vote"], signs["sure"]) == (1.0, 1.0, 0.4, 0.2)
    assert signs["reads"] == 2.5
    unread = evasion.signs(query("Kan vi slippe å lyse ut?"), found, near, EVIDENCE, 0.2)
    assert unread["reads"] == evasion.UNREAD


def test_nothing_is_said_where_nothing_is_near():
    found, near = company((example("no_evidence"), 0.95))
    assert evasion.signs(query("Hva gjelder?"), found, near, EVIDENCE, 0.2) == {}
    evasive, around = company((example("redirected"), 0.95))
    assert evasion.signs(query("Hva gjelder?"), evasive, around, {}, 0.2) == {}
    none = Company.of(SimpleNamespace(anchors=[]), NOTHING)
    assert evasion.signs(query("Hva gjelder?"), none, NOTHING, EVIDENCE, 0.2) == {}
    assert none.rule([], {}) == ""
