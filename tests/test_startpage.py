"""The top of the page and what stands there before anything is asked."""

from assistant import startpage, texts


def test_the_welcome_offers_every_example_as_a_question_to_ask():
    page = startpage.welcome("nb")
    assert [f'data-ask="{each}"' in page for each in texts.EXAMPLES] == [True] * len(texts.EXAMPLES)


def test_the_welcome_is_in_nynorsk_on_the_nynorsk_page():
    assert texts.PAGE_NN["empty_title"] in startpage.welcome("nn")
    assert texts.EXAMPLES_NN[0] in startpage.welcome("nn")
