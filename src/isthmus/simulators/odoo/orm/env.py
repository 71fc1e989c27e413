"""Who asks, in which context, in which transaction, and what the database is made of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from isthmus.simulators.odoo.orm.fields import Field
from isthmus.simulators.rows import Store, Table

if TYPE_CHECKING:
    from isthmus.simulators.odoo.orm.model import Model

M = TypeVar("M", bound="Model")
_STAMPS = frozenset({"create_uid", "write_uid"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What saving a model needs to know, worked out once."""

    kept: list[Field]
    required: list[Field]
    links: list[Field]


def system_time() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


class Database:
    """One Odoo database: its version, the models it knows and their rows."""

    def __init__(
        self, version: int, models: Iterable[type["Model"]], now: Callable[[], datetime] | None = None
    ) -> None:
        """Make empty tables; a model or field of another version is left out. `now` is the server's clock, aware."""
        self.version = version
        self.now = now or system_time
        self.store = Store()
        self.models: dict[str, type[Model]] = {}
        self.fields: dict[str, dict[str, Field]] = {}
        #: (user, operation) to the models that user may not do it on; "*" stands for all
        self.denied: dict[tuple[int, str], frozenset[str]] = {}
        self._plans: dict[str, Plan] = {}
        #: names of the fields that were added, by model
        self.added: dict[str, list[str]] = {}
        #: apps beyond those every database of ours has
        self.apps: set[str] = set()
        for model in models:
            fields = {field.name: field for field in model.all_fields() if field.since <= version <= field.until}
            self.models[model.name] = model
            self.fields[model.name] = fields
            self.store.make_table(model.name, {*model.INDEXED, *(f.key for f in fields.values() if f.index)})

    def env(self, uid: int, context: Mapping[str, Any] | None = None, began: datetime | None = None) -> "Env":
        """Return a new transaction's surroundings; its time is the time of everything it saves.

        `began` (aware) is for one that began some time ago and commits now, which is how a long transaction looks to
        everybody else: its rows appear late, with an old date.
        """
        return Env(self, uid, dict(context or {}), (began or self.now()).astimezone(UTC).replace(tzinfo=None))

    def add_field(self, model: str, field: Field) -> None:
        """Add a custom field, empty on every record; taken back with the transaction."""
        self.fields[model][field.name] = field
        self.added.setdefault(model, []).append(field.name)
        for row in self.store.tables[model].rows.values():
            row.setdefault(field.key, field.default)
        self._plans.pop(model, None)
        self.store.journal.append(lambda: self._drop_field(model, field.name))

    def _drop_field(self, model: str, name: str) -> None:
        self.fields[model].pop(name, None)
        self.added[model].remove(name)
        self._plans.pop(model, None)

    def plan(self, model: str) -> "Plan":
        """Return a model's fields sorted by what saving asks of them."""
        known = self._plans.get(model)
        if known is None:
            kept = [field for field in self.fields[model].values() if field.kept and field.name != "id"]
            links = [f for f in kept if f.type == "many2one" and f.name not in _STAMPS and f.relation in self.models]
            known = self._plans[model] = Plan(kept, [f for f in kept if f.required], links)
        return known

    def may(self, uid: int, operation: str, model: str) -> bool:
        """Whether a user has the right for an operation on a model."""
        denied = self.denied.get((uid, operation), frozenset())
        return "*" not in denied and model not in denied


class Env:
    """The surroundings of one call."""

    __slots__ = ("_made", "context", "database", "now", "uid")

    def __init__(self, database: Database, uid: int, context: dict[str, Any], now: datetime) -> None:
        """Use `Database.env` for a new transaction and `with_context` inside one."""
        self.database = database
        self.uid = uid
        self.context = context
        self.now = now
        self._made: dict[str, Model] = {}

    @property
    def version(self) -> int:
        """Return the major version."""
        return self.database.version

    def __contains__(self, model: str) -> bool:
        """Whether the database knows the model."""
        return model in self.database.models

    def __getitem__(self, model: str) -> "Model":
        """Return the model bound to this call."""
        made = self._made.get(model)
        if made is None:
            made = self._made[model] = self.database.models[model](self)
        return made

    def of(self, kind: type[M]) -> M:
        """Return the model of a class, with its own methods known to the type checker."""
        made = self[kind.name]
        assert isinstance(made, kind)  # noqa: S101 - the registry maps names to these very classes
        return made

    def table(self, model: str) -> Table:
        """Return the rows of a model."""
        return self.database.store.tables[model]

    def with_context(self, **keys: Any) -> "Env":
        """Return the same transaction with some context keys changed."""
        return Env(self.database, self.uid, {**self.context, **keys}, self.now)

    @property
    def company_id(self) -> int:
        """Return the company the call works for."""
        allowed = self.context.get("allowed_company_ids")
        return allowed[0] if allowed else 1
