"""The web client's routes: versions, sessions with a cookie, `call_kw`.

Programs should not use them; some client libraries do, so they are here.
"""

import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.accounts import FULL, LIMITED
from isthmus.simulators.odoo.errors import AccessDenied, SessionExpired
from isthmus.simulators.odoo.models.base import User
from isthmus.simulators.odoo.protocols.jsonrpc import served
from isthmus.simulators.odoo.protocols.wire import answer, page, source
from isthmus.simulators.odoo.service import Service
from isthmus.simulators.shapes import listed

COOKIE = "session_id"


class Sessions:
    """The cookies given out, by uid."""

    def __init__(self, service: Callable[[], Service]) -> None:
        """Serve what `service` gives as the server of now."""
        self._service = service
        self._open: dict[str, int] = {}

    def forget(self) -> None:
        """End every session."""
        self._open.clear()

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/web/version", self._version),
            web.get("/json/version", self._version),
            web.post("/web/webclient/version_info", self._version_info),
            web.post("/web/session/authenticate", self._authenticate),
            web.post("/web/session/get_session_info", self._info),
            web.post("/web/session/destroy", self._destroy),
            web.post("/web/dataset/call_kw", self._call),
            web.post("/web/dataset/call_kw/{path:.*}", self._call),
        ]

    async def _version(self, _request: web.Request) -> web.Response:
        version = self._service().version
        if self._service().database.version < versions.JSON2:
            return page(404, "Not Found", "The requested URL was not found on the server.")
        return answer({"version_info": version["server_version_info"], "version": version["server_version"]})

    async def _version_info(self, request: web.Request) -> web.Response:
        return await served(self._service(), request, lambda _params: self._service().version)

    async def _authenticate(self, request: web.Request) -> web.Response:
        token = secrets.token_hex(20)

        def work(params: dict[str, Any]) -> Any:
            service = self._service()
            service.open(params.get("db"))
            uid = service.accounts.login(params.get("login"), params.get("password"), source(request))
            if uid is None:
                raise AccessDenied
            self._open[token] = uid
            return self._about(uid)

        response = await served(self._service(), request, work)
        if token in self._open:
            response.set_cookie(COOKIE, token, httponly=True)
        return response

    async def _info(self, request: web.Request) -> web.Response:
        return await served(self._service(), request, lambda _params: self._about(self._user(request)))

    async def _destroy(self, request: web.Request) -> web.Response:
        self._open.pop(request.cookies.get(COOKIE, ""), None)
        return await served(self._service(), request, lambda _params: None)

    async def _call(self, request: web.Request) -> web.Response:
        def work(params: dict[str, Any]) -> Any:
            uid, model, method = self._user(request), params.get("model", ""), params.get("method", "")
            return self._service().call(uid, model, method, listed(params.get("args")), params.get("kwargs") or {})

        return await served(self._service(), request, work)

    def _user(self, request: web.Request) -> int:
        uid = self._open.get(request.cookies.get(COOKIE, ""))
        if uid is None:
            message = "Session expired"
            raise SessionExpired(message)
        return uid

    def _about(self, uid: int) -> dict[str, Any]:
        service = self._service()
        env = service.database.env(uid)
        user = env.of(User)
        row = user.row(uid)
        return {
            "uid": uid,
            "is_admin": uid == FULL.uid,
            "is_system": uid != LIMITED.uid,
            "user_context": user.context(),
            "db": service.name,
            "username": row["login"],
            "name": user.get(row, "name"),
            "partner_id": row["partner_id"],
            "company_id": row["company_id"],
            "server_version": service.version["server_version"],
            "server_version_info": service.version["server_version_info"],
        }
