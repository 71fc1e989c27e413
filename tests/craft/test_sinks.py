"""A batch for a system that takes none."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from isthmus.canonical.party import Customer
from isthmus.craft.sinks import one_by_one
from isthmus.ports.errors import Duplicate, Invalid, Trouble
from isthmus.ports.sink import Key, Put, Receipt


@dataclass
class Book:
    """A system that knows customers by our key and takes none without a name."""

    batch: int = 1
    upserts: bool = False
    there: dict[str, Receipt] = field(default_factory=dict[str, Receipt])
    steps: list[str] = field(default_factory=list[str])

    async def find(self, key: Key) -> Receipt | None:
        self.steps.append(f"find {key.unique}")
        if key.unique == "double":
            message = "stands there twice"
            raise Duplicate(message)
        return self.there.get(key.unique)

    async def put(self, record: Customer, *, key: Key, existing: Receipt | None = None) -> Receipt:
        self.steps.append(f"{'change' if existing else 'make'} {key.unique}")
        if not record.name:
            message = "no name"
            raise Invalid(message)
        self.there[key.unique] = existing or Receipt(record.external_id)
        return self.there[key.unique]

    async def put_many(self, puts: Sequence[Put[Any]]) -> Sequence[Receipt | Trouble]:
        return await one_by_one(self, puts)


def a_put(unique: str, name: str = "Anna") -> Put[Customer]:
    return Put(Customer(external_id=f"{unique}-id", name=name), Key(unique))


async def test_each_is_looked_for_first_and_fails_alone() -> None:
    book = Book(there={"known": Receipt("7")})
    puts = [a_put("new"), a_put("double"), a_put("nameless", ""), a_put("known")]
    made, double, nameless, changed = await book.put_many(puts)

    assert (made, changed) == (Receipt("new-id"), Receipt("7"))
    assert (type(double), type(nameless)) == (Duplicate, Invalid)
    assert book.steps == [
        "find new",
        "make new",
        "find double",
        "find nameless",
        "make nameless",
        "find known",
        "change known",
    ]


async def test_the_same_batch_twice_makes_nothing_twice() -> None:
    book, puts = Book(), [a_put("a"), a_put("a"), a_put("b")]
    assert await book.put_many(puts) == await book.put_many(puts)
    assert sorted(book.there) == ["a", "b"]
    assert [step for step in book.steps if step.startswith("make")] == ["make a", "make b"]
