"""The files for containers are valid, ask for nothing that does not exist, and keep to least privilege."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from kubernetes import client as kubernetes
from tiny import TinyAssistant

from assistant import server
from assistant.metrics import Metrics
from assistant.promises import ProblemDetail
from assistant.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
MANIFESTS = [
    document
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    for document in yaml.safe_load_all(path.read_text("utf-8"))
]
DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text("utf-8"))
KINDS = {
    "Deployment": kubernetes.V1Deployment,
    "Service": kubernetes.V1Service,
    "Ingress": kubernetes.V1Ingress,
    "NetworkPolicy": kubernetes.V1NetworkPolicy,
    "PodDisruptionBudget": kubernetes.V1PodDisruptionBudget,
}


def wrong(value, kind, where):
    """What in `value` does not fit Kubernetes' own description of `kind`."""
    if match := re.fullmatch(r"[Ll]ist\[(.+)\]", kind):
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        return [w for n, each in enumerate(value) for w in wrong(each, match[1], f"{where}[{n}]")]
    if match := re.fullmatch(r"[Dd]ict[(\[]str, (.+)[)\]]", kind):
        if not isinstance(value, dict):
            return [f"{where}: not a map"]
        return [w for key, each in value.items() for w in wrong(each, match[1], f"{where}.{key}")]
    model = getattr(kubernetes, kind, None)
    if model is None:
        plain = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object}[kind]
        return [] if isinstance(value, plain) else [f"{where}: {value!r} is not {kind}"]
    if not isinstance(value, dict):
        return [f"{where}: not an object"]
    names = {json_name: name for name, json_name in model.attribute_map.items()}
    found = [f"{where}.{key}: unknown" for key in value.keys() - names.keys()]
    for key in value.keys() & names.keys():
        found += wrong(value[key], model.openapi_types[names[key]], f"{where}.{key}")
    try:
        model(**{names[key]: value[key] for key in value.keys() & names.keys()})
    except ValueError as error:
        found.append(f"{where}: {error}")
    return found


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda m: f"{m['kind']}-{m['metadata']['name']}")
def test_every_manifest_fits_kubernetes_own_description(manifest):
    assert wrong(manifest, KINDS[manifest["kind"]].__name__, manifest["kind"]) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"replica": 2}, "unknown"),
        ({"replicas": "to"}, "is not int"),
        ({"selector": None}, "not an object"),
        ({"template": {"spec": {"containers": [{"image": "x"}]}}}, "Field required"),
    ],
)
def test_a_manifest_that_does_not_fit_is_told(change, told):
    manifest = next(m for m in MANIFESTS if m["kind"] == "Deployment")
    changed = manifest | {"spec": manifest["spec"] | change}
    assert any(told in each for each in wrong(changed, "V1Deployment", "Deployment"))


def test_the_compose_file_fits_the_compose_specification():
    program = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    run = subprocess.run([*program, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def pods():
    return [m["spec"]["template"]["spec"] for m in MANIFESTS if m["kind"] == "Deployment"]


def environments():
    """Every environment that a container of ours is given, by where it stands."""
    yield "compose", COMPOSE["services"]["app"]["environment"]
    for pod in pods():
        for container in pod["containers"]:
            yield container["name"], [each["name"] for each in container.get("env", [])]
    yield "Containerfile", re.findall(r"(ASSISTANT_\w+)=", CONTAINERFILE)


def test_every_setting_that_is_set_exists():
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for where, names in environments():
        assert {name for name in names if name.startswith(PREFIX)} <= known, where


def test_the_file_with_the_secrets_is_kept_out_of_git():
    assert "deploy/.env" in (ROOT / ".gitignore").read_text("utf-8").split()


def test_no_secret_is_written_in_a_file():
    for path in (p for p in DEPLOY.rglob("*") if p.is_file()):
        text = path.read_text("utf-8")
        assert not re.search(r"(?i)(?:password|secret|key)[\w.]*\s*[:=]\s*[\"']?[A-Za-z0-9+/]{12,}", text), (
            path
        )


def test_no_pod_runs_as_root_or_writes_on_its_root():
    for pod in pods():
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            rights = container["securityContext"]
            assert rights["readOnlyRootFilesystem"] is True
            assert rights["allowPrivilegeEscalation"] is False
            assert rights["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_no_container_of_compose_has_rights_it_does_not_need():
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_only_the_proxy_is_reached_from_outside_and_chroma_has_no_way_out():
    services = COMPOSE["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert services["chroma"]["networks"] == services["postgres"]["networks"] == ["inner"]
    assert COMPOSE["networks"]["inner"]["internal"] is True
    (policy,) = [m for m in MANIFESTS if m["kind"] == "NetworkPolicy"]
    assert policy["spec"]["egress"] == []


def test_the_numbers_are_not_passed_on_to_the_outside():
    nginx = (DEPLOY / "nginx" / "default.conf.template").read_text("utf-8")
    assert "location = /metrics { return 404; }" in nginx
    (ingress,) = [m for m in MANIFESTS if m["kind"] == "Ingress"]
    paths = {p["path"]: p["backend"]["service"]["name"] for p in ingress["spec"]["rules"][0]["http"]["paths"]}
    assert paths["/metrics"] == "nowhere"


def test_a_service_that_stops_is_given_time_for_the_answers_under_way():
    (pod,) = [pod for pod in pods() if pod["containers"][0]["name"] == "assistant"]
    ((command, seconds),) = [pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]]
    assert command == "sleep", "the ingress goes on sending for a moment after the pod is told to stop"
    assert pod["terminationGracePeriodSeconds"] >= int(seconds) + server.LONGEST_GRACE + 5
    app = COMPOSE["services"]["app"]
    assert int(app["stop_grace_period"].removesuffix("s")) >= server.LONGEST_GRACE + 5
    assert COMPOSE["services"]["nginx"]["depends_on"] == {"app": {"condition": "service_healthy"}}


def test_a_proxy_whom_nobody_answers_says_when_to_come_back_as_the_service_itself_does():
    nginx = (DEPLOY / "nginx" / "default.conf.template").read_text("utf-8")
    assert "error_page 502 504 = @away;" in nginx
    (told,) = re.findall(r"return 503 '({.+})';", nginx)
    assert ProblemDetail.model_validate_json(told).status == 503
    assert len(re.findall(r"add_header Retry-After \d+ always;\n", nginx)) == 2


def test_the_proxy_lets_nobody_say_who_they_are():
    nginx = (DEPLOY / "nginx" / "default.conf.template").read_text("utf-8")
    assert f'proxy_set_header {Settings().proxy_user_header} "";' in nginx
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx
    assert 'proxy_set_header traceparent "";' in nginx


def test_readers_behind_another_proxy_are_told_apart():
    """Compose publishes nginx to the host alone: what comes from outside comes by the network's gateway."""
    nginx = (DEPLOY / "nginx" / "default.conf.template").read_text("utf-8")
    (front,) = [config["subnet"] for config in COMPOSE["networks"]["front"]["ipam"]["config"]]
    assert f"set_real_ip_from {front};" in nginx
    assert "real_ip_recursive on;" in nginx
    assert COMPOSE["services"]["app"]["environment"]["ASSISTANT_PROXY_PEERS"] == front
    assert all(port.startswith("127.0.0.1:") for port in COMPOSE["services"]["nginx"]["ports"])


def test_the_image_is_built_from_the_lock_and_runs_without_root():
    assert 'pip install --extra-index-url "$TORCH_INDEX" -r requirements.lock' in CONTAINERFILE
    assert re.findall(r"^USER (.+)$", CONTAINERFILE, re.MULTILINE) == ["10001:10001"]
    assert "\nHEALTHCHECK " in CONTAINERFILE
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINERFILE, re.MULTILINE)
    assert [name for line in copied for name in line.split() if not (ROOT / name).exists()] == []


def test_every_image_from_elsewhere_has_a_version():
    images = re.findall(r"^FROM (\S+)", CONTAINERFILE, re.MULTILINE)
    images += [service["image"] for service in COMPOSE["services"].values() if "build" not in service]
    assert [image for image in images if not re.search(r":\d[\w.-]*$", image)] == []


def told():
    """The name of every number, also of those that have nothing to show yet."""
    return {
        sample.name
        for family in Metrics(TinyAssistant()).registry.collect()
        for sample in [*family.samples, *histogram(family)]
    } | {family + "_total" for family in ("assistant_answers", "assistant_http_requests", "assistant_shed")}


def test_the_dashboard_draws_numbers_that_the_service_tells():
    drawn = {
        name
        for panel in DASHBOARD["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\b(?:assistant|process)_\w+", target["expr"])
    }
    assert drawn
    assert drawn - told() == set()


def histogram(family):
    """A sample for each series of a histogram that has nothing to show yet."""
    from prometheus_client.samples import Sample

    ends = ("_bucket", "_count", "_sum") if family.type == "histogram" else ()
    return [Sample(family.name + end, {}, 0) for end in ends]


def test_the_alarms_of_the_documentation_listen_to_numbers_that_the_service_tells():
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (table,) = re.findall(r"^\| Varsle når .*?(?=\n\n)", text, re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"\bassistant_\w+", table))
    assert named
    assert named - told() == set()


def test_every_number_but_the_buckets_is_drawn():
    """A number that nobody looks at is either drawn or not counted."""
    text = json.dumps(DASHBOARD)
    names = {f.name for f in Metrics(TinyAssistant()).registry.collect() if f.name.startswith("assistant_")}
    assert {name for name in names if name not in text} == set()
