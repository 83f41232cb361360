"""What the code imports, what `pyproject.toml` asks for and what the lock pins are in step."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OWN = {"assistant", "evals", "benchmarks", "tests"}


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def names(requirements):
    return {canonical(re.split(r"[<>=!~\[; ]", line)[0]) for line in requirements}


def pins():
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def locked():
    return {canonical(name): version for name, _, version in (pin.partition("==") for pin in pins())}


def imported(*folders):
    """The third-party packages that the Python files in `folders` import, with a file that does."""
    found = {}
    for path in (p for folder in folders for p in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            for module in modules:
                found.setdefault(module.partition(".")[0], str(path.relative_to(ROOT)))
    return {m: where for m, where in found.items() if m not in sys.stdlib_module_names | OWN}


def missing(asked, *folders):
    homes = packages_distributions()
    return {
        f"{module} ({where})"
        for module, where in imported(*folders).items()
        if not asked & {canonical(d) for d in homes.get(module, [module])}
    }


def test_every_package_the_product_imports_is_asked_for():
    asked = names([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["otel"]])
    assert missing(asked, "assistant", "evals") == set()


def test_every_package_the_tests_import_is_asked_for():
    asked = names([*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]])
    local = {path.stem for path in (ROOT / "tests").rglob("*.py")}
    found = {name for name in missing(asked, "tests") if name.split()[0] not in local}
    assert found == set()


@pytest.mark.parametrize("group", ["dependencies", "otel", "dev"])
def test_every_package_that_is_asked_for_is_in_the_lock(group):
    asked = PROJECT[group] if group in PROJECT else PROJECT["optional-dependencies"][group]
    assert names(asked) - locked().keys() == set()


def test_the_lock_pins_one_public_version_of_everything():
    assert [pin for pin in pins() if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin)] == []
    assert len(locked()) == len(pins())
    assert locked()["torch"] == "2.13.0"


def test_nothing_is_locked_that_makes_every_process_with_chroma_wait():
    """Chroma imports jsonschema, which loads this when it is there; it compiles a grammar each time."""
    assert "rfc3987-syntax" not in locked()
