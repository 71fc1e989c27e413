"""The doctor with the parts of an opened project."""

from collections.abc import Sequence
from datetime import timedelta

from isthmus.admin.doctor.diagnosis import Told, Visit
from isthmus.admin.doctor.sample import Rehearsal, Sample
from isthmus.admin.doctor.visit import PATIENCE, Doctor, Wish
from isthmus.bootstrap.checks import FILE, ConfigError
from isthmus.bootstrap.wiring import App, flow_settings
from isthmus.flows.settings import OrderSettings, StockSettings
from isthmus.kit.names import nearest


async def examine(app: App, told: Told, *, connection: str = "", flow: str = "", limit: timedelta = PATIENCE) -> Visit:
    """Return what is not well with a project, or a connection or flow of it. Raises `ConfigError` for another name."""
    settings = _named(app, connection, flow)
    wish = Wish(connection, flow, limit)
    return await Doctor(app.context, settings, app.config.zone, app.config.public_url, wish, told).round()


async def rehearse(app: App, *, connection: str = "", flow: str = "") -> list[Sample]:
    """Return the newest order of each order flow on paper. Raises `ConfigError`, `Trouble`."""
    settings = _named(app, connection, flow)
    wanted = [
        each
        for each in settings
        if isinstance(each, OrderSettings)
        and flow in ("", each.name)
        and connection in ("", each.source, each.destination)
    ]
    found = [await Rehearsal(app.context, each).sample() for each in wanted]
    return [each for each in found if each is not None]


def _named(app: App, connection: str, flow: str) -> Sequence[OrderSettings | StockSettings]:
    settings = flow_settings(app.config)
    for what, name, there in (
        ("connection", connection, list(app.config.connections)),
        ("flow", flow, [each.name for each in settings]),
    ):
        if name and name not in there:
            message = f"{FILE}: there is no {what} {name!r}{nearest(name, there)}; there are: {', '.join(there)}"
            raise ConfigError(message)
    return settings
