"""What a merchant and a shopper do at a real Vendure, over its two APIs: sell, check out, edit, ship, cancel, pay back.

None of it goes through the connector, so that what it reads is known from elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.real.vendure_seed import Caller, Owner, a_text

ADDRESS = {
    "fullName": "Ada Example",
    "streetLine1": "1 Long Road",
    "city": "Berlin",
    "postalCode": "10115",
    "countryCode": "DE",
    "phoneNumber": "030 123",
}
#: Rows of a list in one answer; `adminListQueryLimit` of the shop.
ROWS = 1000
FAILED = "__typename ...on ErrorResult{errorCode message}"
_SEEN = (
    "id code state totalWithTax total subTotal subTotalWithTax shipping shippingWithTax updatedAt"
    " lines{id quantity orderPlacedQuantity productVariant{sku} fulfillmentLines{quantity}} payments{id state amount}"
)


class Merchant(Owner):
    """Staff of the shop at their day's work."""

    def sell(self, sku: str, price: int) -> None:
        """Sell one thing more, ten of it at the first place."""
        product = self.admin.one(
            "mutation($i:CreateProductInput!){createProduct(input:$i){id}}",
            {"i": {"enabled": True, "translations": [a_text(sku, slug=sku.lower())]}},
        )["id"]
        category = self.admin.one("{taxCategories{items{id}}}")["items"][0]["id"]
        variant = {
            "productId": product,
            "sku": sku,
            "price": price,
            "taxCategoryId": category,
            "trackInventory": "TRUE",
            "stockLevels": [{"stockLocationId": next(iter(self.places.values())), "stockOnHand": 10}],
            "translations": [{"languageCode": "en", "name": sku}],
        }
        [made] = self.admin.one(
            "mutation($i:[CreateProductVariantInput!]!){createProductVariants(input:$i){id}}", {"i": [variant]}
        )
        self.variants[sku] = made["id"]

    def order(self, code: str) -> dict[str, Any]:
        """Return an order as the shop's people see it."""
        query = "query($c:String!){orders(options:{filter:{code:{eq:$c}}}){items{" + _SEEN + "}}}"
        return self.admin.one(query, {"c": code})["items"][0]

    def orders(self) -> list[dict[str, Any]]:
        """Return every order that was placed, as the shop's people see them."""
        query = (
            "query($n:Int!){orders(options:{take:$n,filter:{active:{eq:false},orderPlacedAt:{isNull:false}}})"
            "{totalItems items{" + _SEEN + "}}}"
        )
        found = self.admin.one(query, {"n": ROWS})
        assert len(found["items"]) == found["totalItems"], "more orders than one answer holds"
        return found["items"]

    def offered(self) -> dict[str, dict[str, int]]:
        """Return what may be sold of every SKU, by the name of the place: on hand less what orders have set aside."""
        found = self.admin.one(
            "query($n:Int!){productVariants(options:{take:$n}){totalItems items{sku"
            " stockLevels{stockOnHand stockAllocated stockLocation{name}}}}}",
            {"n": ROWS},
        )
        assert len(found["items"]) == found["totalItems"], "more variants than one answer holds"
        return {
            one["sku"]: {
                level["stockLocation"]["name"]: level["stockOnHand"] - level["stockAllocated"]
                for level in one["stockLevels"]
            }
            for one in found["items"]
        }

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

    def edit(self, code: str, sku: str, quantity: int) -> None:
        """Set the quantity of a line of an order to more than it was, and take the rest of the money."""
        line = next(one["id"] for one in self.order(code)["lines"] if one["productVariant"]["sku"] == sku)
        self.modify(code, {"adjustOrderLines": [{"orderLineId": line, "quantity": quantity}]})
        order = self.order(code)
        paid = sum(one["amount"] for one in order["payments"] if one["state"] == "Settled")
        if order["totalWithTax"] > paid:
            self.state(order["id"], "ArrangingAdditionalPayment")
            self.admin.ask(
                f"mutation($i:ManualPaymentInput!){{addManualPaymentToOrder(input:$i){{{FAILED}}}}}",
                {"i": {"orderId": order["id"], "method": "paid", "transactionId": "more-1", "metadata": {}}},
            )
        self.state(order["id"], "PaymentSettled")

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
    password: str = "",
) -> str:
    """Buy something as a guest, or signed in where there is a password, and return the order's code."""
    shopper = Caller(merchant.admin.url, "shop-api", channel=channel)
    if password:
        shopper.ask(
            f"mutation($u:String!,$p:String!){{login(username:$u,password:$p){{{FAILED}}}}}",
            {"u": email, "p": password},
        )
    for sku, quantity in basket.items():
        shopper.ask(
            f"mutation($v:ID!,$q:Int!){{addItemToOrder(productVariantId:$v,quantity:$q){{{FAILED}}}}}",
            {"v": merchant.variants[sku], "q": quantity},
        )
    for coupon in coupons:
        shopper.ask(f"mutation($c:String!){{applyCouponCode(couponCode:$c){{{FAILED}}}}}", {"c": coupon})
    if not password:
        buyer = {"firstName": "Ada", "lastName": "Example", "emailAddress": email}
        shopper.ask(f"mutation($i:CreateCustomerInput!){{setCustomerForOrder(input:$i){{{FAILED}}}}}", {"i": buyer})
    shopper.ask(f"mutation($i:CreateAddressInput!){{setOrderShippingAddress(input:$i){{{FAILED}}}}}", {"i": ADDRESS})
    shopper.ask(
        f"mutation($m:[ID!]!){{setOrderShippingMethod(shippingMethodId:$m){{{FAILED}}}}}", {"m": [merchant.method]}
    )
    shopper.ask(f'mutation{{transitionOrderToState(state:"ArrangingPayment"){{{FAILED}}}}}')
    placed = shopper.one(
        f"mutation($i:PaymentInput!){{addPaymentToOrder(input:$i){{{FAILED} ...on Order{{code}}}}}}",
        {"i": {"method": payment, "metadata": {}}},
    )
    return placed["code"]


def register(url: str, email: str, password: str) -> None:
    """Make an account at the shop; it asks for no proof of the address."""
    account = {"emailAddress": email, "firstName": "Rita", "lastName": "Return", "password": password}
    Caller(url, "shop-api").ask(
        f"mutation($i:RegisterCustomerInput!){{registerCustomerAccount(input:$i){{{FAILED}}}}}", {"i": account}
    )
