"""The questions of `isthmus init`: which systems, each setting, a try at once, and what the doctor thinks of it.

Nothing is written before the last question is answered, so that whoever gives up leaves nothing behind.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.markup import escape

from isthmus.admin.doctor.diagnosis import Visit
from isthmus.bootstrap.config import FILE, ConfigError
from isthmus.bootstrap.examining import examine
from isthmus.bootstrap.trying import Filled, introduced, leads_inside
from isthmus.bootstrap.wiring import App
from isthmus.cli.asking import ask_address, ask_form, ask_places, ask_zone, choose
from isthmus.cli.doctor import MARK, progress, show_visit
from isthmus.cli.project import run_async, with_app
from isthmus.cli.project_files import Project, write
from isthmus.cli.show import out
from isthmus.cli.trial import trial
from isthmus.ports.connector import Manifest
from isthmus.ports.errors import Trouble
from isthmus.ports.probe import Report, Severity


@dataclass(slots=True)
class Wizard:
    """One conversation; `folder` is where the project is to be."""

    folder: Path

    def run(self) -> None:
        """Ask, try, write, and let the doctor look."""
        out.print("A new project. Ctrl-C at any question leaves everything as it was.")
        shop, erp = choose("shop", "Shop"), choose("erp", "ERP")
        if typer.confirm("Try it with local simulators of both first?", default=False):
            trial(self.folder, shop.slug, erp.slug)
            return
        sold, shop_said = self._connect("shop", shop)
        booked, erp_said = self._connect("erp", erp)
        project = Project(
            name=typer.prompt("Name of the project", default=self.folder.resolve().name),
            connections=[sold, booked],
            public_url=ask_address(),
            time_zone=ask_zone(erp_said, shop_said),
            places=ask_places(erp_said, shop_said),
        )
        write(self.folder, project)
        out.print(f"wrote {self.folder / FILE} and {self.folder / '.env'} (the secrets: only you may read it)")
        if shop_said is not None or erp_said is not None:
            self._examine()
        where = "" if self.folder == Path() else f" -C {shlex.quote(str(self.folder))}"
        out.print(f"next: isthmus doctor{where} --sample, and then: isthmus up{where}", soft_wrap=True)

    def _connect(self, name: str, manifest: Manifest) -> tuple[Filled, Report | None]:
        """Ask for the settings of a connection until its system answers, or until they are to be corrected later."""
        filled = Filled(name, manifest, {})
        while True:
            out.print(f"\n[bold]{escape(manifest.name)}[/bold] (where to find what is asked: {escape(manifest.docs)})")
            filled = ask_form(filled)
            if leads_inside(filled):
                meant = typer.confirm("That leads to this machine or into your own network. Is it meant?", default=True)
                filled = Filled(name, manifest, filled.values, allow_private=meant)
            try:
                report = run_async(introduced(filled))
            except (ConfigError, Trouble) as wrong:
                out.print(f"{MARK[Severity.PROBLEM]} {escape(str(wrong))}")
                if not typer.confirm("Correct it now?", default=True):
                    return filled, None
                continue
            out.print(f"{MARK[Severity.OK]} {escape(report.account)}, {escape(report.version)}")
            return filled, report

    def _examine(self) -> None:
        """Let the doctor look at what was just written; a system that is not there yet is one of its findings."""

        async def look(app: App) -> Visit:
            with progress() as told:
                return await examine(app, told)

        out.print("\nThe doctor looks at both:")
        show_visit(with_app(self.folder, look))
