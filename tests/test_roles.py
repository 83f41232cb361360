"""The questions that the chat page offers to begin with."""

import pytest

from assistant.roles import ROLES_NB, ROLES_NN
from assistant.types import AnswerStatus

EXPECTED = {
    "innkjop": ("2,5 millioner kroner", "dele opp eller begrunne", "minst 10 dager", "fire år"),
    "bygg": ("høyst to ledd", "§ 5h", "via bank", "fossilt brensel ikke brukes"),
    "kontrakt": ("§ 28-1", "Leveranse, framdrift og milepæler", "sanksjoner", "oppstartsmøtet"),
    "leder": ("må oppdragsgiver ha en strategi", "som ikke finnes lenger", "20 seriøsitet", "15 prosent"),
}
"""What the answer to each example must say; the sources are in bokmål, and so are the quotes."""


def test_every_role_has_four_questions_in_both_languages():
    assert [role.id for role in ROLES_NB] == [role.id for role in ROLES_NN] == list(EXPECTED)
    assert {len(role.questions) for role in (*ROLES_NB, *ROLES_NN)} == {4}
    asked = [question for role in ROLES_NB for question in role.questions]
    assert len(set(asked)) == len(asked)


@pytest.mark.model
@pytest.mark.parametrize("roles", [ROLES_NB, ROLES_NN], ids=["nb", "nn"])
@pytest.mark.parametrize("place", range(4), ids=list(EXPECTED))
def test_every_example_is_answered_with_what_it_asks_for(built, roles, place):
    role = roles[place]
    for question, fact in zip(role.questions, EXPECTED[role.id], strict=True):
        answer = built.ask(built.question(question))
        assert answer.status is AnswerStatus.ANSWERED, question
        assert fact in " ".join(sentence.text for sentence in answer.sentences), question
        assert answer.language == ("nb" if roles is ROLES_NB else "nn"), question
