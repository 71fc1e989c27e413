"""Sells something through Tryton's own client library; a program of its own, run by a Python that has `proteus`.

Arguments: the address with login and password, and the code of a product.
"""

import sys
import xmlrpc.client
from decimal import Decimal

from proteus import Model, config  # type: ignore[import-not-found]


def tell(*words: object) -> None:
    """Say what came of a step, for whoever started this program."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")


def main(url: str, code: str) -> None:
    """Sell, carry, and say what came of each step."""
    config.set_xmlrpc(url)
    party = Model.get("party.party")(name="Proteus")
    address = party.addresses[0] if party.addresses else party.addresses.new()
    address.street, address.city = "1 Street", "Gent"
    party.save()
    (product,) = Model.get("product.product").find([("code", "=", code)])
    (warehouse,) = Model.get("stock.location").find([("code", "=", "WH")])
    sale = Model.get("sale.sale")(party=party, reference="PROTEUS-1", warehouse=warehouse)
    sale.invoice_address = sale.shipment_address = party.addresses[0]
    sale.shipment_cost_method = None
    line = sale.lines.new(product=product, quantity=2)
    line.unit, line.unit_price = product.default_uom, Decimal("10.0000")
    sale.save()
    tell(sale.state, sale.total_amount)
    sale.click("quote")
    tell(sale.state, sale.number)
    sale.click("confirm")
    tell(sale.state, sale.shipment_state)
    (shipment,) = sale.shipments
    for step in ("assign_try", "pick"):
        shipment.click(step)
        tell(shipment.state)
    for record, step in ((shipment, "pack"), (sale, "confirm")):
        try:
            record.click(step)
        except xmlrpc.client.Fault as fault:
            tell(fault.faultCode)


if __name__ == "__main__":
    main(*sys.argv[1:])
