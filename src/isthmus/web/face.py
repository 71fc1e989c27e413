"""The whole web face: deliveries go straight to the ingress, everything else to the pages."""

from collections.abc import Sequence
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from isthmus.web.guard import LOCAL
from isthmus.web.ingress import HOOKS, Ingress


class Face:
    """An ASGI application. Deliveries pay for neither routing nor the headers of pages."""

    def __init__(
        self, pages: ASGIApp, ingress: Ingress, proxies: Sequence[str] = (), *, deliveries: bool = True
    ) -> None:
        """Serve both, or pages only; what a proxy of ours, or one on this machine, says of https is taken for pages."""
        self.ingress = ingress
        self._deliveries = deliveries
        made: Any = ProxyHeadersMiddleware(cast("Any", pages), trusted_hosts=[*LOCAL, *proxies])  # of uvicorn's types
        self._pages: ASGIApp = made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._deliveries and scope["type"] == "http" and scope["path"].startswith(HOOKS):
            await self.ingress(scope, receive, send)
        else:
            await self._pages(scope, receive, send)
