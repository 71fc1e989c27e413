"""The deploy files pass the checkers made for their kind. Nothing is fetched: the schemas come with the checkers."""

import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import pytest

from tests.deploy.files import COMPOSE, DEPLOY, DOCKERFILE, MANIFESTS, UNITS, by_path, documents

BIN = Path(sys.executable).parent
#: The oldest with `preStop.sleep` switched on, and the newest the checker knows.
CLUSTERS = ("1.30", "1.37")
#: systemd's own score: 0 is closed, 10 is open. A setting lost is felt here.
MOST_EXPOSED = 1.5


def passes(*command: str | Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_passes_hadolint() -> None:
    hadolint = BIN / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint has no wheel for this system")
    passes(hadolint, "--no-color", DOCKERFILE)


def test_all_yaml_passes_yamllint() -> None:
    passes(sys.executable, "-m", "yamllint", "--strict", "-c", DEPLOY / ".yamllint.yaml", DEPLOY)


def test_the_compose_file_is_valid() -> None:
    passes(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE)


@pytest.mark.parametrize("version", CLUSTERS)
@pytest.mark.parametrize("path", MANIFESTS, ids=by_path)
def test_every_manifest_is_valid(path: Path, version: str) -> None:
    found = documents(path)
    assert found
    for document in found:
        kubernetes_validate.validate(document, version, strict=True)


def test_a_field_that_does_not_exist_is_noticed() -> None:
    wrong = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"port": 1}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, CLUSTERS[-1], strict=True)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Return the units as they are after installation, calling a program that is really there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    for unit in [*UNITS, DEPLOY / "systemd" / "isthmus.target"]:
        text = unit.read_text("utf-8").replace("/opt/isthmus/bin/isthmus", str(BIN / "isthmus"))
        (tmp_path / unit.name.replace("@.", "@1.")).write_text(text, "utf-8")
    return tmp_path


def test_the_units_are_valid(units: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(units.iterdir())],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if str(units) in line]) == (0, [])


def test_the_units_stay_closed(units: Path) -> None:
    for unit in sorted(units.glob("*.service")):
        passes(
            "systemd-analyze", "security", "--offline=yes", "--no-pager", f"--threshold={int(MOST_EXPOSED * 10)}", unit
        )
