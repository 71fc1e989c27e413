"""What every protocol ends in: services, and one method of one model in one transaction."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from isthmus.simulators.odoo import versions
from isthmus.simulators.odoo.accounts import Accounts
from isthmus.simulators.odoo.chronicle import Chronicle
from isthmus.simulators.odoo.errors import (
    AccessDenied,
    AccessError,
    MissingError,
    NoSuchDatabase,
    NoSuchKey,
    NoSuchMethod,
    OdooError,
    Unprocessable,
    UserError,
    WrongType,
    WrongValue,
)
from isthmus.simulators.odoo.orm.env import Database
from isthmus.simulators.odoo.orm.model import Model
from isthmus.simulators.odoo.seed import SUPERUSER
from isthmus.simulators.shapes import is_object, listed

OBJECT_ARGUMENTS = 5  # db, uid, key, model, method
_PYTHON: dict[type[Exception], type[OdooError]] = {
    KeyError: NoSuchKey,
    AttributeError: NoSuchMethod,
    TypeError: WrongType,
}


class Service:
    """One Odoo server with one database."""

    def __init__(self, database: Database, accounts: Accounts, name: str) -> None:
        """Serve `database` under the name `name`."""
        self.database = database
        self.accounts = accounts
        self.name = name
        self.chronicle = Chronicle(lambda: database.env(SUPERUSER))

    @property
    def version(self) -> dict[str, Any]:
        """Return what `common.version` answers."""
        serie = f"{self.database.version}.0"
        return {
            "server_version": serie,
            "server_version_info": [self.database.version, 0, 0, "final", 0, ""],
            "server_serie": serie,
            "protocol_version": 1,
        }

    def dispatch(self, service: Any, method: str, args: Sequence[Any], source: str) -> Any:
        """Answer a call of the old protocols. Raises `OdooError`."""
        counted = source if self.database.version < versions.UNCOUNTED_RPC_LOGINS else None
        if service == "common":
            return self._common(method, args, counted)
        if service == "object":
            return self._object(method, args, counted)
        if service == "db":
            if method == "list":
                return [self.name]
            raise AccessDenied
        raise NoSuchKey(str(service))

    def _common(self, method: str, args: Sequence[Any], source: str | None) -> Any:
        if method == "version":
            return self.version
        if method == "about":
            return "See http://openerp.com"
        if method not in ("authenticate", "login"):
            msg = f"Method not found: {method}"
            raise OdooError(msg)
        if len(args) < (4 if method == "authenticate" else 3):
            msg = f"exp_{method}() missing required positional arguments"
            raise WrongType(msg)
        self.open(args[0])
        return self.accounts.login(args[1], args[2], source) or False

    def _object(self, method: str, args: Sequence[Any], source: str | None) -> Any:
        if len(args) < OBJECT_ARGUMENTS:
            msg = f"not enough values to unpack (expected at least 5, got {len(args)})"
            raise WrongValue(msg)
        name, uid, key, model, called, *rest = args
        self.open(name)
        if uid not in self.database.store.tables["res.users"].rows:
            msg = f"Record does not exist or has been deleted.\n(Record: res.users({uid},), User: {uid})"
            raise MissingError(msg)
        uid = self.accounts.check(uid, key, source)
        if method == "execute":
            return self.call(uid, model, called, rest, {})
        if method != "execute_kw":
            msg = f"Method not available {method}"
            raise OdooError(msg)
        return self.call(uid, model, called, listed(rest[0] if rest else None), (rest[1] if rest[1:] else None) or {})

    def open(self, name: Any) -> None:
        """Raise what PostgreSQL says when there is no such database."""
        if name != self.name:
            msg = f'connection to server at "127.0.0.1", port 5432 failed: FATAL:  database "{name}" does not exist\n'
            raise NoSuchDatabase(msg)

    def call(self, uid: int, model: str, method: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a public method in a transaction. Raises `OdooError`; nothing is kept then."""
        keywords = dict(kwargs)
        records = self.records(uid, model, keywords.pop("context", None))
        if records is None:
            msg = f"Object {model} doesn't exist"
            raise UserError(msg)
        bound, _ = self.method(records, method)
        return self._run(bound, list(args), keywords)

    def call_named(self, records: Model, method: str, body: Mapping[str, Any]) -> Any:
        """Call a public method the JSON-2 way: everything by name, `ids` apart. Raises `OdooError`."""
        bound, on_model = self.method(records, method)
        named = {key: value for key, value in body.items() if key not in ("ids", "context")}
        ids = listed(body.get("ids"))
        if on_model and ids:
            msg = f"cannot call {records.name}.{method} with ids"
            raise Unprocessable(msg)
        args: list[Any] = [] if on_model else [ids]
        try:
            inspect.signature(bound).bind(*args, **named)
        except TypeError as wrong:
            raise Unprocessable(str(wrong)) from None
        result = self._run(bound, args, named)
        return [result] if method == "create" and isinstance(result, int) else result

    def records(self, uid: int, model: Any, context: Any) -> Model | None:
        """Return a model bound to a user and context, `None` when there is no such model."""
        env = self.database.env(uid, context if is_object(context) else {})
        return env[model] if isinstance(model, str) and model in env else None

    def method(self, records: Model, name: str) -> tuple[Any, bool]:
        """Return a bound public method and whether it takes no ids. Raises for private and unknown ones."""
        if name.startswith("_"):
            msg = f"Private methods (such as '{records.name}.{name}') cannot be called remotely."
            raise AccessError(msg)
        bound = getattr(records, name, None)
        mark = getattr(bound, "remote", None)
        if mark is None:
            msg = f"The method '{records.name}.{name}' does not exist"
            raise NoSuchMethod(msg)
        needs, on_model = mark
        records.check(needs)
        return bound, on_model

    def _run(self, bound: Any, args: list[Any], keywords: dict[str, Any]) -> Any:
        with self.database.store.transaction():
            try:
                result = bound(*args, **keywords)
            except OdooError:
                raise
            except (TypeError, KeyError, AttributeError, ValueError, ArithmeticError, IndexError) as wrong:
                # What a call with nonsense in it raises inside Odoo reaches the caller by its Python name.
                kind = next((k for p, k in _PYTHON.items() if isinstance(wrong, p)), WrongValue)
                raise kind(str(wrong)) from wrong
        ids = args or [keywords.get("ids")]
        self.chronicle.called(bound.__self__.name, bound.__name__, ids, result)
        return result
