"""The part of the scenario about sales and what comes of them."""

from decimal import Decimal
from typing import Any

from tests.simulators.tryton.caller import Refused
from tests.simulators.tryton.notes import Notebook, blank

SALE = ("state", "reference", "sale_date", "quotation_date", "shipment_state", "invoice_state", "untaxed_amount",
        "tax_amount", "total_amount", "shipment_method", "invoice_method", "to_ship", "to_invoice",
        "shipment_cost_method", "rec_name", "origin",
        "lines.amount", "lines.movable", "lines.sale_state", "lines.moves_progress", "lines.invoice_progress",
        "lines.summary", "lines.shipping_date", "lines.rec_name")  # fmt: skip


class Selling(Notebook):
    """Sales of one product, in every way that is documented."""

    thing: int
    service: int
    unit: int
    kilo: int
    house: int

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
        states = ("state", "shipment_state", "invoice_state", "to_ship", "to_invoice")
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
            self.notes["warning"] = [asked.name, asked.told[0].partition(".")[2], *map(blank, asked.told[1:])]
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

    async def methods(self) -> None:
        """Sell in the ways that are not usual: by hand, goods after money, money after goods."""
        call, note, states = self.call, self.note, ("state", "shipment_state", "invoice_state", "to_ship", "to_invoice")
        for name, more in (
            ("by hand", {"invoice_method": "manual", "shipment_method": "manual"}),
            ("money first", {"shipment_method": "invoice"}),
            ("goods first", {"invoice_method": "fulfillment"}),
            ("both", {"invoice_method": "fulfillment", "shipment_method": "invoice"}),
        ):
            made = await note(f"{name} create", call("model.sale.sale.create", [await self.head(self.line(), **more)]))
            if made is None:
                continue
            await call("model.sale.sale.quote", made)
            await call("model.sale.sale.confirm", made)
            await note(f"{name} confirmed", call.read("sale.sale", made[0], *states, "shipments", "invoices"))
            for step in ("manual_shipment", "manual_invoice", "manual_shipment"):
                await note(f"{name} {step} {len(self.notes)}", call(f"model.sale.sale.{step}", made))
            after = await note(f"{name} after", call.read("sale.sale", made[0], *states, "shipments", "invoices"))
            if after["invoices"] and name == "by hand":
                await call("model.account.invoice.post", after["invoices"])
                about = {"model": "account.invoice", "id": after["invoices"][0], "ids": after["invoices"]}
                told = await call("report.account.invoice.execute", after["invoices"], about)
                self.notes["report"] = [told[0], told[1]["__class__"], told[2], blank(told[3])]

    async def wizard(self, name: str, state: str, model: str, record_id: int, start: Any) -> int:
        """Go through a wizard of one step and return what it opened."""
        active = {"active_model": model, "active_id": record_id, "active_ids": [record_id]}
        session, *ends = await self.call(f"wizard.{name}.create")
        answer = await self.call(f"wizard.{name}.execute", session, {"start": start}, state, **active)
        ended = await self.call(f"wizard.{name}.delete", session)
        self.notes[f"wizard {name}"] = [ends, answer["actions"][0][0]["res_model"], ended]
        return answer["actions"][0][1]["res_id"][0]
