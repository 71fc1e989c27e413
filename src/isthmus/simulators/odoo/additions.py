"""What people add to an Odoo that runs: fields by hand, as in Studio, and apps with fields or checks of their own.

Source: odoo/addons/base/models/ir_model.py (`ir.model.fields`; 17.0): a field made by hand begins with `x_`, one of
Studio with `x_studio_`, one of an app as the app likes.
"""

from collections.abc import Mapping
from typing import Any

from isthmus.simulators.odoo.errors import OdooError
from isthmus.simulators.odoo.orm.env import Env
from isthmus.simulators.shapes import is_list, is_object

#: Apps that change how this simulator behaves.
APPS = frozenset({"base_vat"})


def add_field(env: Env, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Add a field to a model and return what was added. Raises `LookupError` saying what is missing.

    `model`, `name` and `type` are needed; `label`, `selection` (options by key, or a list of keys), `size`, `relation`,
    `required` and `readonly` may be told. A name that does not begin with `x_` counts as one of an app.
    """
    model, name = str(wish.get("model")), str(wish.get("name"))
    known = env["ir.model"].table.where("model", model)
    if not known or not wish.get("name"):
        message = f"give 'model', 'name' and 'type'; there is no model {model!r}" if not known else "give 'name'"
        raise LookupError(message)
    told = wish.get("selection") or ()
    pairs = list(told.items()) if is_object(told) else [(key, key) for key in told] if is_list(told) else []
    field: dict[str, Any] = {
        "model_id": known[0],
        "name": name,
        "ttype": str(wish.get("type", "char")),
        "field_description": str(wish.get("label") or name),
        "relation": str(wish.get("relation") or ""),
        "selection": repr([(str(key), str(label)) for key, label in pairs]),
        "size": wish.get("size") or 0,
        "required": bool(wish.get("required")),
        "readonly": bool(wish.get("readonly")),
        "copied": True,
        "state": "manual" if name.startswith("x_") else "base",
    }
    try:
        env["ir.model.fields"].make([field])
    except OdooError as wrong:
        raise LookupError(wrong.message) from wrong
    return {"model": model, "name": name, "type": field["ttype"]}


def install(env: Env, name: str) -> None:
    """Install an app. Raises `LookupError` for one that changes nothing here."""
    if name not in APPS:
        message = f"there is no app {name!r} here, only {', '.join(sorted(APPS))}"
        raise LookupError(message)
    env.database.apps.add(name)
