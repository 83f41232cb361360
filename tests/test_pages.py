from assistant import pages


def test_a_title_is_escaped_and_carries_the_name_of_the_product():
    assert "<title>&lt;b&gt; – Anskaffelsesassistenten</title>" in pages.page("<b>", "")


def test_a_page_begins_with_a_way_past_its_menu():
    page = pages.page("Kilde", "<h1>Kilde</h1>")
    assert page.index('href="#innhold"') < page.index("<nav>") < page.index('<main id="innhold"')


def test_a_script_is_loaded_only_where_it_is_used():
    assert "<script" not in pages.page("Kilde", "")
    assert '<script src="/web/viewer.js" defer></script>' in pages.page("Kilde", "", script=True)


def test_a_missing_page_leads_on_to_what_exists():
    page = pages.problem(404, "intern detalj")
    assert "<h1>Siden finnes ikke</h1>" in page
    assert 'href="/kilder"' in page
    assert "intern detalj" not in page


def test_another_problem_says_what_is_wrong():
    page = pages.problem(503, "Tjenesten <starter>.")
    assert "<h1>Ikke tilgjengelig nå</h1>" in page
    assert "Tjenesten &lt;starter&gt;." in page
