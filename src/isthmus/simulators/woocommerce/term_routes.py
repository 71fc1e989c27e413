"""Categories, attributes and their terms.

Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#product-categories, #product-attributes (REST v3)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from isthmus.simulators.woocommerce import listing, product_params
from isthmus.simulators.woocommerce.call import Call, Reply, Route, View
from isthmus.simulators.woocommerce.catalog import Term
from isthmus.simulators.woocommerce.errors import Refused, bad
from isthmus.simulators.woocommerce.order_views import links
from isthmus.simulators.woocommerce.resources import Resource, no_trash

_PATH = "/wc/v3/products"
Fields = Mapping[str, Any]


def category_view(call: Call, term: Term) -> View:
    """Return one category."""
    path = "products/categories"
    goods = call.shop.products.values()
    return {
        "id": term.id,
        "name": term.name,
        "slug": term.slug,
        "parent": term.parent,
        "description": term.description,
        "display": "default",
        "image": None,
        "menu_order": 0,
        "count": sum(term.id in product.categories for product in goods),
        "_links": links(call.shop, f"{path}/{term.id}", path),
    }


def attribute_view(call: Call, term: Term) -> View:
    """Return one attribute all products share."""
    path = "products/attributes"
    return {
        "id": term.id,
        "name": term.name,
        "slug": term.slug,
        "type": "select",
        "order_by": "menu_order",
        "has_archives": False,
        "_links": links(call.shop, f"{path}/{term.id}", path),
    }


def value_view(call: Call, term: Term) -> View:
    """Return one term of an attribute."""
    path = f"products/attributes/{call.ids[0]}/terms"
    return {
        "id": term.id,
        "name": term.name,
        "slug": term.slug,
        "description": term.description,
        "menu_order": 0,
        "count": 0,
        "_links": links(call.shop, f"{path}/{term.id}", path),
    }


def _values(call: Call) -> dict[int, Term]:
    if int(call.ids[0]) not in call.shop.attributes:
        raise Refused(HTTPStatus.NOT_FOUND, "woocommerce_rest_taxonomy_invalid", "Attribute does not exist.")
    return call.shop.attribute_terms[int(call.ids[0])]


@dataclass(frozen=True, slots=True)
class Terms:
    """One kind of term: where it is kept, how it is shown."""

    path: str
    name: str
    table: Callable[[Call], dict[int, Term]]
    view: Callable[[Call, Term], View]
    prefix: str = ""

    def routes(self) -> list[Route]:
        """Return everything it is served by."""
        written = Resource(
            self.path, self.name, product_params.NEW_TERM, product_params.TERM, self._make, self._change, self._remove
        )
        return [
            Route("GET", self.path, f"{self.name}.list", self._list, product_params.TERMS, "list"),
            Route("GET", f"{self.path}/#", f"{self.name}.get", self._get),
            *written.routes(),
        ]

    def _find(self, call: Call, number: int) -> Term:
        term = self.table(call).get(number)
        if term is None:
            raise Refused(HTTPStatus.NOT_FOUND, "woocommerce_rest_term_invalid", "Resource does not exist.")
        return term

    def _get(self, call: Call) -> Reply:
        return Reply(self.view(call, self._find(call, call.id)))

    def _list(self, call: Call) -> Reply:
        params = call.params
        rows = [
            one
            for one in self.table(call).values()
            if params.get("slug", one.slug) == one.slug
            and params.get("parent", one.parent) == one.parent
            and params.get("search", "").lower() in one.name.lower()
            and one.id in params.get("include", (one.id,))
            and one.id not in params.get("exclude", ())
        ]
        by_id = params["orderby"] == "id"
        rows.sort(key=lambda one: ("" if by_id else one.name, one.id), reverse=params["order"] == "desc")
        return listing.page(call, rows, lambda one: self.view(call, one))

    def _make(self, call: Call, fields: Fields) -> View:
        words = str(fields.get("slug") or fields["name"]).lower().removeprefix(self.prefix).split()
        slug, parent = self.prefix + "-".join(words), int(fields.get("parent", 0))
        known = self.table(call)
        twin = next((one for one in known.values() if one.slug == slug and one.parent == parent), None)
        if twin is not None:
            text = "A term with the name provided already exists with this parent."
            raise bad(code="term_exists", message=text, resource_id=twin.id)
        term = Term(call.shop.new_id("term"), fields["name"], slug, parent, fields.get("description", ""))
        known[term.id] = term
        return self.view(call, term)

    def _change(self, call: Call, number: int, fields: Fields) -> View:
        term = self._find(call, number)
        for field in ("name", "slug", "parent", "description"):
            setattr(term, field, fields.get(field, getattr(term, field)))
        return self.view(call, term)

    def _remove(self, call: Call, number: int, force: bool) -> View:  # noqa: FBT001 - as the API has it
        term = self._find(call, number)
        if not force:
            raise no_trash(label="Terms")
        del self.table(call)[number]
        return self.view(call, term)


KINDS = (
    Terms(f"{_PATH}/categories", "categories", lambda call: call.shop.categories, category_view),
    Terms(f"{_PATH}/attributes", "attributes", lambda call: call.shop.attributes, attribute_view, "pa_"),
    Terms(f"{_PATH}/attributes/#/terms", "attribute_terms", _values, value_view),
)
ROUTES = [route for kind in KINDS for route in kind.routes()]
