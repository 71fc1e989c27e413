"""All routes of the web face."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route

from isthmus.engine.engine import Engine
from isthmus.web.health import Health
from isthmus.web.ingress import Ingress


def web_app(engine: Engine, project: str) -> Starlette:
    """Return the application for one project."""
    health = Health(engine)
    ingress = Ingress(engine)
    routes: Sequence[BaseRoute] = [
        Route("/hooks/{connection}", ingress.take, methods=["POST"]),
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
    ]
    return Starlette(routes=[*routes])
