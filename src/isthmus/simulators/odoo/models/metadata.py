"""Models, fields and external ids as records: ir.model, ir.model.fields, ir.model.data."""

import ast
import re
from dataclasses import replace
from typing import Any

from isthmus.simulators.odoo.errors import UserError, ValidationError
from isthmus.simulators.odoo.orm import fields as kinds
from isthmus.simulators.odoo.orm.fields import (
    Field,
    Row,
    boolean,
    char,
    computed,
    integer,
    many2one,
    selection,
)
from isthmus.simulators.odoo.orm.model import Model

#: types of fields people can add by hand here
PLAIN = ("char", "text", "html", "integer", "float", "monetary", "boolean", "date", "datetime", "selection")
LINKS = ("many2one", "many2many")
TYPES = (*PLAIN, *LINKS)
_KIND = {"float": "decimal", "datetime": "moment", "date": "day"}
_NAME = re.compile(r"x_[a-z0-9_]+")


class ModelRecord(Model):
    """ir.model."""

    name = "ir.model"
    title = "Models"
    order = "model"
    FIELDS = (
        char("name", "Model Description", required=True),
        char("model", "Model", required=True, index=True),
        boolean("transient", "Transient Model"),
        selection("state", "Type", {"manual": "Custom Object", "base": "Base Object"}, default="base", readonly=True),
    )


class FieldRecord(Model):
    """ir.model.fields: creating one adds an `x_...` field to its model at once."""

    name = "ir.model.fields"
    title = "Fields"
    order = "name, id"
    label_field = "field_description"
    FIELDS = (
        char("name", "Field Name", required=True, index=True),
        many2one("model_id", "ir.model", "Model", required=True, index=True),
        char("model", "Model Name", index=True),
        char("field_description", "Field Label", default=""),
        selection("ttype", "Field Type", {t: t for t in (*TYPES, "one2many")}, required=True),
        char("relation", "Related Model"),
        char("selection", "Selection Options (Deprecated)"),
        integer("size", "Size"),
        boolean("required", "Required"),
        boolean("readonly", "Readonly"),
        boolean("store", "Stored", default=True),
        boolean("index", "Indexed"),
        boolean("copied", "Copied"),
        selection("state", "Type", {"manual": "Custom Field", "base": "Base Field"}, default="manual", readonly=True),
    )

    def prepare(self, row: Row, given: frozenset[str]) -> None:  # noqa: ARG002 - the hook's signature
        """Add the field to its model."""
        row["model"] = self.env["ir.model"].row(row["model_id"])["model"]
        # An app names its fields as it likes.
        if row["state"] == "manual" and not _NAME.fullmatch(row["name"] or ""):
            message = "Custom fields must have a name that starts with 'x_'!"
            raise ValidationError(message)
        if row["name"] in self.env.database.fields[row["model"]]:
            msg = f"Field names must be unique per model: {row['name']}"
            raise UserError(msg)
        field = self._made(row)
        self.env.database.add_field(row["model"], field)
        if row["index"]:
            self.env.table(row["model"]).add_index(field.key)

    def _made(self, row: Row) -> Field:
        kind = row["ttype"]
        if kind not in TYPES:
            msg = f"This simulator adds no fields of type {kind}"
            raise UserError(msg)
        make: Any = getattr(kinds, _KIND.get(kind, kind))
        label = row["field_description"] or row["name"]
        rest: tuple[Any, ...] = (label,)
        if kind in LINKS:
            if row["relation"] not in self.env:
                msg = f"Unknown model {row['relation']!r} for field {row['name']!r}"
                raise UserError(msg)
            rest = (row["relation"], label)
        elif kind == "selection":
            rest = (label, _choices(row["selection"]))
        field: Field = make(row["name"], *rest)
        size = row["size"] if kind == "char" and row["size"] else None
        return replace(field, required=row["required"], readonly=row["readonly"], copied=row["copied"], size=size)


def _choices(written: str | None) -> dict[str, str]:
    """Return the options of a text such as `[('red', 'Red')]`. Raises `UserError`."""
    try:
        return {str(key): str(label) for key, label in ast.literal_eval(written or "[]")}
    except (SyntaxError, TypeError, ValueError):
        message = (
            "The Selection Options expression is not a valid Pythonic expression. "
            "Please provide an expression in the [('key','Label'), ...] format."
        )
        raise UserError(message) from None


class ExternalId(Model):
    """ir.model.data."""

    name = "ir.model.data"
    title = "Model Data"
    order = "module, model, name"
    label_field = "complete_name"
    FIELDS = (
        char("name", "External Identifier", required=True, index=True),
        char("module", "Module", required=True, default=""),
        char("model", "Model Name", required=True),
        Field("res_id", "many2one_reference", "Record ID", index=True),
        boolean("noupdate", "Non Updatable"),
        computed(char, "complete_name", "Complete ID"),
    )

    def _compute_complete_name(self, row: Row) -> str:
        return f"{row['module']}.{row['name']}" if row["module"] else row["name"]

    def prepare(self, row: Row, given: frozenset[str]) -> None:  # noqa: ARG002 - the hook's signature
        """Refuse blanks in a name and a name taken in its module."""
        if " " in (row["name"] or ""):
            message = "The operation cannot be completed: External IDs cannot contain spaces"
            raise ValidationError(message)
        for other in self.table.where("name", row["name"]):
            if self.table.rows[other]["module"] == row["module"]:
                message = (
                    "The operation cannot be completed: You cannot have multiple records with the same external ID "
                    "in the same module!"
                )
                raise ValidationError(message)
