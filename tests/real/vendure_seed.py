"""What a merchant and a shopper do at a real Vendure, over its two APIs: set the shop up, check out, edit, ship.

None of it goes through the connector, so that what it reads is known from elsewhere.
"""

import json
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.simulators.demo_shop import PLACES, assortment

ANSWER_S = 60
ADDRESS = {
    "fullName": "Ada Example",
    "streetLine1": "1 Long Road",
    "city": "Berlin",
    "postalCode": "10115",
    "countryCode": "DE",
    "phoneNumber": "030 123",
}
READING = ("ReadOrder", "ReadCatalog", "ReadCustomer", "ReadStockLocation", "ReadSettings", "ReadChannel")
WRITING = ("UpdateOrder", "UpdateCatalog")
GROSS = "gross-channel"
GOODS = 12


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
class Merchant:
    """Staff of the shop, and what they have set up."""

    admin: Caller
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
        for name, rate in (("standard", 19), ("reduced", 7)):
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
            "mutation($i:CreateShippingMethodInput!){createShippingMethod(input:$i){id}}", {"i": _SHIPPING}
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
                {"i": {"enabled": True, "translations": [_text(item.title, slug=item.sku.lower())]}},
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

    # --- The day's work -----------------------------------------------------------------------------------------------

    def order(self, code: str) -> dict[str, Any]:
        """Return an order as the shop's people see it."""
        query = "query($c:String!){orders(options:{filter:{code:{eq:$c}}}){items{" + _SEEN + "}}}"
        return self.admin.one(query, {"c": code})["items"][0]

    def ship(self, code: str, quantity: int | None = None, tracking: str = "1Z1") -> str:
        """Ship so many of the first line of an order, or all that is left; return the fulfillment's id."""
        lines = self.order(code)["lines"]
        sent = {one["id"]: sum(part["quantity"] for part in one["fulfillmentLines"]) for one in lines}
        left = {one["id"]: one["quantity"] - sent[one["id"]] for one in lines}
        chosen = {lines[0]["id"]: quantity} if quantity else {one: count for one, count in left.items() if count}
        arguments = [{"name": "method", "value": "DHL"}, {"name": "trackingCode", "value": tracking}]
        made = self.admin.one(
            "mutation($i:FulfillOrderInput!){addFulfillmentToOrder(input:$i){__typename ...on Fulfillment{id}"
            " ...on ErrorResult{errorCode message}}}",
            {
                "i": {
                    "lines": [{"orderLineId": one, "quantity": count} for one, count in chosen.items()],
                    "handler": {"code": "manual-fulfillment", "arguments": arguments},
                }
            },
        )["id"]
        self.fulfillment(made, "Shipped")
        return made

    def fulfillment(self, number: str, state: str) -> None:
        """Take a fulfillment on."""
        self.admin.ask(
            "mutation($f:ID!,$s:String!){transitionFulfillmentToState(id:$f,state:$s){__typename"
            " ...on ErrorResult{errorCode message}}}",
            {"f": number, "s": state},
        )

    def cancel(self, code: str, quantity: int | None = None) -> None:
        """Cancel so many of the first line, or the whole order."""
        order = self.order(code)
        lines = [{"orderLineId": order["lines"][0]["id"], "quantity": quantity}] if quantity else None
        self.admin.ask(
            "mutation($i:CancelOrderInput!){cancelOrder(input:$i){__typename ...on ErrorResult{errorCode message}}}",
            {
                "i": {
                    "orderId": order["id"],
                    "lines": lines,
                    "cancelShipping": quantity is None,
                    "reason": "changed mind",
                }
            },
        )

    def refund(self, code: str, amount: int) -> None:
        """Give back so many cents of the first payment, and say that it was done."""
        payment = self.order(code)["payments"][0]["id"]
        made = self.admin.one(
            "mutation($i:RefundOrderInput!){refundOrder(input:$i){__typename ...on Refund{id state}"
            " ...on ErrorResult{errorCode message}}}",
            {"i": {"paymentId": payment, "amount": amount, "shipping": 0, "adjustment": 0, "reason": "late"}},
        )
        if made["state"] == "Pending":
            self.admin.ask(
                "mutation($i:SettleRefundInput!){settleRefund(input:$i){__typename"
                " ...on ErrorResult{errorCode message}}}",
                {"i": {"id": made["id"], "transactionId": "back-1"}},
            )

    def modify(self, code: str, changes: Mapping[str, Any]) -> None:
        """Edit an order and take it back to where it stood; a higher price stays to be paid."""
        order = self.order(code)
        self.state(order["id"], "Modifying")
        self.admin.ask(
            "mutation($i:ModifyOrderInput!){modifyOrder(input:$i){__typename ...on ErrorResult{errorCode message}}}",
            {"i": {"dryRun": False, "orderId": order["id"], **changes}},
        )

    def state(self, number: str, state: str) -> None:
        """Take an order to a state by hand."""
        self.admin.ask(
            "mutation($o:ID!,$s:String!){transitionOrderToState(id:$o,state:$s){__typename"
            " ...on ErrorResult{errorCode message} ...on OrderStateTransitionError{transitionError}}}",
            {"o": number, "s": state},
        )

    def coupon(self, code: str, percent: int, action: str = "order_percentage_discount") -> None:
        """Make a promotion with a coupon code, in every channel."""
        channels = [one["id"] for one in self.admin.one("{channels{items{id}}}")["items"]]
        made = self.admin.one(
            "mutation($i:CreatePromotionInput!){createPromotion(input:$i){__typename ...on Promotion{id}"
            " ...on ErrorResult{errorCode message}}}",
            {
                "i": {
                    "enabled": True,
                    "couponCode": code,
                    "translations": [{"languageCode": "en", "name": f"{percent} % off"}],
                    "conditions": [],
                    "actions": [{"code": action, "arguments": [{"name": "discount", "value": str(percent)}]}],
                }
            },
        )["id"]
        for channel in channels:
            self.admin.ask(
                "mutation($i:AssignPromotionsToChannelInput!){assignPromotionsToChannel(input:$i){id}}",
                {"i": {"channelId": channel, "promotionIds": [made]}},
            )

    def levels(self, sku: str) -> dict[str, tuple[int, int]]:
        """Return on hand and allocated of a variant, by place."""
        found = self.admin.one(
            "query($v:ID!){productVariant(id:$v){stockLevels{stockLocationId stockOnHand stockAllocated}}}",
            {"v": self.variants[sku]},
        )
        return {one["stockLocationId"]: (one["stockOnHand"], one["stockAllocated"]) for one in found["stockLevels"]}


def check_out(
    merchant: Merchant,
    basket: Mapping[str, int],
    *,
    email: str = "ada@example.com",
    channel: str = "",
    coupons: Sequence[str] = (),
    payment: str = "paid",
) -> str:
    """Buy something as a guest and return the order's code."""
    shopper = Caller(merchant.admin.url, "shop-api", channel=channel)
    failed = "__typename ...on ErrorResult{errorCode message}"
    for sku, quantity in basket.items():
        shopper.ask(
            f"mutation($v:ID!,$q:Int!){{addItemToOrder(productVariantId:$v,quantity:$q){{{failed}}}}}",
            {"v": merchant.variants[sku], "q": quantity},
        )
    for coupon in coupons:
        shopper.ask(f"mutation($c:String!){{applyCouponCode(couponCode:$c){{{failed}}}}}", {"c": coupon})
    buyer = {"firstName": "Ada", "lastName": "Example", "emailAddress": email}
    shopper.ask(f"mutation($i:CreateCustomerInput!){{setCustomerForOrder(input:$i){{{failed}}}}}", {"i": buyer})
    shopper.ask(f"mutation($i:CreateAddressInput!){{setOrderShippingAddress(input:$i){{{failed}}}}}", {"i": ADDRESS})
    shopper.ask(
        f"mutation($m:[ID!]!){{setOrderShippingMethod(shippingMethodId:$m){{{failed}}}}}", {"m": [merchant.method]}
    )
    shopper.ask(f'mutation{{transitionOrderToState(state:"ArrangingPayment"){{{failed}}}}}')
    placed = shopper.one(
        f"mutation($i:PaymentInput!){{addPaymentToOrder(input:$i){{{failed} ...on Order{{code}}}}}}",
        {"i": {"method": payment, "metadata": {}}},
    )
    return placed["code"]


_SEEN = (
    "id code state totalWithTax total subTotal subTotalWithTax shipping shippingWithTax updatedAt"
    " lines{id quantity orderPlacedQuantity productVariant{sku} fulfillmentLines{quantity}} payments{id state amount}"
)
_SHIPPING = {
    "code": "standard",
    "fulfillmentHandler": "manual-fulfillment",
    "checker": {"code": "default-shipping-eligibility-checker", "arguments": [{"name": "orderMinimum", "value": "0"}]},
    "calculator": {
        "code": "default-shipping-calculator",
        "arguments": [
            {"name": "rate", "value": "499"},
            {"name": "includesTax", "value": "auto"},
            {"name": "taxRate", "value": "19"},
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


def _text(name: str, *, slug: str) -> dict[str, str]:
    return {"languageCode": "en", "name": name, "slug": slug, "description": ""}
