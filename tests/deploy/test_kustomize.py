"""The folders of deploy/kubernetes fit together."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.files import DEPLOY, KUSTOMIZATIONS, MANIFESTS, by_path, documents, pod, workloads

EXAMPLE = DEPLOY / "kubernetes" / "example"


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=by_path)
def test_what_a_kustomization_names_is_there(path: Path) -> None:
    said = documents(path)[0]
    files = [name for each in said.get("configMapGenerator", []) for name in each["files"]]
    named = [*said.get("resources", []), *said.get("components", []), *files]
    assert named
    assert [name for name in named if not (path.parent / name).exists()] == []


def test_no_manifest_is_forgotten() -> None:
    used = {
        (path.parent / name).resolve() for path in KUSTOMIZATIONS for name in documents(path)[0].get("resources", [])
    }
    assert [by_path(path) for path in MANIFESTS if path.resolve() not in used] == []


def test_selectors_find_what_they_mean() -> None:
    found = [each for path in MANIFESTS for each in documents(path)]
    labels = [each["spec"]["template"]["metadata"]["labels"] for each in workloads()]
    for each in found:
        spec = each.get("spec", {})
        wanted = spec.get("selector", spec.get("podSelector"))
        if wanted is not None:
            match = wanted.get("matchLabels", wanted)
            assert [one for one in labels if match.items() <= one.items()], each["metadata"]["name"]


def test_what_pods_mount_and_read_is_made_or_asked_for() -> None:
    for workload in workloads():
        spec = pod(workload)
        maps = {each["configMap"]["name"] for each in spec["volumes"] if "configMap" in each}
        assert maps == {"isthmus-project"}
        assert {each["name"] for each in spec["volumes"]} == {
            mount["name"] for container in spec["containers"] for mount in container["volumeMounts"]
        }
        assert {each["secretRef"]["name"] for each in spec["containers"][0]["envFrom"]} == {"isthmus"}


@pytest.mark.parametrize("folder", [EXAMPLE, EXAMPLE / "pre", EXAMPLE / "post"], ids=by_path)
def test_the_example_renders(folder: Path) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    done = subprocess.run([kubectl, "kustomize", folder], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    made: list[dict[str, Any]] = list(yaml.safe_load_all(done.stdout))
    names = {each["metadata"]["name"] for each in made if each["kind"] == "ConfigMap"}
    assert {each["metadata"]["namespace"] for each in made} == {"isthmus"}
    for workload in (each for each in made if each["kind"] in {"Deployment", "Job"}):
        spec = pod(workload)
        assert {each["configMap"]["name"] for each in spec["volumes"] if "configMap" in each} == names
        assert spec["containers"][0]["image"].startswith("registry.example.com/isthmus:")
