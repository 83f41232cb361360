"""What is written beside a file is what is read."""

import tomllib
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from assistant.documents import sidecar
from assistant.documents.sidecar import Sidecar

LINE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(str.strip).filter(bool)


@given(
    LINE,
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(LINE, max_size=3),
    st.dates() | st.none(),
)
def test_every_text_and_day_comes_back_as_it_was(tmp_path_factory, title, summary, topics, day):
    path = tmp_path_factory.mktemp("sidecar") / "fil.pdf"
    facts = Sidecar(tittel=title, sammendrag=summary, tema=tuple(topics), gyldig_fra=day)
    sidecar.write(path, facts)
    assert sidecar.read(path) == facts


def test_what_is_not_known_is_not_written(tmp_path):
    sidecar.write(tmp_path / "fil.pdf", Sidecar(tittel="Plan", gyldig_fra=date(2026, 7, 1)))
    written = (tmp_path / "fil.toml").read_text("utf-8")
    assert tomllib.loads(written) == {"tittel": "Plan", "gyldig_fra": date(2026, 7, 1)}
    assert list(tmp_path.iterdir()) == [tmp_path / "fil.toml"]


def test_facts_that_are_written_again_replace_the_old_ones(tmp_path):
    sidecar.write(tmp_path / "fil.pdf", Sidecar(tittel="Plan", utgiver="Fylket"))
    sidecar.write(tmp_path / "fil.pdf", Sidecar(tittel="Ny plan"))
    assert sidecar.read(tmp_path / "fil.pdf") == Sidecar(tittel="Ny plan")
