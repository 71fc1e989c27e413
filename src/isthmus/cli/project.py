"""Open the project a command works on, and turn what can go wrong into words."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import structlog
import uvloop

from isthmus.bootstrap.config import ConfigError, ProjectConfig, read_config
from isthmus.bootstrap.wiring import App, opened
from isthmus.cli.show import fail
from isthmus.store.group import StoreError

T = TypeVar("T")


def project(folder: Path) -> ProjectConfig:
    """Return the project in `folder`, or end with what is wrong with it."""
    try:
        return read_config(folder)
    except ConfigError as wrong:
        fail(str(wrong))
        raise


def with_app(folder: Path, work: Callable[[App], Awaitable[T]]) -> T:
    """Open the project, do `work`, close it, and return the result."""
    config = project(folder)

    async def run() -> T:
        async with opened(config) as app:
            return await work(app)

    try:
        return run_async(run())
    except (ConfigError, StoreError) as wrong:
        fail(str(wrong))
        raise


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def set_up_logs(*, verbose: bool = False) -> None:
    """Send the program's log to standard error, one line per event."""
    # Plain tracebacks: the pretty ones print local variables, secrets and customers included.
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    chain: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=chain)
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    logging.getLogger("isthmus").setLevel(logging.INFO if verbose else logging.WARNING)
