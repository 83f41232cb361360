"""The documentation says what the program does; `make docs` writes the help of the commands into it."""

import inspect
import os
import re
from pathlib import Path

import pytest
import typer

from assistant import errors
from assistant.cli import app
from assistant.settings import PREFIX, Settings
from assistant.types import AnswerStatus

ROOT = Path(__file__).resolve().parent.parent
CLI, OVERVIEW, SETTINGS = (ROOT / "docs" / f"{name}.md" for name in ("cli", "overview", "settings"))
HELP = re.compile(r"<!-- help: (.+?) -->\n(.*?)<!-- /help -->", re.DOTALL)
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PASSED_ON = "assistant eval"
"""Its help is made by the evaluation."""


def commands():
    """Every command by its full name, groups included."""

    def walk(command, name):
        yield name, command
        for inner in getattr(command, "commands", {}).values():
            yield from walk(inner, f"{name} {inner.name}")

    return dict(walk(typer.main.get_command(app), "assistant"))


def help_of(name):
    """The help of a command at 80 columns, as it stands in the documentation."""
    width = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "80"
    try:
        parts = name.split()
        command = commands()[name]
        context = command.make_context(name, [], resilient_parsing=True)
        context.info_name = " ".join(parts)
        return f"```text\n{command.get_help(context)}\n```\n"
    finally:
        os.environ.pop("COLUMNS")
        if width is not None:
            os.environ["COLUMNS"] = width


def with_help(text):
    return HELP.sub(lambda m: f"<!-- help: {m[1]} -->\n{help_of(m[1])}<!-- /help -->", text)


def first_cells(path):
    """The first cell of every table row, without code marks."""
    rows = re.findall(r"^\| `?([^|`]+)`? \|", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [row.strip() for row in rows]


def test_every_setting_is_documented_with_its_default():
    rows = dict(re.findall(r"^\| `(ASSISTANT_\w+)` \| (\S+) \|", SETTINGS.read_text("utf-8"), re.MULTILINE))
    defaults = {}
    for name, field in Settings.model_fields.items():
        value = getattr(field.default, "get_secret_value", lambda value=field.default: value)()
        defaults[PREFIX + name.upper()] = f"`{value}`" if str(value) else "tom"
    assert rows == defaults


def documented(pattern):
    """Every match of `pattern` in code on the pages and in `deploy/`, with the page it stands on."""
    deployed = [path for path in (ROOT / "deploy").rglob("*") if path.is_file()]
    found = set()
    for page in [*PAGES, *deployed]:
        text = page.read_text("utf-8")
        code = [text] if page in deployed else re.findall(r"```.*?```|`[^`\n]+`", text, re.DOTALL)
        found |= {(page.name, match) for block in code for match in re.findall(pattern, block)}
    return found


def test_every_setting_that_is_named_exists():
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    named = documented(rf"\b{PREFIX}[A-Z_]*[A-Z]\b")
    assert len(named) > 40
    assert {(page, name) for page, name in named if name not in known} == set()


def test_every_command_that_is_named_exists():
    known = {name.removeprefix("assistant ") for name in commands()}
    groups = {name.split()[0] for name in known if " " in name}
    named = documented(r"(?m)(?:^|`|bin/|exec app )assistant ([a-z]+)(?: ([a-z]+))?")
    assert len(named) > 20
    said = {(page, f"{name} {inner}" if name in groups and inner else name) for page, (name, inner) in named}
    assert {(page, name) for page, name in said if name not in known} == set()


def test_every_make_target_that_is_named_exists():
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = documented(r"\bmake ([a-z-]+)")
    assert len(named) > 5
    assert {(page, target) for page, target in named if target not in known} == set()


def test_every_command_has_a_heading():
    headings = re.findall(r"^#+ (assistant .+)$", CLI.read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(commands().keys() - {"assistant"})


def test_the_help_of_every_command_stands_in_the_documentation():
    text = CLI.read_text("utf-8")
    assert {name for name, _ in HELP.findall(text)} == commands().keys() - {PASSED_ON}
    assert text == with_help(text), "run `make docs`"


def test_no_english_is_left_in_the_help():
    words = re.compile(r"\b(Usage|Options|Arguments|Commands|Show|default|required)\b")
    assert [name for name in commands() if name != PASSED_ON and words.search(help_of(name))] == []


def test_every_error_is_documented():
    tree = {
        name
        for name, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, errors.AssistantError)
    }
    text = OVERVIEW.read_text("utf-8")
    assert {name for name in tree if f"`{name}`" not in text} == set()
    assert tree - set(first_cells(OVERVIEW)) == {"AssistantError", "IndexError_"}


def test_every_status_is_documented():
    assert {status.value for status in AnswerStatus} <= set(first_cells(OVERVIEW))


def test_every_module_has_its_place_in_the_overview():
    modules = {
        p.stem + "/" * p.is_dir()
        for p in (ROOT / "assistant").iterdir()
        if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    table = OVERVIEW.read_text("utf-8").partition("## Where things live")[2]
    assert modules - {"__init__"} == set(re.findall(r"`([a-z]+/?)`", table.partition("`evals/`")[0]))


def test_the_doctors_checks_are_documented():
    source = (ROOT / "assistant" / "doctor.py").read_text("utf-8")
    checks = set(re.findall(r'(?:_ok|_warning|_error|Check)\(\s*"(\w+)"', source))
    assert checks
    assert checks <= set(first_cells(CLI))


def test_the_entries_of_the_changelog_are_short_sentences():
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    entries = re.findall(r"^- (.+(?:\n  .+)*)", text, re.MULTILINE)
    assert entries
    assert [e for e in entries if len(e.split()) > 25 or not e.endswith(".")] == []


def test_the_changelog_has_each_heading_once():
    headings = re.findall(r"^## .+$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[0] == "## [Unreleased]"
    assert len(headings) == len(set(headings))


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(page):
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    inside = [link for link in links if not re.match(r"https?:", link)]
    assert [link for link in inside if not leads_somewhere(page, link)] == []


def leads_somewhere(page, link):
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    if not anchor:
        return True
    headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_every_decision_says_what_was_chosen_and_why():
    for path in ROOT.glob("docs/decisions/*.md"):
        text = path.read_text("utf-8")
        assert re.match(rf"# {int(path.name[:4])}\. \S", text), path
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert headings == ["Context", "Options", "Decision", "Consequences"], path


@pytest.mark.model
def test_the_readmes_python_runs(built_settings, monkeypatch, capsys):
    monkeypatch.setenv("ASSISTANT_VAR", str(built_settings.var))
    monkeypatch.setenv("ASSISTANT_CORPUS", str(built_settings.corpus))
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    exec(block, {})
    assert "https://" in capsys.readouterr().out


if __name__ == "__main__":
    CLI.write_text(with_help(CLI.read_text("utf-8")), encoding="utf-8")
