"""A real Vendure and the simulated one, asked the same: whoever asks cannot tell which is which.

The real one has the custom fields `settings.DECLARED` names, two stock locations and the dummy payment handler; what it
lacks of zone, tax and methods is made here. Its database is best thrown away afterwards.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from aiohttp import ClientSession, CookieJar

from isthmus.simulators.vendure import VendureWorld
from isthmus.simulators.vendure.checkout import Basket, Wanted, place
from isthmus.simulators.vendure.people import Customer
from isthmus.simulators.vendure.shop import number_of

SIGN_IN = """mutation($u:String!,$p:String!){login(username:$u,password:$p,rememberMe:true){__typename
  ... on CurrentUser{id identifier channels{code token}} ... on ErrorResult{errorCode message}}}"""
ADDRESS = """{fullName:"A Guest",streetLine1:"1 Example Street",city:"Berlin",postalCode:"10115",countryCode:"DE"}"""
#: what must be the same to the letter; of everything else only the kind counts
EXACT = frozenset(
    {
        "__typename", "errorCode", "state", "nextStates", "type", "quantity", "orderPlacedQuantity", "active",
        "result", "success", "stockOnHand", "stockAllocated", "taxRate", "taxBase", "taxTotal", "isPublic",
        "fromState", "toState", "method", "trackingCode", "maximumRefundable", "isSettled", "priceChange",
        "stockLevel", "trackInventory", "items", "name", "kind", "currencyCode", "pricesIncludeTax",
        "moneyStrategyPrecision", "to",
    }
)  # fmt: skip
CHANNEL = """updateChannel(input:{id:"1",pricesIncludeTax:true,defaultTaxZoneId:"1",defaultShippingZoneId:"1",
  availableCurrencyCodes:[USD,EUR,JPY],defaultCurrencyCode:EUR}){__typename}"""
SHIPPING = """createShippingMethod(input:{code:"standard",fulfillmentHandler:"manual-fulfillment",checker:{
  code:"default-shipping-eligibility-checker",arguments:[{name:"orderMinimum",value:"0"}]},calculator:{
  code:"default-shipping-calculator",arguments:[{name:"rate",value:"490"},{name:"includesTax",value:"include"},
  {name:"taxRate",value:"20"}]},%s}){id}"""
PAYMENT = """createPaymentMethod(input:{code:"%s",enabled:true,handler:{code:"dummy-payment-handler",arguments:[
  {name:"automaticSettle",value:"%s"}]},%s}){id}"""
_AMOUNTS = ("price", "total", "tax", "amount", "shipping", "adjustment")


@dataclass(slots=True)
class Side:
    """One of the two, with somebody signed in."""

    url: str
    http: ClientSession
    token: str = ""
    world: VendureWorld | None = None
    variant: str = ""
    product: str = ""
    log: list[tuple[str, int, Any]] = field(default_factory=list)

    async def send(self, body: Any, path: str = "/admin-api", *, token: str | None = None) -> tuple[int, Any, Any]:
        used = self.token if token is None else token
        headers = {"Authorization": f"Bearer {used}"} if used else {}
        told = {"data": body} if isinstance(body, str) else {"json": body}
        if isinstance(body, str):
            headers["Content-Type"] = "application/json"
        async with self.http.post(self.url + path, headers=headers, **told) as answer:
            return answer.status, answer.headers, await answer.json()

    async def sign_in(self, login: str, password: str) -> None:
        body = {"query": SIGN_IN, "variables": {"u": login, "p": password}}
        _status, headers, answer = await self.send(body)
        assert answer["data"]["login"]["__typename"] == "CurrentUser", answer
        self.token = headers["vendure-auth-token"]

    async def ask(self, query: str, **variables: Any) -> Any:
        """Return the data of what must go well, unnoted."""
        _status, _headers, answer = await self.send({"query": query, "variables": variables})
        assert "errors" not in answer, answer
        return answer["data"]

    async def note(self, name: str, query: str, **variables: Any) -> Any:
        """Ask, and note the kind of answer; returns what the first root field answered."""
        status, _headers, answer = await self.send({"query": query, "variables": variables})
        self.log.append((name, status, shape(answer)))
        return next(iter((answer.get("data") or {"": None}).values()))

    async def buy(self, quantity: int, method: str = "card") -> str:
        """Let a guest buy the variant; returns the order's id."""
        if self.world is not None:
            return self._buy(self.world, quantity, method)
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as guest:
            await self._shop(guest, "addItemToOrder(productVariantId:$v,quantity:$q)", quantity)
            who = f'{{firstName:"A",lastName:"Guest",emailAddress:"guest{uuid4().hex[:6]}@example.com"}}'
            await self._shop(guest, f"setCustomerForOrder(input:{who})", quantity)
            await self._shop(guest, f"setOrderShippingAddress(input:{ADDRESS})", quantity)
            await self._shop(guest, f'setOrderShippingMethod(shippingMethodId:["{await self.standard()}"])', quantity)
            await self._shop(guest, 'transitionOrderToState(state:"ArrangingPayment")', quantity)
            paid = await self._shop(guest, f'addPaymentToOrder(input:{{method:"{method}",metadata:{{}}}})', quantity)
            return paid["id"]

    async def standard(self) -> str:
        listed = await self.ask('{shippingMethods(options:{filter:{code:{eq:"standard"}}}){items{id}}}')
        return listed["shippingMethods"]["items"][0]["id"]

    async def _shop(self, guest: ClientSession, step: str, quantity: int) -> Any:
        wants = "($v:ID!,$q:Int!)" if "$v" in step else ""
        query = f"mutation{wants}{{it:{step}{{__typename ... on Order{{id}}}}}}"
        variables = {"v": self.variant, "q": quantity} if wants else {}
        async with guest.post(f"{self.url}/shop-api", json={"query": query, "variables": variables}) as answer:
            told = await answer.json()
        assert told["data"]["it"]["__typename"] == "Order", told
        return told["data"]["it"]

    def _buy(self, world: VendureWorld, quantity: int, method: str) -> str:
        shop = world.shop
        by_code = {one.code: one for one in (*shop.shipping_methods.values(), *shop.payment_methods.values())}
        guest = Customer(**shop.new("Customer"), first_name="A", last_name="Guest", email_address="guest@example.com")
        shop.customers[guest.id] = guest
        home: dict[str, str | None] = {"fullName": "A Guest", "streetLine1": "1 Example Street", "city": "Berlin"}
        home |= {"postalCode": "10115", "countryCode": "DE", "country": "Germany"}
        wanted = Wanted(shop.variants[number_of(self.variant)], quantity)
        return str(place(shop, Basket([wanted], by_code["standard"], by_code[method], guest, home)).id)


def shape(value: Any, key: str = "") -> Any:
    """Return an answer with everything that differs by nature replaced by its kind."""
    if isinstance(value, dict):
        return {name: shape(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner, key) for inner in value]
    if key in EXACT or (key == "code" and isinstance(value, str) and value.isupper() and "_" in value):
        return value
    if isinstance(value, int | float) and any(word in key.lower() for word in _AMOUNTS):
        return value
    return type(value).__name__


def apart(ours: Any, theirs: Any, at: str = "") -> list[str]:
    """Return where two noted answers differ."""
    if isinstance(ours, dict) and isinstance(theirs, dict) and ours.keys() == theirs.keys():
        return [one for key in ours for one in apart(ours[key], theirs[key], f"{at}.{key}")]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [one for number, (mine, other) in pairs for one in apart(mine, other, f"{at}[{number}]")]
    return [] if ours == theirs else [f"{at}: {ours} instead of {theirs}"]


async def furnish(side: Side) -> None:
    """Make what a fresh server lacks, then a product of our own with fifteen pieces of its variant."""
    if not (await side.ask("{zones{items{id}}}"))["zones"]["items"]:
        await _furnish(side)
    listed = (await side.ask("{stockLocations(options:{sort:{id:ASC}}){items{id}}}"))["stockLocations"]["items"]
    name = f"Thing {uuid4().hex[:8]}"
    told = [{"languageCode": "en", "name": name, "slug": name.lower().replace(" ", "-"), "description": ""}]
    made = "mutation($i:CreateProductInput!){it:createProduct(input:$i){id}}"
    side.product = (await side.ask(made, i={"enabled": True, "translations": told}))["it"]["id"]
    levels = [{"stockLocationId": one["id"], "stockOnHand": units} for one, units in zip(listed, (10, 5), strict=False)]
    wish = {"productId": side.product, "sku": name, "price": 1290, "trackInventory": "TRUE", "stockLevels": levels}
    wish["translations"] = [{"languageCode": "en", "name": name}]
    made = "mutation($i:[CreateProductVariantInput!]!){it:createProductVariants(input:$i){id}}"
    side.variant = (await side.ask(made, i=[wish]))["it"][0]["id"]


async def _furnish(side: Side) -> None:
    translated = 'translations:[{languageCode:en,name:"%s",description:""}]'
    card, standard = translated % "Card", translated % "Standard"
    for step in (
        'createZone(input:{name:"Europe",memberIds:[]}){id}',
        'createCountry(input:{code:"DE",enabled:true,translations:[{languageCode:en,name:"Germany"}]}){id}',
        'addMembersToZone(zoneId:"1",memberIds:["1"]){id}',
        'createTaxCategory(input:{name:"Standard",isDefault:true}){id}',
        'createTaxRate(input:{name:"VAT 20",enabled:true,value:20,categoryId:"1",zoneId:"1"}){id}',
        CHANNEL,
        SHIPPING % standard,
        PAYMENT % ("card", "true", card),
        PAYMENT % ("invoice", "false", card),
        'createStockLocation(input:{name:"East warehouse",description:""}){id}',
    ):
        await side.ask(f"mutation{{{step}}}")
