"""Creating a record at most once, by the one unique thing Odoo offers to everybody: the external id.

Odoo has no idempotency key and holds `client_order_ref` and `ref` any number of times, so looking first cannot be
enough: a request that is still running is seen by nobody and may commit after the look. `load` writes the record and
its row of `ir.model.data` in one transaction, and (module, name) is unique there. A second request with the same
external id waits for the first one's commit and is then refused, or finds the record and leaves it alone (`mode`
"update" with `noupdate`). The refusal is a row's message in the database's own language ("could not serialize access
due to concurrent update", seen on 18.0), no error that could be told from others: so what is refused is sent once more.
Source: `load` and `_load_records` in odoo/orm/models.py (14 to 18: odoo/models.py), `_update_xmlids` in
odoo/addons/base/models/ir_model.py.
"""

import re
from collections.abc import Mapping
from hashlib import blake2b

from isthmus.connectors.odoo.client import Client
from isthmus.connectors.odoo.wire import mapping, whole
from isthmus.ports.errors import Forbidden, InDoubt, Invalid

MODULE = "isthmus"
#: A record that is there already keeps what it holds, whoever changed it since.
LEAVE_ALONE = {"mode": "update", "noupdate": True}
#: What a field may hold, before it becomes a text.
Cell = str | int | bool
_SHOWN = 40
_NO_NAME = re.compile(r"[^a-z0-9]+")


def external_id(kind: str, *parts: str) -> str:
    """Return the external id of a record of ours: readable, without spaces, never the same for two keys."""
    digest = blake2b("\0".join((kind, *parts)).encode(), digest_size=10).hexdigest()
    readable = _NO_NAME.sub("_", parts[0].lower())[:_SHOWN].strip("_")
    return f"{MODULE}.{kind}_{readable}_{digest}"


async def create_once(
    client: Client, model: str, records: Mapping[str, Mapping[str, Cell]], *, writes: str
) -> list[int]:
    """Create records by their external ids, all of them or none, and return their ids in the same order.

    One that was created under its external id before is returned as it is. `records` hold ids in fields whose name
    ends in `_id`; `parent_id/id` names another one of them, an earlier one, by its external id. A field that one
    record has and another one lacks is empty there, without Odoo's default. Raises `InDoubt(writes)` when the answer
    did not come, `Forbidden`, and `Invalid` with Odoo's own words.
    """
    try:
        return await _load(client, model, records, writes)
    except Invalid:
        await _check_right(client, model)
        # Another request with these external ids may have been the reason. It has committed by now.
        return await _load(client, model, records, writes)


async def _load(client: Client, model: str, records: Mapping[str, Mapping[str, Cell]], writes: str) -> list[int]:
    names = list(dict.fromkeys(name for vals in records.values() for name in vals))
    data = [[known_as, *(_cell(vals.get(name, "")) for name in names)] for known_as, vals in records.items()]
    columns = ["id", *(_column(name) for name in names)]
    answer = await client.call(model, "load", fields=columns, data=data, context=LEAVE_ALONE, writes=writes)
    told = mapping(answer) or {}
    match told.get("ids"):
        case False:
            words = _words(told.get("messages"))
            raise Invalid(words, fields={f"{model}.load": words})
        case list() as made if len(ids := [one for one in map(whole, made) if one]) == len(records):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            return ids
        case _:
            message = f"{model}.load: Odoo did not tell the id of the new record"
            raise InDoubt(message, key=writes)


async def _check_right(client: Client, model: str) -> None:
    """Raise `Forbidden` where the right to create is what is missing: `load` says it in a sentence only."""
    if not await client.may(model, "create"):
        message = f"Odoo does not let this user create records of {model}"
        raise Forbidden(message, missing=f"{model}.create")


def _words(messages: object) -> str:
    said = [str((mapping(one) or {}).get("message", "")) for one in messages] if isinstance(messages, list) else []  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return " ".join(word for word in dict.fromkeys(said) if word) or "Odoo refused the record without a word"


def _column(name: str) -> str:
    return f"{name}/.id" if name.endswith("_id") else name


def _cell(value: Cell) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
