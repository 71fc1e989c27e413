"""The models this Odoo knows, trimmed to what an order-syncing caller can meet."""

from isthmus.simulators.odoo.models import base, deliveries, metadata, partner, picking, places, pricing, product
from isthmus.simulators.odoo.models.moves import Move
from isthmus.simulators.odoo.models.quant import Quant
from isthmus.simulators.odoo.models.sale_line import SaleOrderLine
from isthmus.simulators.odoo.models.sale_order import CancelWizard, SaleOrder
from isthmus.simulators.odoo.orm.model import Model

UNIT_CATEGORIES_UNTIL = 18
QUESTIONS_UNTIL = 16  # the wizards before a transfer at once and a cancellation


def known(version: int) -> list[type[Model]]:
    """Return the models of a major version."""
    models: list[type[Model]] = [
        base.Currency,
        base.Country,
        base.State,
        base.Language,
        base.Company,
        base.Group,
        base.User,
        base.Parameter,
        metadata.ModelRecord,
        metadata.FieldRecord,
        metadata.ExternalId,
        partner.PaymentTerm,
        partner.FiscalPosition,
        partner.Partner,
        pricing.Tax,
        pricing.Pricelist,
        pricing.PricelistItem,
        product.Category,
        product.Unit,
        product.Template,
        product.Product,
        places.Location,
        places.OperationType,
        places.Warehouse,
        Quant,
        Move,
        picking.Picking,
        picking.BackorderConfirmation,
        deliveries.Carrier,
        SaleOrder,
        SaleOrderLine,
    ]
    if version <= UNIT_CATEGORIES_UNTIL:
        models.append(product.UnitCategory)
    if version <= QUESTIONS_UNTIL:
        models += [picking.ImmediateTransfer, CancelWizard]
    return models
