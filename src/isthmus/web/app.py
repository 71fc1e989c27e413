"""All routes of the web face."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route

from isthmus.bootstrap.answering import RowAnswers
from isthmus.engine.engine import Engine
from isthmus.web.admission import Limits as Admission
from isthmus.web.desk import Desk
from isthmus.web.face import Face
from isthmus.web.files import Static
from isthmus.web.guard import Guard
from isthmus.web.health import Health
from isthmus.web.ingress import Ingress
from isthmus.web.pages.answer import Answer
from isthmus.web.pages.drift import Drift
from isthmus.web.pages.hold import Hold
from isthmus.web.pages.home import Home
from isthmus.web.pages.jobs import Jobs
from isthmus.web.pages.limits import Limits
from isthmus.web.pages.order import OneOrder
from isthmus.web.pages.orders import Orders
from isthmus.web.pages.parked import Questions
from isthmus.web.pages.proof import Proof
from isthmus.web.pages.proof_rows import ProofRows
from isthmus.web.pages.retry import Retry
from isthmus.web.pages.wrong import Wrong


def web_app(
    engine: Engine,
    project: str,
    public_url: str = "",
    *,
    key: bytes = b"",
    proxies: Sequence[str] = (),
    limits: Admission | None = None,
    rows: RowAnswers | None = None,
) -> Face:
    """Return the application for one project.

    People reach the pages under a local name; with `public_url` also under its host. Processes that serve the same
    pages sign their forms with the same `key`. `proxies` are the addresses of reverse proxies of ours, whose word about
    where a request came from is taken; `limits` say how much intake takes on. With `rows`, what a word is in the other
    system can be said on the page of questions.
    """
    ingress = Ingress(engine, limits, proxies)
    health = Health(engine, ingress)
    desk = Desk(engine, project, public_url, key, rows)
    pages = Starlette(
        routes=[*_health(health), *_pages(desk), Mount("/static", Static(packages=[("isthmus.web", "static")]))],
        middleware=[Middleware(Guard, public_url=public_url)],
        exception_handlers=Wrong(desk).handlers,
    )
    return Face(pages, ingress, proxies)


# Methods, not the objects: Starlette takes an object for an application of its own.


def _health(health: Health) -> list[Route]:
    return [Route("/health/live", health.live), Route("/health/ready", health.ready)]


def _pages(desk: Desk) -> list[Route]:
    proof, rows, drift = Proof(desk), ProofRows(desk), Drift(desk)
    return [
        Route("/", Home(desk).show),
        Route("/orders", Orders(desk).show),
        Route("/orders/{connection}/{external_id:path}", OneOrder(desk).show),
        Route("/parked", Questions(desk).show),
        Route("/jobs/{flow:path}", Jobs(desk).show),
        Route("/answer", Answer(desk).act, methods=["POST"]),
        Route("/proof", proof.show),
        Route("/proof.csv", proof.csv),
        Route("/proof.json", proof.json),
        Route("/proof/compare", rows.compare, methods=["POST"]),
        Route("/proof/again", rows.again, methods=["POST"]),
        Route("/proof/accept", rows.accept, methods=["POST"]),
        Route("/proof/{run:int}", rows.show),
        Route("/limits", Limits(desk).show),
        Route("/drift", drift.show),
        Route("/drift/accept", drift.accept, methods=["POST"]),
        Route("/retry", Retry(desk).act, methods=["POST"]),
        Route("/hold", Hold(desk).act, methods=["POST"]),
    ]


def health_app(engine: Engine) -> Face:
    """Return the application of a process without pages: is it alive, and can it work."""
    ingress = Ingress(engine, None, ())
    return Face(Starlette(routes=_health(Health(engine, ingress))), ingress, (), deliveries=False)
