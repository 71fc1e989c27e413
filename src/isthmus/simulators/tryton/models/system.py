"""Models about the system itself: users, keys, warnings, modules, what was deleted."""

import secrets
from typing import Any, ClassVar

from isthmus.simulators.rows import Row
from isthmus.simulators.tryton.errors import UserError, UserWarned
from isthmus.simulators.tryton.orm.fields import (
    Field,
    boolean,
    char,
    computed,
    integer,
    many2many,
    many2one,
    reference,
    selection,
    text,
)
from isthmus.simulators.tryton.orm.model import Model
from isthmus.simulators.tryton.orm.records import Order, button, remote

KEY_BYTES = 64


def _key(_model: Any, _row: Row) -> str:
    return secrets.token_hex(KEY_BYTES)


def _caller(model: Any, _row: Row) -> int:
    return model.env.uid


class Module(Model):
    """The modules of the database."""

    name = "ir.module"
    title = "Module"
    order: ClassVar[Order] = (("name", "ASC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True, readonly=True, index=True),
        char("version", "Version", readonly=True),
        selection("state", "State", {"not activated": "Not Activated", "activated": "Activated"}, readonly=True),
    )


class ModelModel(Model):
    """The models of the database."""

    name = "ir.model"
    title = "Model"
    rec_field = "string"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Model Name", required=True, readonly=True, index=True),
        char("string", "String", readonly=True),
        char("module", "Module", readonly=True),
    )


class ModelAccess(Model):
    """The right to a model; `get_access` tells those of the caller."""

    name = "ir.model.access"
    title = "Model Access"
    rec_field = "model"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("model", "Model", required=True, index=True),
        many2one("group", "res.group", "Group"),
        boolean("perm_read", "Read Access", default=False),
        boolean("perm_write", "Write Access", default=False),
        boolean("perm_create", "Create Access", default=False),
        boolean("perm_delete", "Delete Access", default=False),
        text("description", "Description"),
    )

    @remote()
    def get_access(self, models: Any) -> dict[str, dict[str, bool]]:
        """Return what the caller may do on each model."""
        may = self.env.database.may
        return {
            model: {right: may(self.env.uid, right, model) for right in ("read", "write", "create", "delete")}
            for model in models
        }


class Log(Model):
    """What was deleted; the record itself is gone, so `resource` reads as nothing. Other events are not kept here."""

    name = "ir.model.log"
    title = "Model Log"
    rec_field = "id"
    order: ClassVar[Order] = (("id", "DESC"),)
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("user", "res.user", "User"),
        selection("event", "Event", {"delete": "Delete", "write": "Write"}, required=True),
        char("target", "Target"),
        computed(reference, "resource", (), "Resource", readonly=False),
        computed(char, "action", "Action"),
    )
    HIDDEN: ClassVar[dict[str, Any]] = {"model": "", "gone": 0}

    def put(self, **columns: Any) -> int:
        """Keep an event; the model and id are what a record that is gone cannot be asked for."""
        hidden = {name: columns.pop(name) for name in ("model", "gone")}
        made = super().put(**columns)
        self.table.update(made, hidden)
        return made

    def get_resource(self, _row: Row) -> None:
        """Return nothing: what was deleted has no name any more."""

    def get_action(self, _row: Row) -> None:
        """Return nothing: only buttons and wizards are actions."""

    def get_rec_name(self, row: Row) -> str:
        """Return the id, as of a record without a name."""
        return f"({row['id']})"


class Group(Model):
    """A group of users."""

    name = "res.group"
    title = "Group"
    FIELDS: ClassVar[tuple[Field, ...]] = (char("name", "Name", required=True, index=True),)


class User(Model):
    """A user; passwords are kept elsewhere."""

    name = "res.user"
    title = "User"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name"),
        char("login", "Login", required=True, index=True),
        boolean("active", "Active", default=True),
        many2one("company", "company.company", "Current Company"),
        many2many("companies", "company.company", "Companies"),
        many2many("groups", "res.group", "Groups"),
        many2one("language", "ir.lang", "Language"),
    )

    def get_rec_name(self, row: Row) -> str:
        """Return the name, the login of a user who has none."""
        return row["name"] or row["login"]

    def administers(self) -> bool:
        """Whether the caller is an administrator."""
        return self.env.database.may(self.env.uid, "write", self.name)

    @remote()
    def get_preferences(self, context_only: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """Return what a client puts into the context of its calls, and more unless `context_only`."""
        row = self.row(self.env.uid)
        company = row["company"]
        told: dict[str, Any] = {
            "language": "en",
            "language_direction": "ltr",
            "company": company,
            "companies": list(row["companies"]),
            "company.rec_name": self.env["company.company"].label(company),
            "company_filter": "one",
            "employees": [],
            "groups": list(row["groups"]),
            "administrator": self.administers(),
        }
        return told if context_only else {**told, "name": row["name"], "status_bar": self.get_rec_name(row)}


class Application(Model):
    """A key for one of the doors, here `rest`."""

    name = "res.user.application"
    title = "User Application"
    rec_field = "key"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("key", "Key", required=True, index=True, default=_key),
        many2one("user", "res.user", "User", required=True, index=True),
        selection("application", "Application", {"rest": "REST"}, required=True),
        selection(
            "state",
            "State",
            {"requested": "Requested", "validated": "Validated", "cancelled": "Cancelled"},
            required=True,
            readonly=True,
            # Made by an administrator it is valid at once (systems page, "Auth").
            default="validated",
        ),
    )

    @button(lambda _m, row: row["state"] == "requested")
    def validate(self, ids: list[int]) -> None:
        """Accept the request."""
        self.change(ids, state="validated")

    @button(lambda _m, row: row["state"] in ("requested", "validated"))
    def cancel(self, ids: list[int]) -> None:
        """Withdraw the key."""
        self.change(ids, state="cancelled")


class Warned(Model):
    """A warning a user has said yes to; one that is not for `always` is used up by the next call."""

    name = "res.user.warning"
    title = "User Warning"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        many2one("user", "res.user", "User", required=True, default=_caller),
        char("name", "Name", required=True, index=True),
        boolean("always", "Always", default=False),
    )

    def ask(self, key: str, message: str, description: str = "") -> None:
        """Go on when the user has said yes to `key`. Raises `UserWarned` otherwise."""
        for found in self.table.where("name", key):
            row = self.table.rows[found]
            if row["user"] == self.env.uid:
                if not row["always"]:
                    self.table.delete(found)
                return
        raise UserWarned(key, message, description)


class Lang(Model):
    """A language."""

    name = "ir.lang"
    title = "Language"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True),
        char("code", "Code", required=True, index=True),
        boolean("translatable", "Translatable", default=False),
        boolean("active", "Active", default=True),
    )


class Sequence(Model):
    """A sequence of numbers; numbers of calls that failed are lost."""

    name = "ir.sequence"
    title = "Sequence"
    FIELDS: ClassVar[tuple[Field, ...]] = (
        char("name", "Name", required=True, index=True),
        char("prefix", "Prefix"),
        integer("padding", "Padding", default=0),
        boolean("active", "Active", default=True),
    )

    def next(self, name: str) -> str:
        """Return the next number of the sequence called `name`. Raises `UserError`."""
        found = self.table.where("name", name)
        if not found:
            message = f'There is no sequence "{name}".'
            raise UserError(message)
        row = self.table.rows[found[0]]
        number = self.env.database.store.next_number(name)
        return f"{row['prefix'] or ''}{number:0{row['padding'] or 0}d}"
