import base64
import hashlib
import re

from assistant import loader

LARGEST = 5000


def test_the_script_is_small_and_needs_nothing_else():
    source = loader.current().content.decode()
    assert len(source.encode()) <= LARGEST
    assert not re.search(
        r"\b(import|require|eval|innerHTML|outerHTML|insertAdjacentHTML|document\.write)\b", source
    )
    assert not re.search(r"https?://", source)


def test_its_address_and_its_hash_are_of_what_is_served():
    script = loader.current()
    assert script.path == f"/widget-{hashlib.sha256(script.content).hexdigest()[:16]}.js"
    algorithm, _, digest = script.integrity.partition("-")
    assert base64.b64decode(digest) == hashlib.new(algorithm, script.content).digest()


def test_the_current_version_is_the_one_with_the_highest_number():
    newest = max(loader.FOLDER.glob("*.js"), key=lambda file: int(file.stem))
    assert loader.current().content == newest.read_bytes()


def test_the_lines_to_paste_hold_a_link_that_works_without_the_script():
    lines = loader.snippet("https://ki.fylke.no/", "nn")
    assert 'href="https://ki.fylke.no/embed?full=1&amp;lang=nn"' in lines
    assert f'src="https://ki.fylke.no{loader.current().path}"' in lines
    assert f'integrity="{loader.current().integrity}"' in lines
    assert 'crossorigin="anonymous"' in lines
    assert "Spør om innkjøp" in lines


def test_an_address_with_quotes_cannot_break_out_of_the_lines():
    assert '"><script>' not in loader.snippet('https://x"><script>', "nb")
