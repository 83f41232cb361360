"""No installation gets a version with a hole that we know of: each floor names what was mended there."""

import tomllib
from importlib.metadata import version as installed
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
FLOORS = {
    "gradio": (
        "6.25",
        "CVE-2026-59806 redirects in file=, CVE-2026-49119 path traversal, the CORS list ignored",
    ),
    "starlette": ("1.3.1", "CVE-2025-62727 Range in quadratic time, CVE-2025-54121 a large upload blocks"),
    "langchain-core": (
        "1.3.3",
        "CVE-2025-68664 and CVE-2026-44843 objects built from user data, CVE-2026-40087",
    ),
    "sentence-transformers": ("6.0", "CVE-2026-68770 runs Python from a model's folder"),
    "transformers": ("5.5", "CVE-2026-5241, CVE-2026-4372"),
    "pypdf": ("7.0", "CVE-2026-27024 to -40260: files that take hours or all memory"),
    "chromadb": (
        "1.5.9",
        "CVE-2026-45829 is in the Python server, which is not used; see docs/threat-model.md",
    ),
    "pyyaml": ("6.0", "CVE-2020-14343 arbitrary objects"),
    "jinja2": ("3.1.6", "CVE-2025-27516 out of the sandbox"),
    "python-multipart": ("0.0.18", "CVE-2024-53981 a body that stops the process"),
    "pillow": ("11.3", "CVE-2025-48379 writes beyond a buffer"),
    "protobuf": ("4.25.8", "CVE-2025-4565 recursion without end"),
    "urllib3": ("2.6", "CVE-2025-66418 and CVE-2025-66471 small answers that fill memory"),
}


def locked():
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pins = (line.partition("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): Version(pin) for name, _, pin in pins}


@pytest.mark.parametrize("package", FLOORS)
def test_the_lock_pins_nothing_below_the_floor(package):
    floor, why = FLOORS[package]
    assert locked()[package] >= Version(floor), why


@pytest.mark.parametrize("package", FLOORS)
def test_what_is_installed_is_not_below_the_floor(package):
    floor, why = FLOORS[package]
    assert Version(installed(package)) >= Version(floor), why


def test_no_requirement_of_ours_allows_a_version_below_its_floor():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = {canonicalize_name(r.name): r for r in map(Requirement, project["dependencies"])}
    lax = []
    for package, (floor, _) in FLOORS.items():
        below = [Version("0"), Version(f"{Version(floor).major}.0.dev0")]
        if package in asked and any(v < Version(floor) and v in asked[package].specifier for v in below):
            lax.append(package)
    assert lax == []
