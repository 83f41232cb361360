import pytest

from assistant import markup

TABLE = "| Grense | Beløp |\n|---|---|\n| Innslag | 500 000 kr |\n"


def test_html_in_a_source_is_shown_as_text():
    drawn = markup.block('<script>alert(1)</script>\n\n<b onclick="x()">fet</b>').html
    assert "<script" not in drawn
    assert "<b " not in drawn
    assert "&lt;script&gt;" in drawn


@pytest.mark.parametrize(
    "attack",
    [
        "![x](https://evil.example/p.png)",
        "![a][b]\n\n[b]: https://evil.example/p.png",
        "[klikk](javascript:alert(1))",
        "[klikk](data:text/html,x)",
        "[klikk](http://evil.example/)",
        "<https://evil.example>",
        "<form action=//evil.example><input name=pin></form>",
        "<style>*{display:none}</style>",
    ],
)
def test_nothing_in_a_source_becomes_an_image_a_form_or_an_unsafe_link(attack):
    drawn = markup.block(attack, links=False).html + markup.inline(attack)
    for wrong in ("<img", "<form", "<style", "<a ", "<input"):
        assert wrong not in drawn


def test_https_links_of_a_source_open_in_a_new_tab_without_a_referrer():
    drawn = markup.block("Se [forskriften](https://lovdata.no/x).").html
    assert '<a href="https://lovdata.no/x" rel="noopener noreferrer" target="_blank">forskriften</a>' in drawn


def test_an_answer_keeps_the_label_of_a_link_and_drops_the_address():
    assert markup.inline("Se [loven](https://evil.example) og **mer**") == "Se loven og <strong>mer</strong>"


def test_a_quote_is_marked_where_it_stands():
    drawn = markup.block("Først dette. Så det andre. Til slutt.", ["Så det andre."])
    assert drawn.html == "<p>Først dette. <mark>Så det andre.</mark> Til slutt.</p>\n"
    assert drawn.found == (True,)


@pytest.mark.parametrize("quote", ["Kravet er **høyst to ledd** i dag.", "Kravet er høyst to ledd i dag."])
def test_a_quote_is_found_through_bold_with_or_without_its_marks(quote):
    drawn = markup.block("Ja. Kravet er **høyst to ledd** i dag.", [quote])
    assert drawn.found == (True,)
    assert (
        "<mark>Kravet er </mark><strong><mark>høyst to ledd</mark></strong><mark> i dag.</mark>" in drawn.html
    )


@pytest.mark.parametrize("quote", ["Se [loven](https://lovdata.no/l) for mer.", "Se loven for mer."])
def test_a_quote_is_found_through_a_link(quote):
    drawn = markup.block("Se [loven](https://lovdata.no/l) for mer.", [quote])
    assert drawn.found == (True,)
    assert (
        '<a href="https://lovdata.no/l" rel="noopener noreferrer" target="_blank"><mark>loven' in drawn.html
    )


def test_a_quote_over_a_line_break_is_marked_in_one_piece():
    drawn = markup.block("En lang\nsetning.", ["En lang setning."])
    assert drawn.html == "<p><mark>En lang\nsetning.</mark></p>\n"


def test_a_table_row_is_marked_in_every_cell():
    drawn = markup.block(TABLE, ["| Innslag | 500 000 kr |"])
    assert drawn.found == (True,)
    assert "<td><mark>Innslag</mark></td>" in drawn.html
    assert "<td><mark>500 000 kr</mark></td>" in drawn.html


@pytest.mark.parametrize("quote", ["- Skriv protokoll.", "1. Skriv protokoll.", "Skriv protokoll."])
def test_a_list_item_is_marked_with_or_without_its_bullet(quote):
    drawn = markup.block("Gjør dette:\n\n- Skriv protokoll.\n- Send svar.\n", [quote])
    assert "<li><mark>Skriv protokoll.</mark></li>" in drawn.html


def test_a_quote_that_begins_with_a_year_is_not_taken_for_a_list():
    drawn = markup.block("Ja, i 2026. Det gjelder.", ["2026. Det gjelder."])
    assert "<mark>2026. Det gjelder.</mark>" in drawn.html


def test_every_place_of_a_quote_is_marked():
    assert markup.block("Ja.\n\nNei.\n\nJa.", ["Ja."]).html.count("<mark>Ja.</mark>") == 2


def test_overlapping_quotes_are_marked_together():
    assert "<mark>a b c d</mark>" in markup.block("a b c d", ["a b c", "b c d"]).html


def test_two_quotes_that_follow_each_other_are_one_mark():
    assert "<mark>En. To.</mark> Tre." in markup.block("En. To. Tre.", ["En.", "To."]).html


def test_a_quote_is_found_whatever_way_its_letters_are_composed():
    assert markup.block("Kjøp på åtte a\u030ar", ["på åtte år"]).found == (True,)


@pytest.mark.parametrize("quote", ["finnes ikke", "", "  ", "|", "**"])
def test_a_quote_that_is_not_there_is_reported_and_marks_nothing(quote):
    drawn = markup.block("Dette står her.", [quote])
    assert drawn.found == (False,)
    assert "<mark>" not in drawn.html


def test_markup_in_the_quoted_text_stays_escaped():
    drawn = markup.block("a <b>x</b> c", ["<b>x</b>"])
    assert drawn.html == "<p>a <mark>&lt;b&gt;x&lt;/b&gt;</mark> c</p>\n"


def test_headings_inside_a_section_stand_below_its_own():
    assert "<h3>Over</h3>" in markup.block("# Over").html
    assert "<h6>Under</h6>" in markup.block("###### Under").html


@pytest.mark.parametrize(
    ("verbatim", "drawn"),
    [
        ("- Skriv *protokoll*", "Skriv <em>protokoll</em>"),
        ("> Sitat", "Sitat"),
        ("| Innslag | 500 000 kr | Del I |", "<strong>Innslag</strong>: 500 000 kr · Del I"),
        ("| Innslag | |", "Innslag"),
        ("Frist: 30 * 2 dager", "Frist: 30 * 2 dager"),
        ("-5 prosent", "-5 prosent"),
        ("", ""),
    ],
)
def test_a_verbatim_piece_is_drawn_on_one_line(verbatim, drawn):
    assert markup.quoted(verbatim) == drawn


def test_plain_text_has_no_markdown_marks():
    assert markup.plain("Se **§ 7-9** i [loven](https://lovdata.no)\nnå") == "Se § 7-9 i loven nå"


@pytest.mark.parametrize(
    "url",
    [
        "http://x.no",
        "javascript:alert(1)",
        "//x.no",
        "/kilder",
        "https://x.no/a b",
        'https://x.no/"',
        "https://x\n",
    ],
)
def test_only_plain_https_addresses_are_safe(url):
    assert markup.safe_url(url) == ""


def test_a_link_to_our_own_pages_keeps_its_quotes_and_its_place():
    href = markup.local_href("/kilder/loa?sitat=a%20b#paragraf-4", "nn")
    assert href == "/kilder/loa?sitat=a%20b&amp;lang=nn#paragraf-4"


@pytest.mark.parametrize(
    "href", ["https://evil.example/kilder/", "//evil.example", "javascript:alert(1)", ""]
)
def test_a_link_that_is_not_to_our_own_pages_leads_to_the_list_of_sources(href):
    assert markup.local_href(href, "nb") == "/kilder?lang=nb"


def test_lone_surrogates_do_not_stop_the_drawing():
    assert markup.escape("a\ud800<") == "a?&lt;"
