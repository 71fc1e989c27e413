"""What the deploy files say, read once for all tests: documents, processes, and every call of `isthmus`."""

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
COMPOSE = DEPLOY / "compose.yaml"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").rglob("*.yaml") if path.name != "kustomization.yaml")
KUSTOMIZATIONS = sorted((DEPLOY / "kubernetes").rglob("kustomization.yaml"))
PAGES = [ROOT / "docs" / "how-to" / name for name in ("deploy.md", "long-outage.md")]
TEXTS = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
#: What ends the words of one command in a shell line.
_ENDS = {"|", "||", "&&", ";", ">", ">>", "<", "\\"}


class Call(NamedTuple):
    """One call of `isthmus` with its arguments, and where it stands."""

    where: str
    arguments: tuple[str, ...]


def by_path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def documents(path: Path) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(path.read_text("utf-8")) if each]


def services() -> dict[str, dict[str, Any]]:
    return documents(COMPOSE)[0]["services"]


def workloads() -> list[dict[str, Any]]:
    """Return every Deployment and Job."""
    found = [each for path in MANIFESTS for each in documents(path)]
    return [each for each in found if each["kind"] in {"Deployment", "Job"}]


def pod(workload: dict[str, Any]) -> dict[str, Any]:
    return workload["spec"]["template"]["spec"]


def instructions(name: str) -> list[str]:
    """Return what stands behind every `name` instruction of the Dockerfile, continued lines joined."""
    text = re.sub(r"\\\n\s*", " ", DOCKERFILE.read_text("utf-8"))
    return re.findall(rf"^{name} (.+)$", text, flags=re.MULTILINE)


def settings(unit: Path) -> list[tuple[str, str]]:
    """Return the settings of a systemd unit in their order."""
    found = re.findall(r"^(\w+)=(.*)$", unit.read_text("utf-8"), flags=re.MULTILINE)
    return [(key, value) for key, value in found]


def calls() -> list[Call]:
    """Return every call of `isthmus` in the deploy files and the pages about them."""
    return [*_of_dockerfile(), *_of_compose(), *_of_kubernetes(), *_of_units(), *_of_pages()]


def _of_dockerfile() -> Iterator[Call]:
    yield Call("Dockerfile CMD", tuple(json.loads(instructions("CMD")[-1])))
    probe = json.loads(instructions("HEALTHCHECK")[0].partition(" CMD ")[2])
    yield Call("Dockerfile HEALTHCHECK", tuple(probe[1:]))


def _of_compose() -> Iterator[Call]:
    for name, service in services().items():
        if name != "postgres":
            yield Call(f"compose {name}", tuple(service["command"]))


def _of_kubernetes() -> Iterator[Call]:
    for workload in workloads():
        for container in pod(workload)["containers"]:
            yield Call(f"kubernetes {workload['metadata']['name']}", tuple(container["args"]))


def _of_units() -> Iterator[Call]:
    for unit in UNITS:
        for key, value in settings(unit):
            if key == "ExecStart":
                yield Call(unit.name, tuple(shlex.split(value)[1:]))


def _of_pages() -> Iterator[Call]:
    for page in PAGES:
        text = page.read_text("utf-8")
        fenced = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
        lines = [line for block in fenced for line in re.sub(r"\\\n\s*", " ", block).splitlines()]
        inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
        for line in [*lines, *inline]:
            for found in filter(None, arguments_of(line)):
                yield Call(f"{page.name}: {line.strip()}", found)


def arguments_of(line: str) -> Iterator[tuple[str, ...]]:
    """Find what `isthmus` is called with in a line of a shell, directly or inside a container."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return
    for at, word in enumerate(words):
        if _calls(word, words[:at], words[at + 1 :]):
            yield _until_end(words[at + 1 :])


def _calls(word: str, before: Sequence[str], after: Sequence[str]) -> bool:
    """Tell whether what stands behind a word are arguments of `isthmus`."""
    if word == "isthmus":
        return not before or before[-1] in {"--", *_ENDS} or before[-2:-1] == ["exec"]
    if re.fullmatch(r"isthmus:[\d.]+", word):
        return "run" in before
    in_compose = word in {"web", "migrate"} and before[-1:] == ["--rm"] and bool(after)
    return in_compose or word.endswith("/bin/isthmus")


def _until_end(words: Sequence[str]) -> tuple[str, ...]:
    end = next((at for at, word in enumerate(words) if word in _ENDS), len(words))
    return tuple(words[:end])
