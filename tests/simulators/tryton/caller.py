"""Speaks to a Tryton, simulated or real, the way a careful integration does."""

import base64
import gzip
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from aiohttp import ClientResponse, ClientSession, hdrs


class Refused(Exception):
    """The answer was an error; `name` is what a caller classifies by, `told` the rest."""

    def __init__(self, error: list[Any]) -> None:
        super().__init__(str(error))
        self.name = error[0]
        self.told = error[1]

    @property
    def message(self) -> str:
        """The sentence people read."""
        return self.told[0] if isinstance(self.told, list) else str(self.told)


class Turned(Exception):
    """The answer was no JSON at all but a page with this status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


@dataclass
class Caller:
    """Calls as one user; every method returns the result or raises `Refused` or `Turned`."""

    session: ClientSession
    root: str
    database: str = "demo"
    login: str = "demo"
    password: str = "demo-password"
    context: dict[str, Any] = field(default_factory=lambda: {"company": 1})
    authorization: str | None = None

    async def post(self, path: str, body: Any, **headers: str) -> ClientResponse:
        """Post JSON and return the bare answer, its body not unpacked."""
        sent = {"Content-Type": "application/json", "Accept-Encoding": "gzip", **headers}
        return await self.session.post(f"{self.root}{path}", data=json.dumps(tagged(body)), headers=sent)

    async def rpc(self, body: Any, path: str | None = None, **headers: str) -> Any:
        """Return what an RPC call answered. Raises `Turned`."""
        if self.authorization:
            headers.setdefault("Authorization", self.authorization)
        answer = await self.post(path or f"/{self.database}/rpc/", body, **headers)
        raw = await answer.read()
        if answer.status != 200:
            raise Turned(answer.status, raw.decode())
        return json.loads(unpacked(answer, raw))

    async def enter(self) -> list[Any]:
        """Log in and use the session from now on."""
        told = await self.rpc(
            {"id": 0, "method": "common.db.login", "params": [self.login, {"password": self.password}]}
        )
        if "error" in told:
            raise Refused(told["error"])
        uid, token, _bus = told["result"]
        self.authorization = "Session " + base64.b64encode(f"{self.login}:{uid}:{token}".encode()).decode()
        return told["result"]

    async def __call__(self, method: str, *params: Any, **context: Any) -> Any:
        """Call `model.party.party.search` and the like; keyword arguments go into the context."""
        if self.authorization is None:
            await self.enter()
        told = await self.rpc({"id": 1, "method": method, "params": [*params, {**self.context, **context}]})
        if "error" in told:
            raise Refused(told["error"])
        return told["result"]

    async def find(self, model: str, domain: list[Any], *fields: str, **context: Any) -> list[dict[str, Any]]:
        """Return the records of a domain by id."""
        return await self(f"model.{model}.search_read", domain, 0, None, [["id", "ASC"]], list(fields), **context)

    async def one(self, model: str, *clauses: Any) -> int:
        """Return the first record a domain is about."""
        return (await self(f"model.{model}.search", list(clauses), 0, 1, [["id", "ASC"]]))[0]

    async def make(self, model: str, **values: Any) -> int:
        """Create one record."""
        return (await self(f"model.{model}.create", [values]))[0]

    async def read(self, model: str, record_id: int, *fields: str, **context: Any) -> dict[str, Any]:
        """Return one record."""
        return (await self(f"model.{model}.read", [record_id], list(fields), **context))[0]

    async def buyer(self, **more: Any) -> int:
        """Create a customer with an address."""
        address = [["create", [{"street": "1 Street", "postal_code": "10001", "city": "New York"}]]]
        return await self.make("party.party", **{"name": "Buyer 17", "addresses": address, **more})

    async def sale(self, *lines: dict[str, Any], **more: Any) -> int:
        """Create a sale of `lines` for a new customer."""
        buyer = more.pop("party", None) or await self.buyer()
        (address,) = (await self.read("party.party", buyer, "addresses"))["addresses"]
        head = {
            "party": buyer,
            "invoice_address": address,
            "shipment_address": address,
            "warehouse": await self.one("stock.location", ["type", "=", "warehouse"], ["code", "=", "WH"]),
            "shipment_cost_method": None,
            **more,
        }
        return await self.make("sale.sale", **head, lines=[["create", [{"type": "line", **line} for line in lines]]])

    async def line(self, sku: str, quantity: float, price: str, **more: Any) -> dict[str, Any]:
        """Return the values of a line."""
        product = await self.one("product.product", ["code", "=", sku])
        unit = await self.one("product.uom", ["name", "=", "Unit"])
        return {"product": product, "unit": unit, "quantity": quantity, "unit_price": Decimal(price), **more}

    async def sold(self, sale: int) -> dict[str, Any]:
        """Quote and confirm a sale, and return its states."""
        await self("model.sale.sale.quote", [sale])
        await self("model.sale.sale.confirm", [sale])
        return await self.read("sale.sale", sale, "state", "number", "shipment_state", "invoice_state", "shipments")


def unpacked(answer: ClientResponse, raw: bytes) -> bytes:
    """Return the body; the header is believed only when the bytes agree (the session must not unpack by itself)."""
    return (
        gzip.decompress(raw) if answer.headers.get(hdrs.CONTENT_ENCODING) == "gzip" and raw[:2] == b"\x1f\x8b" else raw
    )


def tagged(value: Any) -> Any:
    """Return a value as Tryton's JSON carries it; everything else is told in tags by the tests themselves."""
    if isinstance(value, dict):
        return {name: tagged(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [tagged(part) for part in value]
    return {"__class__": "Decimal", "decimal": str(value)} if isinstance(value, Decimal) else value


def decimal(told: dict[str, str]) -> Decimal:
    """Return the amount in a tag."""
    assert told["__class__"] == "Decimal"
    return Decimal(told["decimal"])
