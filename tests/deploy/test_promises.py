"""What the deploy files promise together: closed, pinned, stopped gently, and agreeing on ports and names."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from isthmus import __version__
from isthmus.bootstrap.config import read_config
from isthmus.bootstrap.connectors import connector, open_connections, variable
from isthmus.bootstrap.wiring import flow_settings
from isthmus.cli.options import FOLDER
from isthmus.kit.clock import SystemClock
from isthmus.kit.http import Http
from tests.deploy.files import (
    COMPOSE,
    DEPLOY,
    DOCKERFILE,
    KUSTOMIZATIONS,
    MANIFESTS,
    PAGES,
    TEXTS,
    UNITS,
    by_path,
    calls,
    documents,
    instructions,
    pod,
    services,
    settings,
    workloads,
)

USER = 10001
EXAMPLE = DEPLOY / ".env.example"
PROJECTS = [DEPLOY / "project", DEPLOY / "kubernetes" / "example" / "config"]


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def drains(where: str) -> list[int]:
    said = [call.arguments for call in calls() if call.where.startswith(where)]
    return [int(words[words.index("--drain") + 1]) for words in said if "--drain" in words]


# --- the project file and its secrets ---------------------------------------------------------------------------------


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a made-up value into every secret of the example; return their names."""
    names = re.findall(r"^(ISTHMUS_\w+)=", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    for name in names:
        monkeypatch.setenv(name, "made-up")
    return names


@pytest.mark.parametrize("folder", PROJECTS, ids=by_path)
async def test_the_example_project_opens(folder: Path, secrets: list[str]) -> None:
    config = read_config(folder)
    async with Http() as http:
        opened = open_connections(config, http, SystemClock())
        assert set(opened) == {"shop", "erp"}
        for each in opened.values():
            await each.session.close()
    assert len(flow_settings(config)) == len(config.flows) == 2
    assert secrets


def test_both_example_projects_say_the_same() -> None:
    one, other = (tomllib.loads((folder / "isthmus.toml").read_text("utf-8")) for folder in PROJECTS)
    assert one == other


@pytest.mark.parametrize("path", [*TEXTS, *PAGES], ids=by_path)
def test_every_variable_exists(path: Path) -> None:
    config = read_config(PROJECTS[0])
    known = {FOLDER.envvar, "ISTHMUS_DATABASE_URL"} | {
        variable(name, field.key)
        for name, each in config.connections.items()
        for field in connector(each.connector).manifest.settings
        if field.secret
    }
    assert set(re.findall(r"\bISTHMUS_[A-Z][A-Z_]*[A-Z]", path.read_text("utf-8"))) - known == set()


def test_no_secret_has_a_value() -> None:
    assert re.findall(r"^(?:ISTHMUS_|POSTGRES_)\w+=.+$", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE) == []
    assert [line for line in instructions("(?:ENV|ARG)") if re.search(r"KEY|SECRET|TOKEN|PASSWORD", line)] == []
    assert [each for path in MANIFESTS for each in documents(path) if each["kind"] == "Secret"] == []


# --- pinned -----------------------------------------------------------------------------------------------------------


def images() -> list[str]:
    found = [line.split(" AS ")[0] for line in instructions("FROM")]
    found += [re.sub(r"\$\{\w+:-(.+)\}", r"\1", service["image"]) for service in services().values()]
    found += [container["image"] for workload in workloads() for container in pod(workload)["containers"]]
    for path in KUSTOMIZATIONS:
        found += [f"{image['newName']}:{image['newTag']}" for image in documents(path)[0].get("images", [])]
    return found


def test_every_image_has_its_exact_version() -> None:
    found = images()
    assert {image for image in found if not re.search(r":\d+\.\d+", image)} == set()
    ours = {image for image in found if re.search(r"(?:^|/)isthmus:", image)}
    assert {image.rpartition(":")[2] for image in ours} == {__version__}


def test_both_stages_of_the_image_stand_on_the_same_base() -> None:
    assert len({line.split(" AS ")[0] for line in instructions("FROM")}) == 1
    assert instructions("FROM")[0].split(" AS ")[0] in DOCKERFILE.read_text("utf-8").partition("base.name=")[2]


def test_what_the_image_installs_is_checked_by_hash_and_never_fetched_twice() -> None:
    pips = [part for line in instructions("RUN") for part in line.split(" && ") if " pip " in part]
    assert len(pips) == 4
    assert [part for part in pips if "--require-hashes" not in part and "--no-index" not in part] == []


# --- closed -----------------------------------------------------------------------------------------------------------


def test_nothing_runs_as_root() -> None:
    assert instructions("USER") == [f"{USER}:{USER}"]
    assert {service["user"] for name, service in services().items() if name != "postgres"} == {f"{USER}:{USER}"}
    for workload in workloads():
        said = pod(workload)["securityContext"]
        assert (said["runAsNonRoot"], said["runAsUser"], said["runAsGroup"]) == (True, USER, USER)
    assert {value for unit in UNITS for key, value in settings(unit) if key == "User"} == {"isthmus"}


def test_nothing_can_write_outside_its_place_or_gain_rights() -> None:
    for name, service in services().items():
        assert "no-new-privileges:true" in service["security_opt"]
        if name != "postgres":
            assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
            assert all(each.endswith(":ro") for each in service["volumes"])
    for workload in workloads():
        assert pod(workload)["automountServiceAccountToken"] is False
        for container in pod(workload)["containers"]:
            said = container["securityContext"]
            assert (said["readOnlyRootFilesystem"], said["allowPrivilegeEscalation"]) == (True, False)
            assert said["capabilities"] == {"drop": ["ALL"]}


def test_only_this_machine_reaches_the_pages() -> None:
    published = {name: service["ports"] for name, service in services().items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8100:8100"]}
    kinds = [each for path in MANIFESTS for each in documents(path)]
    assert {each["spec"]["type"] for each in kinds if each["kind"] == "Service"} == {"ClusterIP"}
    on_units = [call.arguments for call in calls() if call.where.endswith(".service")]
    listens = [words[words.index("--listen") + 1] for words in on_units if "--listen" in words]
    assert {listen.partition(":")[0] for listen in listens} == {"127.0.0.1"}


def test_the_world_is_let_in_to_hooks_alone() -> None:
    ingresses = [each for path in MANIFESTS for each in documents(path) if each["kind"] == "Ingress"]
    paths = [path["path"] for each in ingresses for rule in each["spec"]["rules"] for path in rule["http"]["paths"]]
    assert paths == ["/hooks/"]
    assert all("defaultBackend" not in each["spec"] for each in ingresses)


def test_every_unit_carries_the_same_hardening() -> None:
    mark = "# Shared by all units here"
    blocks = {unit.read_text("utf-8").partition(mark)[2].partition("[Install]")[0] for unit in UNITS}
    assert len(blocks) == 1
    assert "ProtectSystem=strict" in blocks.pop()


# --- stopped gently, and limited --------------------------------------------------------------------------------------


def test_everything_is_given_longer_than_it_takes_to_drain() -> None:
    for name, service in services().items():
        if name not in {"postgres", "migrate"}:
            assert drains(f"compose {name}") < [seconds(service["stop_grace_period"])]
    for workload in workloads():
        if workload["kind"] == "Deployment":
            spec = pod(workload)
            wait = spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            [drain] = drains(f"kubernetes {workload['metadata']['name']}")
            assert drain + wait < spec["terminationGracePeriodSeconds"]
    for unit in UNITS:
        said = dict(settings(unit))
        assert all(drain < int(said["TimeoutStopSec"]) for drain in drains(unit.name))
        assert said["KillSignal"] == "SIGTERM"


def test_everything_has_a_limit() -> None:
    long_running = [service for name, service in services().items() if name != "migrate"]
    assert all(service["deploy"]["resources"]["limits"]["memory"] for service in long_running)
    assert all(each["resources"]["limits"]["memory"] for load in workloads() for each in pod(load)["containers"])
    assert all(dict(settings(unit))["MemoryMax"] for unit in UNITS)


# --- agreeing ---------------------------------------------------------------------------------------------------------


def test_all_agree_on_the_port() -> None:
    port = read_config(PROJECTS[0]).listen[1]
    assert instructions("EXPOSE") == [str(port)]
    for path in [DOCKERFILE, COMPOSE, *sorted((DEPLOY / "proxy").iterdir())]:
        said = re.findall(r"\b(?:127\.0\.0\.1|0\.0\.0\.0):(\d+)", path.read_text("utf-8"))
        assert set(said) == {str(port)}, by_path(path)
    assert ports_of([each for path in MANIFESTS for each in documents(path)]) == {port, 53, 443, 5432}
    listens = {call.arguments[2] for call in calls() if call.where.startswith("kubernetes isthmus-w")}
    assert listens == {f"0.0.0.0:{port}"}


def ports_of(value: Any) -> set[int]:
    """Return every number that stands under a key called port, at any depth."""
    if isinstance(value, list):
        return {port for each in value for port in ports_of(each)}
    if isinstance(value, dict):
        own = {each for key, each in value.items() if key in {"port", "containerPort"} and isinstance(each, int)}
        return own | {port for each in value.values() for port in ports_of(each)}
    return set()


def test_probes_ask_what_isthmus_answers() -> None:
    for workload in workloads():
        for container in pod(workload)["containers"] if workload["kind"] == "Deployment" else []:
            assert container["livenessProbe"]["httpGet"]["path"] == "/health/live"
            assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"


def test_names_used_in_compose_are_there() -> None:
    whole = documents(COMPOSE)[0]
    for service in whole["services"].values():
        assert set(service.get("depends_on", {})) <= set(whole["services"])
        assert set(service["networks"]) <= set(whole["networks"])
    waits = {name for name, each in whole["services"].items() if "migrate" in each.get("depends_on", {})}
    assert waits == {"web", "worker", "scheduler"}
