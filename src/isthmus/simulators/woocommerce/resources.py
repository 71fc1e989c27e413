"""What every kind of record has alike: create, update, delete, and many of them in one batch.

A batch answers 200 and says at each row's place what became of it. Unlike the real shop, which hands rows of a batch
on unchecked, this one holds them against the same parameters as single requests.
Source: https://woocommerce.github.io/woocommerce-rest-api-docs/#batch-update-orders (REST v3)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from isthmus.simulators.woocommerce.call import PATIENCE, Call, Reply, Route, View, created
from isthmus.simulators.woocommerce.errors import Refused
from isthmus.simulators.woocommerce.params import Param, Specs, accepted

MOST = 100
#: what a batch takes
BATCH: Specs = {name: Param("array", items=Param("mixed")) for name in ("create", "update", "delete")}


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of record and how it is written."""

    path: str
    name: str
    create_specs: Specs
    update_specs: Specs
    create: Callable[[Call, Mapping[str, Any]], View]
    update: Callable[[Call, int, Mapping[str, Any]], View]
    #: the last argument is `force`
    delete: Callable[[Call, int, bool], View]

    def routes(self) -> list[Route]:
        """Return the routes that write."""
        one = f"{self.path}/#"
        delete_specs = {"force": Param("boolean", default=False)}
        return [
            Route("POST", self.path, f"{self.name}.create", self._create, self.create_specs, "create"),
            *(
                Route(method, one, f"{self.name}.update", self._update, self.update_specs, "edit")
                for method in ("PUT", "PATCH", "POST")
            ),
            Route("DELETE", one, f"{self.name}.delete", self._delete, delete_specs, "delete"),
            *(
                Route(method, f"{self.path}/batch", f"{self.name}.batch", self.batch, BATCH, "batch")
                for method in ("POST", "PUT", "PATCH")
            ),
        ]

    def _create(self, call: Call) -> Reply:
        return created(call, self.create(call, call.params))

    def _update(self, call: Call) -> Reply:
        return Reply(self.update(call, call.id, call.params))

    def _delete(self, call: Call) -> Reply:
        return Reply(self.delete(call, call.id, bool(call.params.get("force"))))

    def batch(self, call: Call) -> Reply:
        """Do what the rows of a batch say. Raises `Refused` for too many of them."""
        if sum(len(call.params.get(name, ())) for name in BATCH) > MOST:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            message = f"Unable to accept more than {MOST} items for this request."
            raise Refused(status, "woocommerce_rest_request_entity_too_large", message)
        rows: dict[str, list[View]] = {}
        patience = PATIENCE.get()
        for name, act in (("create", self._make_row), ("update", self._change_row), ("delete", self._remove_row)):
            if call.params.get(name):
                done = rows[name] = [_tried(act, call, row) for row in call.params[name][:patience]]
                patience = None if patience is None else patience - len(done)
        # PHP prints what has no keys as a list (seen on 9.2.5).
        return Reply(rows or [])

    def _make_row(self, call: Call, row: Mapping[str, Any]) -> View:
        return self.create(call, accepted(self.create_specs, row))

    def _change_row(self, call: Call, row: Mapping[str, Any]) -> View:
        return self.update(call, _number(row), accepted(self.update_specs, row))

    def _remove_row(self, call: Call, row: Mapping[str, Any]) -> View:
        return self.delete(call, _number(row), True)  # noqa: FBT003 - a batch never uses the trash


def _tried(act: Callable[[Call, Mapping[str, Any]], View], call: Call, row: Any) -> View:
    fields = cast("dict[str, Any]", row) if isinstance(row, dict) else {"id": row}
    try:
        return act(call, fields)
    except Refused as refused:
        return {"id": _number(fields), "error": refused.body()}


def _number(row: Mapping[str, Any]) -> int:
    text = str(row.get("id") or 0)
    return int(text) if text.isdigit() else 0


def no_trash(*, label: str) -> Refused:
    """Return the refusal of a deletion without `force` where there is no trash."""
    code = "woocommerce_rest_trash_not_supported"
    return Refused(HTTPStatus.NOT_IMPLEMENTED, code, f"{label} do not support trashing.")


def already_trashed(*, kind: str) -> Refused:
    """Return the refusal of a second deletion without `force`."""
    return Refused(HTTPStatus.GONE, "woocommerce_rest_already_trashed", f"The {kind} has already been deleted.")
