"""Who asks, in which context, in which transaction, and what the database is made of."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from isthmus.simulators.rows import Store, Table
from isthmus.simulators.tryton.errors import TrytonError

if TYPE_CHECKING:
    from isthmus.simulators.tryton.orm.fields import Field
    from isthmus.simulators.tryton.orm.model import Model

M = TypeVar("M", bound="Model")
R = TypeVar("R")
#: Work put off until the call is committed; it has a transaction of its own.
Task = Callable[["Env"], None]
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What saving a model needs to know, worked out once: what rows hold, and what has to be checked."""

    kept: tuple["Field", ...]
    checked: tuple["Field", ...]


def planned(fields: Iterable["Field"]) -> Plan:
    """Return the plan for a model's fields."""
    kept = tuple(field for field in fields if field.kept and field.name != "id")
    checked = (f for f in kept if f.required or f.needed is not None or f.choices or f.digits is not None)
    return Plan(kept, tuple(checked))


def system_time() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


class Database:
    """One Tryton database: the models it knows and their rows."""

    def __init__(self, models: Iterable[type["Model"]], now: Callable[[], datetime] | None = None) -> None:
        """Make empty tables. `now` is the server's clock, aware."""
        self._now = now or system_time
        self._read = self._last = datetime.min  # noqa: DTZ901 - naive UTC, as Tryton keeps its times
        self.store = Store()
        self.models: dict[str, type[Model]] = {}
        self.fields: dict[str, dict[str, Field]] = {}
        self.plans: dict[str, Plan] = {}
        #: (user, model) to what that user may not do: "read", "write", "create", "delete"
        self.denied: dict[tuple[int, str], frozenset[str]] = {}
        #: why work that was put off failed, oldest first
        self.failures: list[str] = []
        #: names of the fields that were added, by model
        self.added: dict[str, list[str]] = {}
        for model in models:
            fields = {field.name: field for field in model.all_fields()}
            self.models[model.name] = model
            self.fields[model.name] = fields
            self.plans[model.name] = planned(fields.values())
            self.store.make_table(model.name, (f.name for f in fields.values() if f.index))

    def add_field(self, model: str, field: "Field") -> None:
        """Add a field, empty on every record."""
        self.fields[model][field.name] = field
        self.plans[model] = planned(self.fields[model].values())
        self.added.setdefault(model, []).append(field.name)
        for row in self.store.tables[model].rows.values():
            row.setdefault(field.name, None)

    def moment(self) -> datetime:
        """Return the time of one transaction, never the same twice, as a running server hardly ever does."""
        now = self._now().astimezone(UTC).replace(tzinfo=None)
        self._last = self._last + _TICK if now == self._read else now
        self._read = now
        return self._last

    def env(self, uid: int, context: Mapping[str, Any] | None = None, began: datetime | None = None) -> "Env":
        """Return a new transaction's surroundings; its time is the time of everything it saves.

        `began` (aware) is for one that began some time ago and commits now, which is how a long transaction looks to
        everybody else: its rows appear late, with an old date.
        """
        now = began.astimezone(UTC).replace(tzinfo=None) if began else self.moment()
        return Env(self, uid, dict(context or {}), now)

    def transact(self, env: "Env", work: Callable[["Env"], R]) -> R:
        """Do something in one transaction, then what it put off, each in its own.

        What is put off and fails is taken back and noted in `failures`, and the caller is told nothing: that is how
        Tryton runs its queue without a worker.
        """
        with self.store.transaction():
            result = work(env)
        for task in env.tasks:
            later = self.env(env.uid, env.context)
            try:
                with self.store.transaction():
                    task(later)
            except TrytonError as wrong:
                self.failures.append(str(wrong.args[0]))
        return result

    def may(self, uid: int, operation: str, model: str) -> bool:
        """Whether a user has the right for an operation on a model."""
        return operation not in self.denied.get((uid, model), ())


class Env:
    """The surroundings of one call. Inside a call rights are not asked any more (`outside` is false then)."""

    __slots__ = ("_made", "context", "database", "now", "outside", "stamps", "tasks", "uid")

    def __init__(
        self,
        database: Database,
        uid: int,
        context: dict[str, Any],
        now: datetime,
        *,
        outside: bool = False,
        stamps: dict[str, Any] | None = None,
        tasks: list[Task] | None = None,
    ) -> None:
        """Use `Database.env` for a new transaction and `with_context` or `inner` inside one."""
        self.database = database
        self.uid = uid
        self.context = context
        self.outside = outside
        self.stamps = stamps if stamps is not None else {}
        self.tasks = tasks if tasks is not None else []
        self.now = now
        self._made: dict[str, Model] = {}

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
        return self._like({**self.context, **keys}, outside=self.outside)

    def inner(self) -> "Env":
        """Return the same transaction as the server's own code sees it: without asking for rights."""
        return self if not self.outside else self._like(self.context, outside=False)

    def asked(self) -> "Env":
        """Return the same transaction as a caller sees it."""
        return self if self.outside else self._like(self.context, outside=True)

    def _like(self, context: dict[str, Any], *, outside: bool) -> "Env":
        return Env(self.database, self.uid, context, self.now, outside=outside, stamps=self.stamps, tasks=self.tasks)

    @property
    def today(self) -> date:
        """Return the date of this transaction, UTC."""
        return self.now.date()

    @property
    def company(self) -> int | None:
        """Return the company in the context; without one, values kept per company read as nothing."""
        told = self.context.get("company")
        return told if isinstance(told, int) and told >= 0 else None
