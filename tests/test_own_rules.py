"""What our own code may never do, whatever a linter thinks of it; each rule has let someone in elsewhere."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sorted([*ROOT.glob("assistant/**/*.py"), *ROOT.glob("evals/**/*.py"), ROOT / "app.py"])
SCRIPTS = sorted([*ROOT.glob("assistant/static/**/*.js"), *ROOT.glob("assistant/static/**/*.html")])
CALLS = {
    "eval": "runs text as code",
    "exec": "runs text as code",
    "load_prompt": "reads any path that a prompt file names",
    "gr.load": "fetches and runs an interface from elsewhere",
    "gradio.load": "fetches and runs an interface from elsewhere",
    "pickle.load": "runs what is in the file",
    "pickle.loads": "runs what is in the text",
    "marshal.loads": "runs what is in the text",
    "os.system": "gives text to a shell",
    "os.popen": "gives text to a shell",
    "yaml.unsafe_load": "builds any object",
    "yaml.full_load": "builds more than plain values",
    "tempfile.mktemp": "a name that someone else can take first",
}
SCRIPT_RULES = {
    r"\.(?:inner|outer)HTML\b": "turns text into elements",
    r"\binsertAdjacentHTML\b": "turns text into elements",
    r"\bdocument\.write\b": "turns text into elements",
    r"(?<![.\w])eval\s*\(": "runs text as code",
    r"\bnew\s+Function\b": "runs text as code",
    r"\bset(?:Timeout|Interval)\s*\(\s*[\"'`]": "runs text as code",
}


def dotted(node):
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def is_true(node):
    return not (isinstance(node, ast.Constant) and node.value in (False, None))


def broken(source):
    """Each rule that the Python text breaks, with its line."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        if name in CALLS or name.rpartition(".")[2] == "load_prompt":
            yield f"{node.lineno}: {name}"
        if name == "yaml.load" and not any(k.arg == "Loader" for k in node.keywords) and len(node.args) < 2:
            yield f"{node.lineno}: yaml.load without a loader"
        for keyword in node.keywords:
            if keyword.arg == "query_texts":
                yield f"{node.lineno}: query_texts, which lets Chroma load the model a collection names"
            if keyword.arg in {"trust_remote_code", "shell", "share", "allow_pickle"} and is_true(
                keyword.value
            ):
                yield f"{node.lineno}: {keyword.arg}"
            if keyword.arg == "verify" and not is_true(keyword.value):
                yield f"{node.lineno}: verify=False"


def test_no_python_of_ours_breaks_a_rule():
    assert PYTHON
    found = [f"{p.relative_to(ROOT)}:{each}" for p in PYTHON for each in broken(p.read_text("utf-8"))]
    assert found == []


def test_every_yaml_loader_of_ours_builds_plain_values_only():
    for path in PYTHON:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name.endswith("Loader"):
                bases = {dotted(base) for base in node.bases}
                assert bases <= {"yaml.SafeLoader", "StrictLoader", "yaml.CSafeLoader"}, f"{path}: {bases}"


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: p.name)
def test_no_script_of_ours_turns_text_into_elements_or_code(path):
    text = path.read_text("utf-8")
    assert [why for rule, why in SCRIPT_RULES.items() if re.search(rule, text)] == []


@pytest.mark.parametrize(
    "source",
    [
        "eval('1')", "exec(x)", "import gradio as gr; gr.load('x')", "collection.query(query_texts=['x'])",
        "SentenceTransformer('x', trust_remote_code=True)",
        "SentenceTransformer('x', trust_remote_code=anything)",
        "load_prompt('x')", "prompts.load_prompt('x')", "subprocess.run('x', shell=True)",
        "demo.launch(share=True)",
        "np.load('x', allow_pickle=True)", "pickle.loads(x)", "yaml.load(x)", "httpx.get(x, verify=False)",
    ],
)  # fmt: skip
def test_each_rule_sees_what_it_is_for(source):
    assert list(broken(source))


@pytest.mark.parametrize(
    "source",
    ["model.eval()", "SentenceTransformer('x', trust_remote_code=False)", "np.load('x', allow_pickle=False)"],
)
def test_what_only_looks_alike_is_allowed(source):
    assert list(broken(source)) == []


@pytest.mark.parametrize(
    "script",
    [
        "a.innerHTML = b",
        "a.outerHTML=b",
        "eval(b)",
        "new Function(b)",
        "setTimeout('b', 1)",
        "document.write(b)",
    ],
)
def test_each_rule_for_scripts_sees_what_it_is_for(script):
    assert any(re.search(rule, script) for rule in SCRIPT_RULES)
