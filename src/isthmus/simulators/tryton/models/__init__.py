"""The models this Tryton knows: those of the modules of its database, with the fields integrations use."""

from isthmus.simulators.tryton.models.invoice import Invoice, InvoiceLine
from isthmus.simulators.tryton.models.party import Address, ContactMechanism, Identifier, Party
from isthmus.simulators.tryton.models.pricing import PriceList, PriceListLine
from isthmus.simulators.tryton.models.product import Product, ProductIdentifier, Template
from isthmus.simulators.tryton.models.sale import Sale
from isthmus.simulators.tryton.models.sale_line import SaleLine
from isthmus.simulators.tryton.models.shipment import Package, PackageType, ShipmentBack, ShipmentOut
from isthmus.simulators.tryton.models.stock import Inventory, InventoryLine, Location, Move
from isthmus.simulators.tryton.models.system import (
    Application,
    Group,
    Lang,
    Log,
    ModelAccess,
    ModelModel,
    Module,
    Sequence,
    User,
    Warned,
)
from isthmus.simulators.tryton.models.taxes import Account, Configuration, Tax, TaxRule
from isthmus.simulators.tryton.models.units import Category, Unit, UnitCategory
from isthmus.simulators.tryton.models.world import (
    Carrier,
    Company,
    Country,
    Currency,
    PaymentTerm,
    Rate,
    Subdivision,
)
from isthmus.simulators.tryton.orm.model import Model

ALL: tuple[type[Model], ...] = (
    Module, ModelModel, ModelAccess, Log, Group, User, Application, Warned, Lang, Sequence,
    Country, Subdivision, Currency, Rate, Company, PaymentTerm, Carrier,
    Account, Configuration, Tax, TaxRule,
    Party, Address, ContactMechanism, Identifier,
    UnitCategory, Unit, Category, Template, Product, ProductIdentifier, PriceList, PriceListLine,
    Location, Move, Inventory, InventoryLine, ShipmentOut, ShipmentBack, PackageType, Package,
    Sale, SaleLine, Invoice, InvoiceLine,
)  # fmt: skip
