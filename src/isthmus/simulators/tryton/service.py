"""What every door ends in: one method of one model, in one transaction."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from isthmus.simulators.shapes import is_list, is_object
from isthmus.simulators.tryton.accounts import Accounts
from isthmus.simulators.tryton.chronicle import Chronicle
from isthmus.simulators.tryton.errors import ButtonRefused, Page, PythonError
from isthmus.simulators.tryton.orm.env import Database, Env
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.writing import as_ids
from isthmus.simulators.tryton.reports import INVOICE, executed
from isthmus.simulators.tryton.seed import SERIES, SUPERUSER
from isthmus.simulators.tryton.wizards import Wizards

#: Private keys are dropped from a context but these two (trytond 8.2, rpc.py).
_KEPT = frozenset({"_timestamp", "_datetime"})
Work = Callable[[Env], Any]


class Service:
    """One Tryton server with one database."""

    def __init__(self, database: Database, accounts: Accounts, name: str) -> None:
        """Serve `database` under the name `name`."""
        self.database = database
        self.accounts = accounts
        self.name = name
        self.version = SERIES
        self.chronicle = Chronicle(lambda: database.env(SUPERUSER, {"company": 1}))
        self.wizards = Wizards()

    def methods(self) -> list[str]:
        """Return every method callers may call."""
        found = [
            f"model.{name}.{method}"
            for name, model in self.database.models.items()
            for method, function in inspect.getmembers(model, inspect.isfunction)
            if getattr(function, "remote", False)
        ]
        return [*found, *self.wizards.methods(), f"report.{INVOICE}.execute"]

    def call(self, uid: int, method: str, params: Sequence[Any]) -> Any:
        """Answer `model.party.party.search` and the like; the last of `params` is the context."""
        kind, _, rest = method.partition(".")
        name, _, action = rest.rpartition(".")
        if kind not in ("model", "wizard", "report") or not name:
            raise PythonError(repr(method))
        if kind == "wizard":
            wizard = self.wizards.find(name, action)
            args, context = _split(params)
            return self._run(uid, context, lambda env: wizard(env, *args))
        if kind == "report":
            return self._report(name, action, params)(uid)
        if name not in self.database.models:
            raise PythonError(repr(name))
        function = self.method(name, action)
        args, context = _split(params)
        if function.__dict__["on_records"] and args and is_list(args[0]) and len(set(args[0])) != len(args[0]):
            raise Page(422, "Duplicate records")
        return self.done(uid, name, action, args, context)

    def _report(self, name: str, action: str, params: Sequence[Any]) -> Callable[[int], Any]:
        if action != "execute":
            raise Page(403)
        args, context = _split(params)
        return lambda uid: self._run(uid, context, lambda env: executed(env, name, as_ids(args[0] if args else [])))

    def method(self, name: str, action: str) -> Callable[..., Any]:
        """Return a method callers may call. Raises `Page` for any other."""
        function = getattr(self.database.models[name], action, None)
        if function is None or not getattr(function, "remote", False):
            raise Page(403)
        return function

    def done(
        self,
        uid: int,
        name: str,
        action: str,
        args: Sequence[Any],
        context: Mapping[str, Any],
        *,
        named: Mapping[str, Any] | None = None,
        fields: Sequence[str] | None = None,
    ) -> Any:
        """Call a method in a transaction of its own.

        With `fields` a method that returns nothing is answered with the records it was called for, as they are before
        what was put off is done: a sale just confirmed shows as `confirmed` and is processing a moment later.
        """
        function = self.method(name, action)

        def work(env: Env) -> Any:
            result = _called(env[name], function, action, args, named or {})
            return env[name].read(args[0], fields) if fields is not None and result is None else result

        result = self._run(uid, context, work)
        self.chronicle.called(name, action, args, result)
        return result

    def _run(self, uid: int, context: Mapping[str, Any], work: Work) -> Any:
        stamps = context.get("_timestamp")
        kept = {key: value for key, value in context.items() if not key.startswith("_") or key in _KEPT}
        env = self.database.env(uid, kept).asked()
        env.stamps.update(stamps if is_object(stamps) else {})
        return self.database.transact(env, work)


def _called(
    model: Model, function: Callable[..., Any], action: str, args: Sequence[Any], named: Mapping[str, Any]
) -> Any:
    marks = function.__dict__
    told = list(args)
    if marks["on_records"] and told:
        told[0] = as_ids(told[0])
    _check_arguments(type(model), function, action, told, named)
    if "button" in marks:
        _check_button(model, function, action, told[0])
        # Behind a button the server's own code runs.
        model = model.env.inner()[model.name]
    return function(model, *told, **named)


def _check_arguments(
    model: type[Model], function: Callable[..., Any], action: str, args: Sequence[Any], named: Mapping[str, Any]
) -> None:
    """Complain as Python does, which is what callers are shown."""
    try:
        inspect.signature(function).bind(None, *args, **named)
    except TypeError as wrong:
        message = f"{model.title}.{action}() {wrong}"
        raise PythonError(message) from None


def _check_button(model: Model, function: Callable[..., Any], action: str, ids: Sequence[int]) -> None:
    model.check("write")
    # A button writes its record, so it is refused like any write of a record that has changed meanwhile.
    model.check_stamps(ids)
    for record_id in ids:
        row = model.table.rows.get(record_id)
        if row is None or not function.__dict__["button"](model, row):
            told = str(record_id) if row is None else model.label(record_id)
            message = f'You can not call "{action}" on "{told}" of "{model.title}".'
            raise ButtonRefused(message)


def _split(params: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments and the context, which has to be the last of them."""
    if not params or not is_object(params[-1]):
        raise Page(422, "Missing context argument")
    return list(params[:-1]), params[-1]
