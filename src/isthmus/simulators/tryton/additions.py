"""Fields that a merchant's own module brings: core Tryton has no fields made at run time.

The real server has to be restarted with the module; here a field is there at once.
Source: trytond/model/fields (`definition`), trytond/model/modelstorage.py (`test_readonly`) (8.2).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from isthmus.simulators.rows import Row
from isthmus.simulators.shapes import is_list, is_object
from isthmus.simulators.tryton.orm import fields as kinds
from isthmus.simulators.tryton.orm.env import Env
from isthmus.simulators.tryton.orm.fields import Field

#: Types of fields, and what makes one.
_PLAIN: Mapping[str, Callable[..., Field]] = {
    "char": kinds.char,
    "text": kinds.text,
    "integer": kinds.integer,
    "float": kinds.floating,
    "numeric": kinds.numeric,
    "boolean": kinds.boolean,
    "date": kinds.day,
    "timestamp": kinds.moment,
}


def add_field(env: Env, wish: Mapping[str, Any]) -> dict[str, Any]:
    """Add a field to a model and return what was added. Raises `LookupError` saying what is missing.

    `model`, `name` and `type` are needed; `label`, `selection` (options by key, or a list of keys), `size`, `digits`,
    `relation`, `required`, `readonly` and `draft_only` (read-only unless the record is a draft) may be told.
    """
    model, name, kind = str(wish.get("model")), str(wish.get("name") or ""), str(wish.get("type", "char"))
    if model not in env or not name:
        message = f"give 'model', 'name' and 'type'; there is no model {model!r}" if name else "give 'name'"
        raise LookupError(message)
    if name in env.database.fields[model]:
        message = f"{model} has a field {name!r} already"
        raise LookupError(message)
    env.database.add_field(model, _made(env, name, kind, wish))
    return {"model": model, "name": name, "type": kind}


def _made(env: Env, name: str, kind: str, wish: Mapping[str, Any]) -> Field:
    label = str(wish.get("label") or "")
    if kind == "many2one":
        if (relation := str(wish.get("relation"))) not in env:
            message = f"there is no model {relation!r}"
            raise LookupError(message)
        field = kinds.many2one(name, relation, label)
    elif kind == "selection":
        field = kinds.selection(name, label, {None: "", **_choices(wish.get("selection"))})
    elif kind == "datetime":
        field = replace(kinds.moment(name, label), type=kind)
    elif kind in _PLAIN:
        field = _PLAIN[kind](name, label)
    else:
        message = f"this simulator adds no fields of type {kind!r}"
        raise LookupError(message)
    return replace(
        field,
        required=bool(wish.get("required")),
        readonly=bool(wish.get("readonly")),
        locked=_past_draft if wish.get("draft_only") else None,
        size=wish.get("size"),
        digits=wish.get("digits"),
    )


def _past_draft(_model: Any, row: Row) -> bool:
    return row.get("state") != "draft"


def _choices(told: Any) -> dict[str | None, str]:
    if is_object(told):
        return {str(key): str(label) for key, label in told.items()}
    return {str(key): str(key) for key in told} if is_list(told) else {}
