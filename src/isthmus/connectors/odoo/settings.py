"""The fields of the connection form, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from isthmus.ports.errors import Misconfigured

PROTOCOLS = ("auto", "json2", "jsonrpc")


@dataclass(frozen=True, slots=True)
class Services:
    """SKUs of the service products that charges other than goods are booked on."""

    shipping: str = "SHIPPING"
    discount: str = "DISCOUNT"
    rounding: str = "ROUNDING"
    tip: str = "TIP"
    fee: str = "FEE"


@dataclass(frozen=True, slots=True)
class Settings:
    """What `manifest.toml` asks for. The key is kept out of `repr`."""

    url: str
    database: str
    login: str
    company: int | None
    protocol: str
    services: Services
    rounding_tolerance: Decimal

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "Settings":
        """Read the form. Raises `Misconfigured` naming the field that cannot be understood."""
        return cls(
            url=_address(form["url"]),
            database=form["database"].strip(),
            login=form.get("login", "").strip(),
            company=_company(form.get("company", "")),
            protocol=_protocol(form.get("protocol", "")),
            services=Services(
                **{name: form.get(f"{name}_sku", "").strip() or default for name, default in _DEFAULT_SKUS.items()}
            ),
            rounding_tolerance=_amount(form.get("rounding_tolerance", "")),
        )


def _address(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        message = f"URL: {text!r} is not an address such as https://example.odoo.com"
        raise Misconfigured(message)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _company(text: str) -> int | None:
    if not text.strip():
        return None
    if not text.strip().isdigit():
        message = f"Company: {text!r} is not the number of a company"
        raise Misconfigured(message)
    return int(text)


def _protocol(text: str) -> str:
    chosen = text.strip() or PROTOCOLS[0]
    if chosen not in PROTOCOLS:
        message = f"Protocol: {text!r} is none of {', '.join(PROTOCOLS)}"
        raise Misconfigured(message)
    return chosen


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.strip() or "0.05")
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        message = f"Rounding tolerance: {text!r} is not an amount such as 0.05"
        raise Misconfigured(message)
    return amount


_DEFAULT_SKUS = {"shipping": "SHIPPING", "discount": "DISCOUNT", "rounding": "ROUNDING", "tip": "TIP", "fee": "FEE"}
