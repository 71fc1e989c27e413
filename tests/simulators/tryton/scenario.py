"""One life of a small shop, told to any Tryton; see `notes` for how the answers of two of them are compared.

The database needs a company in euros with a chart of accounts, a fiscal year, one accounting category without taxes,
one payment term, one sales tax of 20 per cent called "20%" and one warehouse coded "WH".
"""

from decimal import Decimal
from typing import Any

from tests.simulators.tryton.notes import Notes, day, kind, named
from tests.simulators.tryton.scenario_doors import Knocking


class Play(Knocking):
    """The whole scenario."""

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
        await self.methods()
        await self.doors()
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
            await self.note(f"domain {name}", named(answer, names))
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
        self.category = await call.one("product.category", ["accounting", "=", True], ["customer_taxes", "=", None])
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
            ("zeros at the end", {**base, "code": f"{self.tag}-Z", "list_price": Decimal("9.990000")}),
            ("float", {**base, "list_price": 9.99}),
            ("no unit", {"name": "N"}),
            ("no sale unit", {**base, "salable": True}),
        ):
            told = self.call("model.product.template.create", [values])
            await note(
                f"template {name}", kind(told) if name in ("five decimals", "zeros at the end", "float") else told
            )
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
            count = await note(f"count {name}", kind(told) if name == "house" else told)
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
