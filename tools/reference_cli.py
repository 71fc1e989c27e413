"""The command page of the reference, read from the Typer or click application.

Typer carries a click of its own, so nothing here asks what class a command has, only what it offers.
"""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import typer
import typer.main

from tools.reference_source import cell, table

#: Options every application gets from its library; they say nothing about ours.
_LIBRARY_OPTIONS = frozenset({"help", "install_completion", "show_completion"})


def command_pages(module: ModuleType) -> str | None:
    """Return the page for the application a module holds, or None when it holds none."""
    command = find_application(module)
    if command is None:
        return None
    parts = ["# Commands\n\n`isthmus --help` says the same at the terminal.\n"]
    parts += [_section(context) for context in _walk(_context(command, "isthmus", None))]
    return "\n".join(parts)


def find_application(module: ModuleType) -> Any:
    """Return the command a module's Typer or click application amounts to, the one named `app` before others."""
    held = vars(module)
    for candidate in [held.get("app"), *held.values()]:
        if isinstance(candidate, typer.Typer):
            return typer.main.get_command(candidate)
        if not isinstance(candidate, type) and hasattr(candidate, "collect_usage_pieces"):
            return candidate
    return None


def _context(command: Any, name: str, parent: Any) -> Any:
    return command.context_class(command, info_name=name, parent=parent)


def _walk(context: Any) -> Iterator[Any]:
    yield context
    group = context.command
    if hasattr(group, "list_commands"):
        for name in sorted(group.list_commands(context)):
            child = group.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _walk(_context(child, name, context))


def _section(context: Any) -> str:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    # A form feed ends what is meant for people in click's help texts.
    words = (command.help or command.short_help or "").split("\f")[0].strip()
    text = f"## `{context.command_path}`\n\n{words}\n\n```\n{usage}\n```\n"
    rows = [_row(one) for one in command.get_params(context) if _is_ours(one)]
    return f"{text}\n{table(('option', 'meaning', 'default'), rows)}" if rows else text


def _is_ours(parameter: Any) -> bool:
    return parameter.name not in _LIBRARY_OPTIONS and not getattr(parameter, "hidden", False)


def _row(parameter: Any) -> tuple[str, str, str]:
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    shown = str(parameter.name).upper() if parameter.param_type_name == "argument" else names
    words = str(getattr(parameter, "help", None) or "")
    if parameter.envvar:
        where = parameter.envvar if isinstance(parameter.envvar, str) else ", ".join(parameter.envvar)
        words = f"{words} (environment: {where})".strip()
    return f"`{cell(shown)}`", cell(words), _default(parameter)


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    # "No default" is an object of click's own, and an empty text or list says nothing.
    return f"`{cell(str(value))}`" if isinstance(value, str | int | float) and value != "" else ""
