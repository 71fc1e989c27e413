"""A bar for work that goes through tables row by row."""

from collections.abc import Generator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from isthmus.cli.show import err
from isthmus.store.copy import Told


@contextmanager
def rows_told(*stages: str, sides: int = 1) -> Generator[Told]:
    """Yield what hears of rows; `sides` is how often the last stage goes through all of them."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        yield _teller(bar, stages, sides)


def _teller(bar: Progress, stages: tuple[str, ...], sides: int) -> Told:
    tasks = {stage: bar.add_task(stage, total=None, start=False) for stage in stages}
    rows_in_all = 0

    def told(stage: str, name: str, rows: int) -> None:
        nonlocal rows_in_all
        if stage == "count":
            rows_in_all += rows
            for each, task in tasks.items():
                bar.update(task, total=rows_in_all * (sides if each == stages[-1] else 1))
        elif stage in tasks:
            bar.start_task(tasks[stage])
            bar.update(tasks[stage], description=f"{stage} {name}", advance=rows)

    return told
