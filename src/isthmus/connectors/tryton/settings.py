"""The fields of the connection form, read once and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from urllib.parse import quote, urlsplit

from isthmus.ports.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Services:
    """Codes of the service products that charges other than goods are booked on."""

    shipping: str = "SHIPPING"
    discount: str = "DISCOUNT"
    rounding: str = "ROUNDING"
    tip: str = "TIP"
    fee: str = "FEE"

    @property
    def codes(self) -> frozenset[str]:
        """Return all of them."""
        return frozenset((self.shipping, self.discount, self.rounding, self.tip, self.fee))


@dataclass(frozen=True, slots=True)
class Settings:
    """What `manifest.toml` asks for, but for the password."""

    url: str
    database: str
    login: str
    company: int | None
    services: Services
    rounding_tolerance: Decimal
    accepted_warnings: tuple[str, ...]

    @classmethod
    def read(cls, form: Mapping[str, str]) -> "Settings":
        """Read the form. Raises `Misconfigured` naming the field that cannot be understood."""
        usual = Services()
        named = {name: form.get(f"{name}_code", "").strip() for name in Services.__dataclass_fields__}
        return cls(
            url=_address(form["url"]),
            database=_database(form["database"]),
            login=form["login"].strip(),
            company=_company(form.get("company", "")),
            services=Services(**{name: code or getattr(usual, name) for name, code in named.items()}),
            rounding_tolerance=_amount(form.get("rounding_tolerance", "")),
            accepted_warnings=tuple(filter(None, (one.strip() for one in form.get("accept_warnings", "").split(",")))),
        )


def _address(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        message = f"URL: {text!r} is not an address such as https://tryton.example.com"
        raise Misconfigured(message)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _database(text: str) -> str:
    name = text.strip()
    if not name or quote(name, safe="-_.~ ") != name:
        message = f"Database: {text!r} is not the name of a database"
        raise Misconfigured(message)
    return name


def _company(text: str) -> int | None:
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdecimal()):
        message = f"Company: {text!r} is not the number of a company"
        raise Misconfigured(message)
    return int(text)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text.strip() or "0.05")
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        message = f"Rounding tolerance: {text!r} is not an amount such as 0.05"
        raise Misconfigured(message)
    return amount
