"""Setting up a real Vendure over its Admin API: taxes, channels, ways to pay and to send, goods, staff."""

import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.simulators.demo_shop import PLACES, assortment

ANSWER_S = 60
READING = ("ReadOrder", "ReadCatalog", "ReadCustomer", "ReadStockLocation", "ReadSettings", "ReadChannel")
WRITING = ("UpdateOrder", "UpdateCatalog")
GROSS = "gross-channel"
GOODS = 12
#: Per cent: of most goods and of delivery, and of every third article.
RATES = (19, 7)


class Refused(Exception):
    """The shop said no."""


@dataclass(slots=True)
class Caller:
    """One visitor or member of staff: a bearer token of their own."""

    url: str
    path: str
    token: str = ""
    channel: str = ""

    def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send one operation and return its data. Raises `Refused`, for members of a union that are errors too."""
        headers = {"Content-Type": "application/json"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= {"vendure-token": self.channel} if self.channel else {}
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        request = urllib.request.Request(f"{self.url}/{self.path}", body, headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310
            self.token = answer.headers.get("vendure-auth-token") or self.token
            content = json.load(answer)
        if content.get("errors"):
            raise Refused(json.dumps(content["errors"]))
        for part in content["data"].values():
            if isinstance(part, dict) and part.get("errorCode"):
                raise Refused(json.dumps(part))
        return content["data"]

    def one(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Return the only thing asked for."""
        return next(iter(self.ask(query, variables).values()))


def signed_in(url: str, login: str, password: str) -> Caller:
    """Return a member of staff who is signed in."""
    caller = Caller(url, "admin-api")
    caller.ask(
        "mutation($u:String!,$p:String!){login(username:$u,password:$p){__typename"
        " ...on ErrorResult{errorCode message}}}",
        {"u": login, "p": password},
    )
    return caller


@dataclass(slots=True)
class Owner:
    """Who sets the shop up, and what there is in it."""

    admin: Caller
    rates: tuple[int, int] = RATES
    zone: str = ""
    tax_categories: dict[str, str] = field(default_factory=dict[str, str])
    method: str = ""
    variants: dict[str, str] = field(default_factory=dict[str, str])
    places: dict[str, str] = field(default_factory=dict[str, str])

    # --- Setting up ---------------------------------------------------------------------------------------------------

    def set_up(self) -> None:
        """Make a shop in Germany that sells the demo assortment, in euros and in two channels (net and gross)."""
        self._places()
        self._taxes()
        self._money()
        self._goods()

    def _places(self) -> None:
        self.zone = self.admin.one('mutation{createZone(input:{name:"Europe"}){id}}')["id"]
        country = self.admin.one(
            'mutation{createCountry(input:{code:"DE",enabled:true,translations:[{languageCode:en,name:"Germany"}]}){id}}'
        )["id"]
        self.admin.ask(
            "mutation($z:ID!,$c:[ID!]!){addMembersToZone(zoneId:$z,memberIds:$c){id}}", {"z": self.zone, "c": [country]}
        )
        [first] = self.admin.one("{stockLocations{items{id}}}")["items"]
        for code, _name in PLACES:
            call, given = ("create", {}) if self.places else ("update", first)
            self.places[code] = self.admin.one(
                f"mutation($i:{call.title()}StockLocationInput!){{{call}StockLocation(input:$i){{id}}}}",
                {"i": {"name": code, **given}},
            )["id"]

    def _taxes(self) -> None:
        for name, rate in zip(("standard", "reduced"), self.rates, strict=True):
            category = self.admin.one("mutation($n:String!){createTaxCategory(input:{name:$n}){id}}", {"n": name})["id"]
            self.tax_categories[name] = category
            self.admin.ask(
                "mutation($i:CreateTaxRateInput!){createTaxRate(input:$i){id}}",
                {
                    "i": {
                        "name": f"{name} {rate}",
                        "enabled": True,
                        "value": rate,
                        "categoryId": category,
                        "zoneId": self.zone,
                    }
                },
            )

    def _money(self) -> None:
        channel = self.admin.one("{activeChannel{id}}")["id"]
        self.admin.ask(
            "mutation($i:UpdateChannelInput!){updateChannel(input:$i){__typename ...on ErrorResult{errorCode}}}",
            {
                "i": {
                    "id": channel,
                    "defaultTaxZoneId": self.zone,
                    "defaultShippingZoneId": self.zone,
                    "defaultCurrencyCode": "EUR",
                    "availableCurrencyCodes": ["EUR"],
                    "pricesIncludeTax": False,
                }
            },
        )
        gross = self.admin.one(
            "mutation($i:CreateChannelInput!){createChannel(input:$i){__typename ...on Channel{id}"
            " ...on ErrorResult{errorCode message}}}",
            {
                "i": {
                    "code": GROSS,
                    "token": GROSS,
                    "defaultLanguageCode": "en",
                    "defaultCurrencyCode": "EUR",
                    "pricesIncludeTax": True,
                    "defaultTaxZoneId": self.zone,
                    "defaultShippingZoneId": self.zone,
                }
            },
        )["id"]
        self.method = self.admin.one(
            "mutation($i:CreateShippingMethodInput!){createShippingMethod(input:$i){id}}",
            {"i": _shipping(self.rates[0])},
        )["id"]
        payments = [
            self.admin.one("mutation($i:CreatePaymentMethodInput!){createPaymentMethod(input:$i){id}}", {"i": method})
            for method in (_payment("paid", settles=True), _payment("authorized", settles=False))
        ]
        self.admin.ask(
            "mutation($c:ID!,$p:[ID!]!,$s:[ID!]!,$l:[ID!]!){"
            "a:assignPaymentMethodsToChannel(input:{channelId:$c,paymentMethodIds:$p}){id}"
            " b:assignShippingMethodsToChannel(input:{channelId:$c,shippingMethodIds:$s}){id}"
            " c:assignStockLocationsToChannel(input:{channelId:$c,stockLocationIds:$l}){id}}",
            {"c": gross, "p": [one["id"] for one in payments], "s": [self.method], "l": list(self.places.values())},
        )

    def _goods(self) -> None:
        gross = next(one["id"] for one in self.admin.one("{channels{items{id code}}}")["items"] if one["code"] == GROSS)
        made: list[str] = []
        for number, item in enumerate(assortment(GOODS)):
            product = self.admin.one(
                "mutation($i:CreateProductInput!){createProduct(input:$i){id}}",
                {"i": {"enabled": True, "translations": [a_text(item.title, slug=item.sku.lower())]}},
            )["id"]
            category = self.tax_categories["reduced" if number % 3 == 2 else "standard"]
            variant = {
                "productId": product,
                "sku": item.sku,
                "price": int(item.price * 100),
                "taxCategoryId": category,
                "trackInventory": "TRUE",
                "stockLevels": [
                    {"stockLocationId": self.places[code], "stockOnHand": count} for code, count in item.stock.items()
                ],
                "translations": [{"languageCode": "en", "name": item.title}],
            }
            [created] = self.admin.one(
                "mutation($i:[CreateProductVariantInput!]!){createProductVariants(input:$i){id sku}}", {"i": [variant]}
            )
            self.variants[created["sku"]] = created["id"]
            made.append(product)
        self.admin.ask(
            "mutation($i:AssignProductsToChannelInput!){assignProductsToChannel(input:$i){id}}",
            {"i": {"channelId": gross, "productIds": made, "priceFactor": 1.0}},
        )

    def find(self) -> None:
        """Learn what was set up before."""
        found = self.admin.one("{productVariants(options:{take:1000}){items{id sku}}}")["items"]
        self.variants = {one["sku"]: one["id"] for one in found}
        found = self.admin.one("{stockLocations{items{id name}}}")["items"]
        self.places = {one["name"]: one["id"] for one in found}
        self.method = self.admin.one("{shippingMethods{items{id}}}")["items"][0]["id"]

    def member(self, login: str, password: str, permissions: Sequence[str]) -> None:
        """Make an administrator with these permissions, in every channel."""
        channels = [one["id"] for one in self.admin.one("{channels{items{id}}}")["items"]]
        role = self.admin.one(
            "mutation($i:CreateRoleInput!){createRole(input:$i){id}}",
            {
                "i": {
                    "code": f"role of {login}",
                    "description": login,
                    "permissions": list(permissions),
                    "channelIds": channels,
                }
            },
        )["id"]
        self.admin.ask(
            "mutation($i:CreateAdministratorInput!){createAdministrator(input:$i){id}}",
            {"i": {"firstName": "I", "lastName": "M", "emailAddress": login, "password": password, "roleIds": [role]}},
        )


def _shipping(rate: int) -> dict[str, Any]:
    return {
        "code": "standard",
        "fulfillmentHandler": "manual-fulfillment",
        "checker": {
            "code": "default-shipping-eligibility-checker",
            "arguments": [{"name": "orderMinimum", "value": "0"}],
        },
        "calculator": {
            "code": "default-shipping-calculator",
            "arguments": [
                {"name": "rate", "value": "499"},
                {"name": "includesTax", "value": "auto"},
                {"name": "taxRate", "value": str(rate)},
            ],
        },
        "translations": [{"languageCode": "en", "name": "Standard", "description": ""}],
    }


def _payment(code: str, *, settles: bool) -> dict[str, Any]:
    return {
        "code": code,
        "enabled": True,
        "handler": {
            "code": "dummy-payment-handler",
            "arguments": [{"name": "automaticSettle", "value": "true" if settles else "false"}],
        },
        "translations": [{"languageCode": "en", "name": code, "description": ""}],
    }


def a_text(name: str, *, slug: str) -> dict[str, str]:
    return {"languageCode": "en", "name": name, "slug": slug, "description": ""}
