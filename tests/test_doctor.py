"""The doctor finds what is wrong, names the cure, and changes nothing."""

import json
import shutil
import socket
from datetime import date

import pytest

from assistant import doctor
from assistant.doctor import Check, Severity
from assistant.embedding import HashingEmbedder
from assistant.errors import ModelError

TODAY = date(2026, 11, 22)
OK, WARNING, ERROR = Severity.OK, Severity.WARNING, Severity.ERROR


@pytest.fixture
def port():
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def well(monkeypatch, tmp_path, small_settings, small_index, port):
    """Settings of an installation that lacks nothing, in a folder of its own."""
    shutil.copytree(small_settings.var, tmp_path / "var")
    shutil.copytree(small_settings.corpus, tmp_path / "korpus")
    monkeypatch.setattr("assistant.models.find", lambda settings: tmp_path)
    monkeypatch.setattr("assistant.models.verify", lambda folder: None)
    monkeypatch.setattr("assistant.embedding.OnnxEmbedder.open", lambda folder, threads: HashingEmbedder())
    return small_settings.model_copy(
        update={"var": tmp_path / "var", "corpus": tmp_path / "korpus", "port": port, "vectors": "exact"}
    )


@pytest.fixture
def with_chroma(well):
    """The same, with Chroma in use; asking it takes seconds."""
    return well.model_copy(update={"vectors": "chroma"})


def found(settings, name):
    return [check for check in doctor.examine(settings, TODAY) if check.name == name]


def build(settings):
    root = settings.index_root
    return root / (root / "CURRENT").read_text().strip()


def test_the_conversations_are_counted_and_a_damaged_database_is_an_error(well):
    from assistant.conversations import open_store

    assert found(well, "samtaler")[0].message == "Ingen lagret ennå; lagres i 365 dager."
    assert not well.conversations_file.exists()
    store = open_store(well)
    store.start("user:kari", "Hva er terskelen?")
    store.close()
    assert found(well, "samtaler")[0].message == "1 lagret; lagres i 365 dager."
    well.conversations_file.write_bytes(b"dette er ikke en database " * 200)
    (check,) = found(well, "samtaler")
    assert check.severity is ERROR
    assert check.remedy


def test_a_sound_installation_passes_every_check(with_chroma):
    checks = doctor.examine(with_chroma, TODAY)
    assert [(c.name, c.severity) for c in checks] == [
        (name, OK)
        for name in ("innstillinger", "mappe", "korpus", "modell", "indeks", "chroma", "samtaler", "port")
    ]


def test_where_the_spans_go_is_told_only_when_they_are_asked_for(well, port, monkeypatch):
    followed = well.model_copy(update={"otel": "traces"})
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert found(well, "sporing") == []
    assert found(followed, "sporing")[0].severity is ERROR
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://bruker:hemmelig@127.0.0.1:{port}")
    assert found(followed, "sporing")[0].severity is WARNING
    with socket.create_server(("127.0.0.1", port)):
        assert found(followed, "sporing") == [Check("sporing", OK, f"Sendes til 127.0.0.1:{port}.")]


def test_nothing_is_changed(well):
    def files():
        return {p: p.read_bytes() for p in well.var.rglob("*") if p.is_file()}

    before = files()
    doctor.examine(well, TODAY)
    assert files() == before


def test_every_finding_that_is_not_well_has_a_remedy(well, monkeypatch):
    def no_model(settings):
        raise ModelError("Modellen mangler.", "Kjør `assistant index`.")

    shutil.rmtree(well.index_root)
    shutil.rmtree(well.corpus)
    monkeypatch.setattr("assistant.models.find", no_model)
    checks = doctor.examine(well.model_copy(update={"host": "0.0.0.0"}), TODAY)
    bad = [c for c in checks if c.severity is not OK and c.name != "chroma"]
    assert {c.name for c in bad} == {"innstillinger", "korpus", "modell", "indeks"}
    assert all(c.remedy for c in bad)


def test_a_service_open_to_other_machines_is_a_warning(well):
    (check,) = found(well.model_copy(update={"host": "0.0.0.0"}), "innstillinger")
    assert check.severity is WARNING
    assert "0.0.0.0" in check.message


def test_a_folder_that_cannot_be_written_is_an_error(well, tmp_path):
    (tmp_path / "fil").write_text("")
    (check,) = found(well.model_copy(update={"var": tmp_path / "fil"}), "mappe")
    assert check.severity is ERROR


def test_every_byte_of_the_model_is_checked_also_when_it_was_checked_before(well, monkeypatch):
    def altered(folder):
        raise ModelError("model.onnx er endret etter at modellen ble bygget.", "Kjør `assistant index`.")

    monkeypatch.setattr("assistant.models.verify", altered)
    (check,) = found(well, "modell")
    assert (check.severity, "model.onnx er endret" in check.message) == (ERROR, True)


def test_a_disk_that_is_nearly_full_is_a_warning(well, monkeypatch):
    monkeypatch.setattr(doctor, "FREE_BYTES", 10**18)
    (check,) = found(well, "mappe")
    assert (check.severity, "MB ledig" in check.message) == (WARNING, True)


def test_a_document_that_cannot_be_read_is_an_error_with_its_line(well):
    path = well.corpus / "strategi" / "storfylket.md"
    path.write_text(path.read_text("utf-8").replace("*Kilde:", "*Kjelde:"), encoding="utf-8")
    checks = [c for c in found(well, "korpus") if "storfylket.md, linje " in c.message]
    assert [c.severity for c in checks] == [ERROR]


def test_a_document_not_checked_for_a_year_is_a_warning(well):
    path = well.corpus / "strategi" / "storfylket.md"
    path.write_text(path.read_text("utf-8").replace("2026-10-01", "2025-11-21"), encoding="utf-8")
    checks = found(well, "korpus")
    assert [c.severity for c in checks] == [WARNING, WARNING]
    assert checks[1].message == "Ikke kontrollert på over et år: storfylket."


def test_many_findings_about_the_corpus_are_counted_not_listed(well):
    for number in range(doctor.SHOWN + 3):
        (well.corpus / f"tom-{number}.md").write_text("")
    checks = found(well, "korpus")
    assert len(checks) == doctor.SHOWN + 1
    assert checks[-1].message == "3 funn til."


def test_a_changed_corpus_makes_the_index_outdated(well):
    path = well.corpus / "veiledning" / "gjennomforing.md"
    path.write_text(path.read_text("utf-8").replace("hvert kvartal", "hver måned"), encoding="utf-8")
    (check,) = found(well, "indeks")
    assert (check.severity, check.remedy) == (WARNING, "Kjør `assistant index`.")


def test_a_missing_index_is_an_error_and_chroma_is_not_guessed(well):
    shutil.rmtree(well.index_root)
    assert found(well, "indeks")[0].severity is ERROR
    assert found(well, "chroma")[0].message == "Ikke sjekket, for indeksen kan ikke åpnes."


def test_an_index_made_with_another_model_is_an_error(well):
    manifest = build(well) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"embedder": "en-annen"}))
    (check,) = found(well, "indeks")
    assert (check.severity, "en-annen" in check.message) == (ERROR, True)


def test_a_changed_file_of_the_index_is_an_error(well):
    passages = build(well) / "passages.jsonl"
    passages.write_text(passages.read_text("utf-8").replace("500 000", "900 000"), encoding="utf-8")
    (check,) = found(well, "indeks")
    assert check.severity is ERROR
    assert "passages.jsonl" in check.message


def test_a_chroma_that_does_not_answer_is_a_warning_for_the_search_goes_on(with_chroma):
    shutil.rmtree(build(with_chroma) / "chroma")
    (check,) = found(with_chroma, "chroma")
    assert check.severity is WARNING
    assert check.message.startswith("Svarer ikke: ")
    assert check.remedy


def test_chroma_is_left_alone_when_it_is_not_in_use(well):
    (check,) = found(well, "chroma")
    assert (check.severity, "ASSISTANT_VECTORS=exact" in check.message) == (OK, True)


def test_a_port_in_use_is_an_error(well):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", well.port))
        taken.listen()
        (check,) = found(well, "port")
    assert (check.severity, str(well.port) in check.message) == (ERROR, True)


def test_a_port_that_the_service_itself_answers_on_is_well(well, monkeypatch):
    monkeypatch.setattr(doctor, "_serving", lambda settings: True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", well.port))
        taken.listen()
        (check,) = found(well, "port")
    assert check.severity is OK
