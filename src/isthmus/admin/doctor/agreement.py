"""Two systems of one flow, compared by what each says of itself: money, tax, rounding, time. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from isthmus.admin.doctor.diagnosis import Diagnosis, problem, warning
from isthmus.ports.connector import Manifest
from isthmus.ports.probe import Report, Rounding

#: A zone is compared on days this far apart, over a year: two zones may agree in winter and not in summer.
STEP = timedelta(days=30)
MODES = {True: "with tax", False: "without tax"}
ROUNDED = {Rounding.LINE: "line by line", Rounding.ORDER: "once for the whole order"}


@dataclass(frozen=True, slots=True)
class Side:
    """One system of a flow: what it is and what it has said."""

    connection: str
    manifest: Manifest
    report: Report

    @property
    def name(self) -> str:
        """Return what people call the system."""
        return self.manifest.name


def of_orders(flow: str, shop: Side, erp: Side) -> list[Diagnosis]:
    """Return what keeps an ERP from booking this shop's orders to the cent."""
    return [*_currency(flow, shop, erp), *_tax(flow, shop, erp), *_rounding(flow, shop, erp)]


def of_zone(side: Side, company: tzinfo, now: datetime) -> Sequence[Diagnosis]:
    """Return whether a system's day is not the company's, on any day of the year to come."""
    stated = side.report.time_zone
    try:
        theirs = ZoneInfo(stated) if stated else None
    except (ZoneInfoNotFoundError, ValueError):
        theirs = None  # such as UTC+02:00, which says nothing of summers
    if theirs is None:
        return ()
    for step in range(13):
        moment = now + step * STEP
        if moment.astimezone(theirs).utcoffset() != moment.astimezone(company).utcoffset():
            break
    else:
        return ()
    message = f"{side.name} counts days in {stated}, the project in {company}: orders near midnight fall on other days"
    there = f"{side.name}: {side.manifest.at('time_zone')}"
    fix = f"Write the company's zone into time_zone of [isthmus], or change it in {there}."
    return (warning(side.connection, "time_zone", message, fix),)


def _currency(flow: str, shop: Side, erp: Side) -> Sequence[Diagnosis]:
    sold = shop.report.currency
    if not sold or sold == erp.report.currency or sold in erp.report.currencies:
        return ()
    fix = f"{erp.name} > {erp.manifest.at('currency')}: add {sold}, with a price list where {erp.name} asks for one."
    if not erp.report.currencies:
        if not erp.report.currency:
            return ()
        message = f"{shop.name} sells in {sold}, {erp.name} keeps its books in {erp.report.currency}"
        return (warning(flow, "currency", message, fix),)
    taken = ", ".join(erp.report.currencies)
    message = f"{shop.name} sells in {sold}; {erp.name} takes orders in {taken}"
    return (problem(flow, "currency", message, fix),)


def _tax(flow: str, shop: Side, erp: Side) -> Sequence[Diagnosis]:
    mode, modes = shop.report.prices_include_tax, erp.report.tax_modes
    if mode is None or mode in modes:
        return ()
    way = "included in the price" if mode else "added to the price"
    fix = f"{erp.name} > {erp.manifest.at('tax')}: create the sales taxes of this shop once more, {way}."
    if modes:
        message = f"{shop.name} states prices {MODES[mode]}; {erp.name} has no sales tax that is {way}"
        return (problem(flow, "tax_mode", message, fix),)
    if erp.report.prices_include_tax in (None, mode):
        return ()
    message = f"{shop.name} states prices {MODES[mode]}, {erp.name} {MODES[not mode]}"
    return (warning(flow, "tax_mode", message, fix),)


def _rounding(flow: str, shop: Side, erp: Side) -> Sequence[Diagnosis]:
    ours, theirs = shop.report.rounding, erp.report.rounding
    if ours is None or theirs is None or ours is theirs:
        return ()
    message = (
        f"{shop.name} rounds tax {ROUNDED[ours]}, {erp.name} {ROUNDED[theirs]}: totals differ by cents, which are "
        "booked on the product for rounding"
    )
    here, there = (f"{side.name} > {side.manifest.at('rounding')}" for side in (shop, erp))
    fix = f"Let both round alike: {here}, or {there}."
    return (warning(flow, "rounding", message, fix),)
