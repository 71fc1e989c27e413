"""`/<db>/rest/model/...`: plain JSON with an application key, and `/<db>/r/user/application/`, which asks for one."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from aiohttp import web

from isthmus.simulators.shapes import is_list, is_object
from isthmus.simulators.tryton.errors import AccessError, Page, PythonError, TrytonError, UserError, UserWarned
from isthmus.simulators.tryton.protocols.wire import NotJson, json_body, page, sent, tagged, untagged
from isthmus.simulators.tryton.seed import SUPERUSER
from isthmus.simulators.tryton.service import Service

_COUNT_AHEAD = 10  # a total beyond ten times what was asked for is told as "*"
Call = Callable[[Service, web.Request, int], Any]


def routes(service: Callable[[], Service]) -> list[web.RouteDef]:
    """Return the routes; `service` gives the server as it is now."""

    def door(call: Call) -> Callable[[web.Request], Any]:
        async def handler(request: web.Request) -> web.StreamResponse:
            return await _served(service(), request, call)

        return handler

    async def application(request: web.Request) -> web.StreamResponse:
        return await _application(service(), request)

    root = "/{db}/rest/model/{name}"
    return [
        web.get(root, door(_search)),
        web.get(root + r"/{id:\d+}", door(_get)),
        web.post(root, door(_create)),
        web.put(root + r"/{id:\d+}", door(_update)),
        web.delete(root + r"/{id:\d+}", door(_delete)),
        web.post(root + r"/{id:\d+}/{action}", door(_action)),
        web.post(root + "/{action}", door(_action)),
        web.post("/{db}/r/user/application/", application),
        web.delete("/{db}/r/user/application/", application),
        web.post("/{db}/user/application/", _moved),
        web.delete("/{db}/user/application/", _moved),
    ]


async def _moved(request: web.Request) -> web.StreamResponse:
    """Send callers of the old path on; the verb and the body have to be sent again."""
    target = f"/{request.match_info['db']}/r/user/application/"
    return web.Response(status=308, headers={"Location": str(request.url.with_path(target))}, content_type="text/html")


async def _served(server: Service, request: web.Request, call: Call) -> web.StreamResponse:
    if request.match_info["db"] != server.name:
        return page(404)
    try:
        await json_body(request)
        uid = _user(server, request)
        if request.match_info["name"] not in server.database.models:
            return page(500, repr(request.match_info["name"]))
        told = call(server, request, uid)
    except NotJson:
        return page(400, "Unable to read JSON request")
    except Page as refused:
        return page(refused.status, refused.text)
    except (UserError, UserWarned) as wrong:
        return _json({"status": 400, "message": wrong.message, "description": wrong.description}, 400)
    except TrytonError as wrong:
        return page(wrong.status, str(wrong.args[0]))
    except PythonError as wrong:
        return page(500, str(wrong))
    answer = told if isinstance(told, web.StreamResponse) else web.Response(status=204) if told is None else _json(told)
    answer.headers["Content-Language"] = (_language(request) or "en").replace("_", "-")
    return answer


def _json(content: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(tagged(content)), status=status, content_type="application/json")


def _user(server: Service, request: web.Request) -> int:
    kind, _, told = request.headers.get("Authorization", "").partition(" ")
    key = told.strip()
    if kind.lower() == "basic":
        try:
            key = base64.b64decode(told, validate=True).decode().partition(":")[2]
        except (ValueError, UnicodeDecodeError):
            raise Page(401) from None
    keys = server.database.env(SUPERUSER)["res.user.application"].table
    found = [keys.rows[i] for i in keys.where("key", key)] if kind.lower() in ("basic", "bearer") else []
    valid = [row for row in found if row["state"] == "validated" and row["application"] == "rest"]
    if not valid or server.accounts.key_refused():
        raise Page(401)
    return valid[0]["user"]


def _context(request: web.Request) -> dict[str, Any]:
    told = request.headers.get("X-Tryton-Context")
    context: dict[str, Any] = _decoded(told) if told else {}
    language = _language(request)
    return {**context, **({"language": language} if language else {})}


def _language(request: web.Request) -> str:
    told = request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()
    return told.replace("-", "_")


def _decoded(told: str) -> Any:
    try:
        return untagged(msgspec.json.decode(base64.urlsafe_b64decode(told)))
    except (binascii.Error, msgspec.DecodeError, ValueError, KeyError, TypeError) as wrong:
        raise PythonError(str(wrong)) from None


def _fields(request: web.Request) -> list[str]:
    asked = request.query.getall("f", ["rec_name"])
    names = {"id", "__name__", *asked}
    for path in asked:
        links = path.split(".")[:-1]
        while links:
            names |= {".".join((*links, "id")), ".".join((*links, "__name__"))}
            links.pop()
    return sorted(names)


def _plain(told: Any) -> Any:
    """Return what was read with `"party."` as `"party"`."""
    if is_list(told):
        return [_plain(one) for one in told]
    if not is_object(told):
        return told
    plain = {name: value for name, value in told.items() if not name.endswith(".")}
    return plain | {name[:-1]: _plain(value) for name, value in told.items() if name.endswith(".")}


def _model(server: Service, request: web.Request, uid: int, method: str, *args: Any) -> Any:
    return server.done(uid, request.match_info["name"], method, args, _context(request))


def _record(server: Service, request: web.Request, uid: int) -> int:
    wanted = int(request.match_info["id"])
    if not _model(server, request, uid, "search", [["id", "=", wanted]]):
        raise Page(404)
    return wanted


def _read(server: Service, request: web.Request, uid: int, record_id: int) -> Any:
    return _plain(_model(server, request, uid, "read", [record_id], _fields(request)))[0]


def _search(server: Service, request: web.Request, uid: int) -> Any:
    query = request.query
    domain: Any = _decoded(query["d"]) if "d" in query else []
    order = _decoded(query["o"]) if "o" in query else None
    told = _range(request)
    offset, limit = told or (int(query.get("p", 0)), int(query["s"]) if "s" in query else None)
    found = _plain(_model(server, request, uid, "search_read", domain, offset, limit, order, _fields(request)))
    if told is None:
        return found
    if not found and offset:
        raise Page(416)
    most = len(found) if limit is None else limit
    total: int | str = offset + len(found)
    if len(found) >= most:
        ahead = _COUNT_AHEAD * (most + offset)
        total = _model(server, request, uid, "search_count", domain, 0, ahead)
        total = "*" if isinstance(total, int) and total >= ahead else total
    answer = _json(found)
    answer.headers["Accept-Ranges"] = "records"
    answer.headers["Content-Range"] = f"records {offset}-{offset + len(found)}/{total}"
    return answer


def _range(request: web.Request) -> tuple[int, int | None] | None:
    told = request.headers.get("Range", "")
    if not told or "," in told:
        return None
    first, _, last = told.partition("=")[2].partition("-")
    if not first.isdigit():
        return None
    return int(first), int(last) - int(first) if last.isdigit() else None


def _get(server: Service, request: web.Request, uid: int) -> Any:
    try:
        return _read(server, request, uid, int(request.match_info["id"]))
    except AccessError:
        raise Page(404) from None


def _create(server: Service, request: web.Request, uid: int) -> Any:
    (made,) = _model(server, request, uid, "create", [sent(request)])
    return _read(server, request, uid, made)


def _update(server: Service, request: web.Request, uid: int) -> Any:
    record_id = _record(server, request, uid)
    _model(server, request, uid, "write", [record_id], sent(request))
    return _read(server, request, uid, record_id)


def _delete(server: Service, request: web.Request, uid: int) -> None:
    _model(server, request, uid, "delete", [_record(server, request, uid)])


def _action(server: Service, request: web.Request, uid: int) -> Any:
    name, action = request.match_info["name"], request.match_info["action"]
    server.method(name, action)
    named: Mapping[str, Any] = sent(request) or {}
    if "id" not in request.match_info:
        return server.done(uid, name, action, (), _context(request), named=named)
    record_id = _record(server, request, uid)
    try:
        result = server.done(uid, name, action, ([record_id],), _context(request), named=named)
    except AccessError:
        raise Page(403) from None
    return _read(server, request, uid, record_id) if result is None else result


async def _application(server: Service, request: web.Request) -> web.StreamResponse:
    """Ask for a key, or give one back. What became of a request nobody is told."""
    try:
        told = await json_body(request)
    except NotJson:
        return page(400, "Unable to read JSON request")
    if request.match_info["db"] != server.name:
        return page(404)
    if not is_object(told):
        return page(400)
    env = server.database.env(SUPERUSER)
    keys = env["res.user.application"]
    with server.database.store.transaction():
        if request.method == "DELETE":
            keys.remove(keys.table.where("key", str(told.get("key"))))
            return web.Response(status=204)
        users = env.table("res.user").where("login", str(told.get("user")))
        waiting = [i for u in users for i in keys.table.where("user", u) if keys.row(i)["state"] == "requested"]
        made = keys.make([{"user": (users or [1])[0], "application": "rest", "state": "requested"}])[0]
        key: str = keys.row(made)["key"]
        if waiting or not users:
            keys.remove([made])
    return _json(key)
