"""Speaks to a simulated Odoo the way a careful integration does."""

from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from isthmus.simulators.odoo import OdooWorld

UIDS = {"demo": 2, "limited": 6}


class Refused(Exception):
    """The answer was an error; `name` is what a caller classifies by."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["data"]["message"])
        self.code = error["code"]
        self.name = error["data"]["name"]
        self.message = error["data"]["message"]
        self.data = error["data"]


@dataclass
class Caller:
    """Calls as one user; every method returns the result or raises `Refused`."""

    client: TestClient
    world: OdooWorld
    login: str = "demo"
    key: str = "demo-key"

    async def rpc(self, service: str, method: str, *args: Any) -> dict[str, Any]:
        """Return the whole JSON-RPC answer."""
        params = {"service": service, "method": method, "args": list(args)}
        answer = await self.client.post(
            "/jsonrpc", json={"jsonrpc": "2.0", "method": "call", "id": 7, "params": params}
        )
        assert answer.status == 200
        return await answer.json()

    async def kw(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a model; `None` when the answer has no result."""
        uid = UIDS[self.login]
        told = await self.rpc("object", "execute_kw", "demo", uid, self.key, model, method, list(args), kwargs)
        if "error" in told:
            raise Refused(told["error"])
        return told.get("result")

    async def json2(self, model: str, method: str, body: Any = None, **headers: str) -> ClientResponse:
        """Call a method through JSON-2 and return the bare response."""
        sent = {"Authorization": f"bearer {self.key}", "X-Odoo-Database": "demo", **headers}
        return await self.client.post(f"/json/2/{model}/{method}", json={} if body is None else body, headers=sent)

    async def one(self, model: str, *domain: Any) -> int:
        """Return the id of the record a domain is about."""
        return (await self.kw(model, "search", list(domain), limit=1))[0]

    async def sku(self, code: str) -> int:
        """Return a variant by its code."""
        return await self.one("product.product", ["default_code", "=", code])

    async def buyer(self, **more: Any) -> int:
        """Create a customer."""
        return await self.kw("res.partner", "create", {"name": "Buyer 17", "email": "buyer17@example.com", **more})

    async def order(self, *lines: dict[str, Any], **more: Any) -> int:
        """Create an order of `lines` for a new customer."""
        head = {"partner_id": more.pop("partner_id", None) or await self.buyer(), **more}
        return await self.kw("sale.order", "create", {**head, "order_line": [[0, 0, line] for line in lines]})

    async def read(self, model: str, record_id: int, *fields: str, **kwargs: Any) -> dict[str, Any]:
        """Return one record."""
        return (await self.kw(model, "read", [record_id], list(fields), **kwargs))[0]

    async def free(self, product: int, warehouse: str = "WH") -> float:
        """Return what is free of a product in a warehouse."""
        place = await self.one("stock.warehouse", ["code", "=", warehouse])
        context = {"warehouse_id": place, "warehouse": place}
        return (await self.read("product.product", product, "free_qty", context=context))["free_qty"]
