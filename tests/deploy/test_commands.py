"""Every command in the deploy files and their pages is one that exists, with options that exist."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
import typer.main

from isthmus.cli.app import app
from tests.deploy.coming import COMING
from tests.deploy.files import DOCKERFILE, PAGES, Call, arguments_of, calls, instructions

ROLES = {"up", "web", "worker", "scheduler", "migrate", "health"}


def name_of(call: Call) -> str:
    return call.where


@pytest.mark.parametrize("call", calls(), ids=name_of)
def test_the_command_and_its_options_exist(call: Call) -> None:
    check(call.arguments)


def test_an_option_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(Exception, match="No such option: --jsno"):
        check(["status", "--jsno"])
    with pytest.raises(AssertionError, match="no command 'statsu'"):
        check(["statsu"])
    with pytest.raises(Exception, match="unexpected extra argument"):
        check(["status", "now"])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("isthmus status --json | jq .well", [("status", "--json")]),
        ("sudo -u isthmus /opt/isthmus/bin/isthmus parked -C /etc/isthmus", [("parked", "-C", "/etc/isthmus")]),
        ("docker run --rm isthmus:0.1.0 init", [("init",)]),
        (
            "docker compose -f deploy/compose.yaml run --rm migrate migrate --phase post",
            [("migrate", "--phase", "post")],
        ),
        ("docker compose -f deploy/compose.yaml exec web isthmus status", [("status",)]),
        ("kubectl -n isthmus exec deploy/isthmus-web -- isthmus status", [("status",)]),
        ("useradd --system isthmus", []),
        ("install -o isthmus -g isthmus -m 0600 .env /etc/isthmus/.env", []),
    ],
)
def test_a_call_is_found_in_a_line(line: str, expected: list[tuple[str, ...]]) -> None:
    assert list(arguments_of(line)) == expected


def test_every_process_is_deployed_and_explained() -> None:
    found = calls()
    everywhere = {call.arguments[0] for call in found}
    assert everywhere >= ROLES
    assert {call.arguments[0] for call in found if call.where.startswith(PAGES[0].name)} >= {"up", "migrate", "status"}
    assert {call.arguments[0] for call in found if call.where.startswith(PAGES[1].name)} >= {
        "status",
        "parked",
        "retry",
    }


def test_what_is_said_to_be_coming_is_not_here_yet() -> None:
    root: Any = typer.main.get_command(app)
    here = {name: options(root.commands[name]) for name in COMING if name in root.commands}
    assert {name: COMING[name] & there for name, there in here.items() if COMING[name] & there} == {}


def test_the_image_calls_isthmus_without_a_shell() -> None:
    assert instructions("ENTRYPOINT") == ['["isthmus"]']
    assert re.search(r"^(?:CMD|ENTRYPOINT) [^\[]", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE) is None


def commands_in(where: str) -> set[str]:
    return {call.arguments[0] for call in calls() if call.where.startswith(where)}


def options(command: Any) -> set[str]:
    return {option for each in command.params for option in (*each.opts, *each.secondary_opts)}


def check(arguments: Sequence[str]) -> None:
    """Parse a call as the program would, without running it."""
    command: Any = typer.main.get_command(app)
    context: Any = command.context_class(command, info_name="isthmus")
    name, rest = "isthmus", list(arguments)
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        name, *rest = rest
        if name not in command.commands and name in COMING:
            assert without(rest, {*COMING[name], "-C", "--dir"}) == [], f"{name}: {rest}"
            return
        assert name in command.commands, f"there is no command {name!r}"
        command = command.commands[name]
    command.make_context(name, without(rest, COMING.get(name, frozenset())), parent=context)


def without(words: Sequence[str], some: set[str] | frozenset[str]) -> list[str]:
    """Return the words without these options and their values."""
    kept: list[str] = []
    skip = False
    for word in words:
        if skip or word in some:
            skip = not skip
        else:
            kept.append(word)
    return kept
