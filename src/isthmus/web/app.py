"""All routes of the web face."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from isthmus.engine.engine import Engine
from isthmus.web.desk import Desk
from isthmus.web.files import Static
from isthmus.web.guard import Guard
from isthmus.web.health import Health
from isthmus.web.ingress import Ingress
from isthmus.web.pages.home import Home
from isthmus.web.pages.jobs import Jobs
from isthmus.web.pages.order import OneOrder
from isthmus.web.pages.orders import Orders
from isthmus.web.pages.parked import Questions
from isthmus.web.pages.retry import Retry
from isthmus.web.pages.wrong import Wrong


def web_app(engine: Engine, project: str, public_url: str = "") -> Starlette:
    """Return the application for one project.

    People reach the pages under a local name; with `public_url` also under its host.
    """
    health = Health(engine)
    ingress = Ingress(engine)
    desk = Desk(engine, project, public_url)
    routes = [
        # A method, not the object: Starlette takes an object for an application of its own.
        Route("/hooks/{connection}", ingress.take, methods=["POST"]),
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        Route("/", Home(desk).show),
        Route("/orders", Orders(desk).show),
        Route("/orders/{connection}/{external_id:path}", OneOrder(desk).show),
        Route("/parked", Questions(desk).show),
        Route("/jobs/{flow:path}", Jobs(desk).show),
        Route("/retry", Retry(desk).act, methods=["POST"]),
        Mount("/static", Static(packages=[("isthmus.web", "static")])),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, public_url=public_url)],
        exception_handlers=Wrong(desk).handlers,
    )
