"""One life of a small shop, told to any Tryton; the answers of two of them can be laid side by side.

What differs between two databases for no reason of Tryton's (ids, numbers, times, names of places) is blanked out.
The database needs a company in euros with a chart of accounts, a fiscal year, one accounting category without taxes,
one payment term, one sales tax of 20 per cent called "20%" and one warehouse coded "WH".
"""

import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.simulators.tryton.caller import Caller, Refused, Turned

Notes = dict[str, Any]
_NUMBER = re.compile(r"\d+")
SALE = ("state", "reference", "sale_date", "quotation_date", "shipment_state", "invoice_state", "untaxed_amount",
        "tax_amount", "total_amount", "shipment_method", "invoice_method", "shipment_cost_method", "rec_name", "origin",
        "lines.amount", "lines.movable", "lines.sale_state", "lines.moves_progress", "lines.invoice_progress",
        "lines.summary", "lines.shipping_date", "lines.rec_name")  # fmt: skip


def shape(value: Any, key: str = "") -> Any:
    """Return a value without what no two databases share."""
    if isinstance(value, dict):
        if value.get("__class__") in ("date", "datetime"):
            return value["__class__"]
        return {name: shape(part, name) for name, part in sorted(value.items())}
    if isinstance(value, list):
        return [shape(part, key) for part in value]
    if isinstance(value, bool) or value is None or key in ("quantity", "forecast_quantity", "expected_quantity"):
        return value
    if isinstance(value, int):
        return "<int>"
    return _NUMBER.sub("#", value) if isinstance(value, str) and key != "decimal" else value


def error(told: Refused | Turned) -> Any:
    """Return an error as it can be compared; what Python says of itself is its own affair."""
    if isinstance(told, Turned):
        return ["page", told.status]
    if told.told == "":
        return ["python"]
    if told.name == "ConcurrencyException":
        return [told.name, told.told]
    return [told.name, *(_NUMBER.sub("#", text) for text in told.told[:2] if isinstance(text, str))]


@dataclass
class Play:
    """One play on one Tryton; `tag` makes codes that nobody used before."""

    call: Caller
    tag: str
    notes: Notes = field(default_factory=dict)

    async def note(self, name: str, work: Awaitable[Any]) -> Any:
        """Write down what came of a call and return it, `None` when it was an error."""
        assert name not in self.notes, name
        try:
            answer = await work
        except (Refused, Turned) as wrong:
            self.notes[name] = {"error": error(wrong)}
            return None
        self.notes[name] = shape(answer)
        return answer

    async def __call__(self) -> Notes:
        """Play everything and return the notes."""
        await self.parties()
        await self.domains()
        await self.products()
        await self.stock()
        await self.sales()
        await self.refusals()
        await self.amounts()
        await self.shipments()
        return self.notes

    async def parties(self) -> None:
        """Make and spoil parties."""
        call, note, party = self.call, self.note, "model.party.party"
        made = (await note("party create", call(f"{party}.create", [{"name": f" Ann {self.tag} "}])))[0]
        names = ["name", "addresses", "rec_name", "lang", "full_name", "code_readonly", "active", "email", "phone"]
        await note("party read", call(f"{party}.read", [made], names))
        contacts = [{"type": "email", "value": "a@example.test"}, {"type": "phone", "value": "+32 2 5"}]
        values = {
            "name": "Bob",
            "code": f"{self.tag}-B",
            "addresses": [["create", [{"street": "1 St\nback", "postal_code": "9000", "city": "Gent"}]]],
            "contact_mechanisms": [["create", contacts]],
            "identifiers": [["create", [{"code": "WEB-7"}]]],
        }
        bob = (await note("party with all", call(f"{party}.create", [values])))[0]
        places = ["addresses.rec_name", "addresses.full_address", "addresses.street", "addresses.party_name"]
        deep = [*places, "addresses.invoice", "contact_mechanisms.rec_name", "identifiers.rec_name", "email", "phone"]
        await note("party read deep", call(f"{party}.read", [bob], deep))
        await note("party code taken", call(f"{party}.create", [values]))
        stamp = (await call.read("party.party", bob, "_timestamp"))["_timestamp"]
        guard = {"_timestamp": {f"party.party,{bob}": stamp}}
        await note("party stamped", call(f"{party}.write", [bob], {"name": "Bob 2"}, **guard))
        await note("party stale", call(f"{party}.write", [bob], {"name": "Bob 3"}, **guard))
        await note("party copy", call(f"{party}.copy", [bob]))
        for name, values in (
            ("unknown", {"nope": 1}),
            ("computed", {"full_name": "x"}),
            ("created", {"create_date": None}),
            ("id", {"id": 5}),
            ("command", {"addresses": [["nope", [1]]]}),
            ("contact type", {"contact_mechanisms": [["create", [{"type": "nope", "value": "b"}]]]}),
            ("contact value", {"contact_mechanisms": [["create", [{"type": "email"}]]]}),
        ):
            await note(f"party write {name}", call(f"{party}.write", [bob], values))
        await note("address without party", call("model.party.address.create", [{"city": "x"}]))
        gone = await call.make("party.party", name="Gone")
        await note("party delete", call(f"{party}.delete", [gone]))
        await note("party delete again", call(f"{party}.delete", [gone]))
        await note("party read gone", call(f"{party}.read", [gone], ["name"]))
        await note("party write gone", call(f"{party}.write", [gone], {"name": "x"}))
        log = ["resource", "event", "target", "action"]
        await note(
            "log", call("model.ir.model.log.search_read", [["event", "=", "delete"]], 0, 1, [["id", "DESC"]], log)
        )

    async def domains(self) -> None:
        """Search in every way that is documented."""
        codes = {"X": ["Gent"], "Y": ["Gent", "Brugge"], "Z": []}
        ids: list[int] = []
        for code, cities in codes.items():
            addresses = [["create", [{"city": city, "street": "1 Street"} for city in cities]]]
            values = {"name": f"Dom {code}", "code": f"{self.tag}-{code}", "addresses": addresses}
            ids.append(await self.call.make("party.party", **values))
        x, z = f"{self.tag}-X", f"{self.tag}-Z"
        wanted: dict[str, Any] = {
            "equal": [["code", "=", x]], "unequal": [["code", "!=", x]], "in": [["code", "in", [x, z]]],
            "not in": [["code", "not in", [x]]], "in nothing": [["code", "in", []]],
            "like": [["name", "like", "Dom _"]],
            "like case": [["name", "like", "dom%"]], "ilike": [["name", "ilike", "dom%"]],
            "ilike inside": [["name", "ilike", "om"]], "not ilike": [["name", "not ilike", "%y"]],
            "or": ["OR", [["code", "=", x]], [["code", "=", z]]],
            "nested": [["name", "like", "Dom%"], ["OR", ["code", "=", x], ["code", "=", z]]],
            "ordered": [["code", ">=", z]], "dotted": [["addresses.city", "=", "Gent"]],
            "dotted unequal": [["addresses.city", "!=", "Gent"]],
            "where": [["addresses", "where", [["city", "=", "Brugge"], ["street", "=", "1 Street"]]]],
            "not where": [["addresses", "not where", [["city", "=", "Brugge"]]]],
            "without": [["addresses", "=", None]], "with": [["addresses", "!=", None]],
            "link unequal": [["replaced_by", "!=", 1]], "link not in": [["replaced_by", "not in", [1]]],
            "link empty": [["replaced_by", "=", None]], "rec_name": [["rec_name", "ilike", "dom y"]],
            "everything": [], "multi-value": [["lang", "=", 1]], "no searcher": [["full_name", "=", "x"]],
            "unknown": [["nope", "=", 1]], "deep": [["addresses.party.code", "=", x]],
            "not list": [["code", "in", 5]],
        }  # fmt: skip
        names = dict(zip(ids, codes, strict=True))
        for name, domain in wanted.items():
            answer = self.call("model.party.party.search", [domain, ["id", "in", ids]], 0, None, [["id", "ASC"]])
            await self.note(f"domain {name}", _named(answer, names))
        for name, order in (
            ("unknown", [["nope", "ASC"]]),
            ("way", [["name", "UP"]]),
            ("rec_name", [["rec_name", "ASC"]]),
        ):
            await self.note(f"order {name}", self.call("model.party.party.search", [], 0, 1, order))

    async def products(self) -> None:
        """Make products and ask for prices."""
        call, note = self.call, self.note
        self.unit = await call.one("product.uom", ["name", "=", "Unit"])
        self.kilo = await call.one("product.uom", ["name", "=", "Kilogram"])
        self.category = await call.one("product.category", ["accounting", "=", True])
        self.thing = await self.product(f"{self.tag}-T", "goods", "10.50")
        self.service = await self.product(f"{self.tag}-S", "service", "5")
        names = ["suffix_code", "name", "list_price", "list_price_used", "sale_price_uom", "active", "type", "salable",
                 "cost_price", "quantity", "forecast_quantity", "identifiers", "type:string"]  # fmt: skip
        await note("product", call("model.product.product.read", [self.thing], names))
        bare = {"id": 1, "method": "model.product.product.read", "params": [[self.thing], ["list_price_used"], {}]}
        await note("price without company", call.rpc(bare))
        base = {"name": "N", "default_uom": self.unit, "products": [["create", [{}]]]}
        for name, values in (
            ("code taken", {**base, "code": f"{self.tag}-T"}),
            ("five decimals", {**base, "list_price": Decimal("9.99999")}),
            ("float", {**base, "list_price": 9.99}),
            ("no unit", {"name": "N"}),
            ("no sale unit", {**base, "salable": True}),
        ):
            told = self.call("model.product.template.create", [values])
            await note(f"template {name}", _kind(told) if name in ("five decimals", "float") else told)
        for name, code in (("wrong", "4006381333932"), ("right", "4006381333931")):
            values = {"product": self.thing, "type": "ean", "code": code}
            await note(f"ean {name}", call("model.product.identifier.create", [values]))
        prices = await call.make(
            "product.price_list", name="T", company=1, unit="product_default", price="list_price",
            lines=[["create", [{"product": self.thing, "quantity": 10, "formula": "unit_price * 0.8"}]]],
        )  # fmt: skip
        for quantity in (1, 12):
            context = {"price_list": prices, "quantity": quantity, "uom": self.unit, "currency": 1}
            await note(f"price of {quantity}", call.read("product.product", self.thing, "sale_price_uom", **context))

    async def product(self, code: str, kind: str, price: str) -> int:
        """Create a product and return its variant."""
        sold = {"default_uom": self.unit, "sale_uom": self.unit, "salable": True, "account_category": self.category}
        values = {"name": f"Thing {code}", "code": code, "type": kind, "list_price": Decimal(price), **sold}
        made = await self.call.make("product.template", **values, products=[["create", [{}]]])
        return (await self.call.read("product.template", made, "products"))["products"][0]

    async def stock(self) -> None:
        """Count and ask for stock in every context."""
        call, note = self.call, self.note
        self.house = await call.one("stock.location", ["code", "=", "WH"])
        self.zone = (await call.read("stock.location", self.house, "storage_location"))["storage_location"]
        customers = await call.one("stock.location", ["type", "=", "customer"])
        for name, values in (
            ("ok", {"location": self.zone, "lines": [["create", [{"product": self.thing, "quantity": 100}]]]}),
            ("half", {"location": self.zone, "lines": [["create", [{"product": self.thing, "quantity": 0.5}]]]}),
            ("house", {"location": self.house, "lines": []}),
        ):
            told = call("model.stock.inventory.create", [{"company": 1, **values}])
            count = await note(f"count {name}", _kind(told) if name == "house" else told)
            if name == "ok":
                await note("count confirm", call("model.stock.inventory.confirm", count))
        for name, context in (
            ("nothing", {}), ("house", {"locations": [self.house]}), ("zone", {"locations": [self.zone]}),
            ("two", {"locations": [self.house, customers]}),
            ("flat", {"locations": [self.house], "with_childs": False}),
            ("one", {"location": self.house}), ("storage", {"locations": [self.house], "stock_skip_warehouse": True}),
            ("past", {"locations": [self.house], "stock_date_end": day(2026, 1, 2)}),
        ):  # fmt: skip
            await note(
                f"stock {name}", call.read("product.product", self.thing, "quantity", "forecast_quantity", **context)
            )
        moves = [["product", "=", self.thing], ["state", "=", "done"]]
        told = ["state", "quantity", "effective_date", "planned_date", "origin", "shipment", "assignation_required"]
        await note("moves", call.find("stock.move", moves, *told))

    def line(self, quantity: float = 3, price: str = "10.0000", **more: Any) -> dict[str, Any]:
        """Return the values of a line."""
        values = {"type": "line", "product": self.thing, "unit": self.unit, "quantity": quantity}
        return {**values, "unit_price": Decimal(price), **more}

    async def head(self, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return the values of a sale."""
        if not hasattr(self, "buyer"):
            self.buyer = await self.call.buyer()
            (self.address,) = (await self.call.read("party.party", self.buyer, "addresses"))["addresses"]
            self.term = await self.call.one("account.invoice.payment_term")
        values = {"party": self.buyer, "company": 1, "currency": 1, "reference": "WEB", "payment_term": self.term}
        places = {"invoice_address": self.address, "shipment_address": self.address, "warehouse": self.house}
        return {**values, **places, "shipment_cost_method": None, "lines": [["create", list(lines)]], **more}

    async def sale(self, *lines: dict[str, Any], **more: Any) -> int:
        """Create a sale."""
        return await self.call.make("sale.sale", **await self.head(*lines, **more))

    async def sales(self) -> None:
        """Go from the draft to processing and see what may be done on the way."""
        call, note = self.call, self.note
        sale = await self.sale(self.line())
        await note("sale draft", call.read("sale.sale", sale, *SALE))
        await note("sale confirm early", call("model.sale.sale.confirm", [sale]))
        await note("sale quote", call("model.sale.sale.quote", [sale]))
        await note("sale quoted", call.read("sale.sale", sale, *SALE))
        (line,) = (await call.read("sale.sale", sale, "lines"))["lines"]
        for name, params in (
            ("party", ["sale.write", [sale], {"party": 1}]),
            ("number", ["sale.write", [sale], {"number": "7"}]),
            ("reference", ["sale.write", [sale], {"reference": "WEB", "comment": "x"}]),
            ("new line", ["sale.write", [sale], {"lines": [["create", [self.line()]]]}]),
            ("line", ["line.write", [line], {"quantity": 5}]),
            ("line inside", ["sale.write", [sale], {"lines": [["write", [line], {"quantity": 5}]]}]),
            ("no line", ["line.delete", [line]]),
            ("no sale", ["sale.delete", [sale]]),
            ("twice", ["sale.confirm", [sale, sale]]),
        ):
            await note(f"quoted {name}", call(f"model.sale.{params[0]}", *params[1:]))
        await note("sale confirm", call("model.sale.sale.confirm", [sale]))
        await note("sale confirmed", call.read("sale.sale", sale, *SALE))
        for step in ("process", "cancel", "draft", "quote"):
            await note(f"processing {step}", call(f"model.sale.sale.{step}", [sale]))
        await note("buttons on nothing", call("model.sale.sale.quote", [999999]))
        other = await self.sale(self.line())
        for step in ("quote", "draft", "cancel"):
            await note(f"other {step}", call(f"model.sale.sale.{step}", [other]))
        await note("other", call.read("sale.sale", other, "state", "number", "untaxed_amount"))
        copied = await note("other copy", call("model.sale.sale.copy", [other]))
        await note("copied", call.read("sale.sale", copied[0], *SALE))
        await note("other delete", call("model.sale.sale.delete", [other]))

    async def refusals(self) -> None:
        """Ask for sales that cannot be."""
        elsewhere = await self.call.buyer()
        (foreign,) = (await self.call.read("party.party", elsewhere, "addresses"))["addresses"]
        for name, lines, more in (
            ("half", [self.line(1.5)], {}), ("decimals", [self.line(price="1.12345")], {}),
            ("unit", [self.line(unit=None)], {}), ("quantity", [self.line(quantity=None)], {}),
            ("price", [self.line(unit_price=None)], {}), ("product", [self.line(product=999999)], {}),
            ("text", [self.line(type="comment")], {}),
            ("text price", [{"type": "comment", "unit_price": Decimal(1)}], {}),
            ("kilos", [self.line(unit=self.kilo)], {}),
            ("party", [], {"party": 999999}), ("no party", [], {"party": None}),
            ("address", [], {"invoice_address": foreign}), ("currency", [], {"currency": 999}),
            ("state", [], {"state": "confirmed"}), ("method", [], {"invoice_method": "nope"}),
        ):  # fmt: skip
            await self.note(f"sale with {name}", self.call("model.sale.sale.create", [await self.head(*lines, **more)]))
        for name, lines, more in (
            ("lines", [], {}), ("invoice address", [self.line()], {"invoice_address": None}),
            ("shipment address", [self.line()], {"shipment_address": None}),
            ("carrier", [self.line()], {"shipment_cost_method": "order"}),
        ):  # fmt: skip
            sale = await self.sale(*lines, **more)
            await self.note(f"quote without {name}", self.call("model.sale.sale.quote", [sale]))

    async def amounts(self) -> None:
        """Let amounts round, by document and by line."""
        tax = [["add", [await self.call.one("account.tax", ["name", "=", "20%"])]]]
        for rounding in ("line", "document"):
            await self.call("model.account.configuration.write", [1], {"tax_rounding": rounding})
            for name, lines in (
                ("halves", [self.line(3, "1.115", taxes=tax), self.line(1, "0.025", taxes=tax)]),
                ("many small", [self.line(1, "0.02", taxes=tax) for _ in range(8)]),
                ("mixed", [self.line(1, "19.99", taxes=tax), self.line(2, "3.333"), self.line(-1, "0.55", taxes=tax)]),
                ("four decimals", [self.line(7, "0.0725", taxes=tax)]),
            ):
                sale = await self.sale(*lines)
                names = ("untaxed_amount", "tax_amount", "total_amount", "lines.amount")
                await self.note(f"amounts {name} by {rounding}", self.call.read("sale.sale", sale, *names))

    async def shipments(self) -> None:
        """Carry goods out and back, invoice and credit."""
        call, note, out = self.call, self.note, "model.stock.shipment.out"
        states = ("state", "shipment_state", "invoice_state")
        service = self.line(1, "5", product=self.service)
        free = {"type": "line", "quantity": 1, "unit_price": Decimal(-2), "description": "Discount"}
        sale = await self.sale(self.line(), service, free, {"type": "comment", "description": "Hello"})
        await call("model.sale.sale.quote", [sale])
        await call("model.sale.sale.confirm", [sale])
        await note("mixed sale", call.read("sale.sale", sale, *SALE))
        (shipment,) = (await call.read("sale.sale", sale, "shipments"))["shipments"]
        names = ("state", "effective_date", "planned_date", "reference", "shipping_reference", "packages", "carrier")
        await note("shipment", call.read("stock.shipment.out", shipment, *names))
        await note(
            "forecast",
            call.read("product.product", self.thing, "quantity", "forecast_quantity", locations=[self.house]),
        )
        for step in ("pick", "assign_try", "pick"):
            await note(f"shipment {step} {len(self.notes)}", call(f"{out}.{step}", [shipment]))
        try:
            await call(f"{out}.pack", [shipment])
        except Refused as asked:
            self.notes["warning"] = [asked.name, asked.told[0].partition(".")[2], *map(_blank, asked.told[1:])]
            uid = (await call.find("res.user", [["login", "=", call.login]]))[0]["id"]
            await call.make("res.user.warning", user=uid, name=asked.told[0], always=False)
        for step in ("pack", "do", "do"):
            await note(f"shipment {step} {len(self.notes)}", call(f"{out}.{step}", [shipment]))
        await note("shipped", call.read("sale.sale", sale, *states))
        (invoice,) = (await call.read("sale.sale", sale, "invoices"))["invoices"]
        heads = ("state", "type", "total_amount", "untaxed_amount", "tax_amount", "amount_to_pay", "invoice_date")
        money = (*heads, "reference", "lines.amount", "lines.quantity", "lines.type", "lines.unit_price")
        await note("invoice", call.read("account.invoice", invoice, *money))
        await note("invoice post", call("model.account.invoice.post", [invoice]))
        await note("invoice posted", call.read("account.invoice", invoice, *money))
        credit = await self.wizard(
            "account.invoice.credit", "credit", "account.invoice", invoice, {"with_refund": False}
        )
        await note("credit", call.read("account.invoice", credit, *money, "sales"))
        back = await self.wizard("sale.return_sale", "return_", "sale.sale", sale, {})
        await note("return", call.read("sale.sale", back, *SALE))
        await call("model.sale.sale.quote", [back])
        await call("model.sale.sale.confirm", [back])
        (coming,) = (await call.read("sale.sale", back, "shipment_returns"))["shipment_returns"]
        for step in ("do", "receive", "do"):
            await note(f"return {step} {len(self.notes)}", call(f"{out}.return.{step}", [coming]))
        await note("returned", call.read("sale.sale", back, *states))
        await note("stock after", call.read("product.product", self.thing, "quantity", locations=[self.house]))
        many = await self.sale(self.line(100000))
        await call("model.sale.sale.quote", [many])
        await call("model.sale.sale.confirm", [many])
        (short,) = (await call.read("sale.sale", many, "shipments"))["shipments"]
        await note("assign too little", call(f"{out}.assign_try", [short]))
        await note("short", call.read("stock.shipment.out", short, "state", "partially_assigned"))
        mine = [["shipment", "=", f"stock.shipment.out,{short}"]]
        await note("split", call.find("stock.move", mine, "state", "quantity"))
        for step in ("wait", "cancel"):
            await note(f"short {step}", call(f"{out}.{step}", [short]))
        await note("exception", call.read("sale.sale", many, *states))

    async def wizard(self, name: str, state: str, model: str, record_id: int, start: Any) -> int:
        """Go through a wizard of one step and return what it opened."""
        active = {"active_model": model, "active_id": record_id, "active_ids": [record_id]}
        session, *ends = await self.call(f"wizard.{name}.create")
        answer = await self.call(f"wizard.{name}.execute", session, {"start": start}, state, **active)
        ended = await self.call(f"wizard.{name}.delete", session)
        self.notes[f"wizard {name}"] = [ends, answer["actions"][0][0]["res_model"], ended]
        return answer["actions"][0][1]["res_id"][0]


def day(year: int, month: int, number: int) -> dict[str, Any]:
    """Return a tagged date."""
    return {"__class__": "date", "year": year, "month": month, "day": number}


def _blank(text: Any) -> Any:
    return _NUMBER.sub("#", text) if isinstance(text, str) else text


async def _named(answer: Awaitable[list[int]], names: dict[int, str]) -> list[str]:
    return [names[i] for i in await answer]


async def _kind(work: Awaitable[Any]) -> Any:
    """Return only why it was refused: which record the text names differs."""
    try:
        return await work
    except Refused as wrong:
        return [why for why in ("exceeds the limit", "is not valid according to its domain") if why in wrong.message]
