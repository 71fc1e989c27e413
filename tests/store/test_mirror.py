"""The mirror keeps the newest reading, and binds what is certainly the same thing."""

import itertools
from datetime import timedelta

import pytest

from isthmus.canonical.product import Variant
from isthmus.canonical.record import fingerprint
from isthmus.kit.clock import EPOCH
from isthmus.store.base import Store, one
from isthmus.store.records import mirrored, record_values
from isthmus.store.statement import Many, say
from isthmus.testing.builders import a_variant

T = EPOCH + timedelta(days=20_000)
NAMES = ("shop", "second", "erp", "other")


async def keep(store: Store, connection: str, *records: Variant, second: int = 0) -> None:
    read_at = T + timedelta(seconds=second)
    await store.write(
        Many("store_record", [record_values(connection, "variant", record, read_at) for record in records])
    )


async def kept(store: Store, external_id: str, connection: str = "shop") -> Variant | None:
    row = one(await store.read("record", connection=connection, kind="variant", external_id=external_id))
    return None if row is None or row["deleted_at"] is not None else mirrored(Variant, row).record


@pytest.mark.parametrize("arrival", [*itertools.permutations(range(3))], ids=str)
async def test_the_newest_reading_wins_whatever_the_order(store: Store, arrival: tuple[int, ...]) -> None:
    for second in arrival:
        await keep(store, "shop", a_variant("A", title=f"reading {second}"), second=second)
    found = await kept(store, "variant-A")
    assert found is not None
    assert found.title == "reading 2"


async def test_an_older_reading_neither_buries_nor_revives(store: Store) -> None:
    key = {"connection": "shop", "kind": "variant", "external_id": "variant-A"}
    await keep(store, "shop", a_variant("A"), second=5)
    at = [int((T + timedelta(seconds=s) - EPOCH).total_seconds()) * 1_000_000 for s in range(10)]
    assert (await store.write(say("bury_record", now=at[9], read_at=at[4], **key)))[0] == []
    assert len((await store.write(say("bury_record", now=at[9], read_at=at[6], **key)))[0]) == 1
    assert (await store.write(say("bury_record", now=at[9], read_at=at[7], **key)))[0] == []  # buried already
    await keep(store, "shop", a_variant("A"), second=5)
    assert await kept(store, "variant-A") is None
    await keep(store, "shop", a_variant("A"), second=8)
    assert await kept(store, "variant-A") is not None


async def test_evidence_only_grows_younger(store: Store) -> None:
    await keep(store, "shop", a_variant("A"), second=5)
    key = {"connection": "shop", "kind": "variant", "external_id": "variant-A"}
    base = int((T - EPOCH).total_seconds())
    same = {"fingerprint": fingerprint(a_variant("A"))}
    for second, expected in ((3, 5), (9, 9), (7, 9)):
        await store.write(Many("record_seen", [{**key, **same, "read_at": (base + second) * 1_000_000}]))
        row = one(await store.read("record", **key))
        assert row is not None
        assert row["read_at"] == (base + expected) * 1_000_000


async def matched(store: Store) -> set[tuple[str, str]]:
    await store.write(say("bind_by_number", kind="variant", here="shop", there="erp", now=1))
    rows = await store.read("record_ids", connection="shop", kind="variant")
    found: set[tuple[str, str]] = set()
    for row in rows:
        here = {"connection": "shop", "kind": "variant", "external_id": row["external_id"]}
        others = await store.read("standing", **here, other="erp", key="")
        found |= {(row["external_id"], other["held_id"]) for other in others if other["held_id"] is not None}
    return found


def v(external_id: str, sku: str) -> Variant:
    return a_variant(sku, external_id=external_id)


@pytest.mark.parametrize(
    ("shop", "erp", "expected"),
    [
        pytest.param([v("s1", "A")], [v("e1", "A")], {("s1", "e1")}, id="once-on-each-side"),
        pytest.param([v("s1", "A"), v("s2", "A")], [v("e1", "A")], set(), id="twice-in-the-shop"),
        pytest.param([v("s1", "A")], [v("e1", "A"), v("e2", "A")], set(), id="twice-in-the-erp"),
        pytest.param([v("s1", "A"), v("s2", "A")], [v("e1", "A"), v("e2", "A")], set(), id="twice-on-both-sides"),
        pytest.param([v("s1", "")], [v("e1", "")], set(), id="no-sku-is-no-sku-in-common"),
        pytest.param([v("s1", "a")], [v("e1", "A")], set(), id="another-spelling-is-another-sku"),
        pytest.param(
            [v("s1", "A"), v("s2", "B")], [v("e2", "B"), v("e1", "A")], {("s1", "e1"), ("s2", "e2")}, id="two"
        ),
        pytest.param([v("x", "A")], [v("x", "A")], {("x", "x")}, id="the-same-id-on-both-sides"),
    ],
)
async def test_products_are_bound_by_a_number_that_is_once_on_each_side(
    store: Store, shop: list[Variant], erp: list[Variant], expected: set[tuple[str, str]]
) -> None:
    await keep(store, "shop", *shop)
    await keep(store, "erp", *erp)
    assert await matched(store) == expected
    assert await matched(store) == expected  # and again


async def test_a_third_and_a_fourth_system_are_bound_to_the_same_thing(store: Store) -> None:
    for name in NAMES:
        await keep(store, name, v(f"{name}-a", "A"), v(f"{name}-b", "B"))
    for here, there in (("shop", "erp"), ("second", "other"), ("second", "erp"), ("shop", "other")):
        await store.write(say("bind_by_number", kind="variant", here=here, there=there, now=1))
        await store.write(say("join_by_number", kind="variant", here=here, there=there))
    for letter in "ab":
        rows = await store.read("entity_of", connection="shop", kind="variant", external_id=f"shop-{letter}")
        held = await store.read("bindings_of", entity=rows[0]["entity"])
        assert [row["external_id"] for row in held] == [f"{each}-{letter}" for each in sorted(NAMES)]


async def test_two_of_one_system_are_not_brought_together_by_a_third(store: Store) -> None:
    await keep(store, "shop", v("s", "A"))
    await keep(store, "erp", v("e", "A"))
    await store.write(say("bind_by_number", kind="variant", here="shop", there="erp", now=1))
    # Elsewhere the same name means a thing that is bound to another item of the ERP.
    await keep(store, "erp", v("e", "A"), v("e2", "X"))
    await keep(store, "second", v("w", "X"))
    await keep(store, "other", v("o", "X"))
    await store.write(say("bind_by_number", kind="variant", here="second", there="erp", now=1))
    await store.write(say("bind_by_number", kind="variant", here="second", there="other", now=1))
    await keep(store, "other", v("o", "A"), second=1)
    found = await store.write(
        say("bind_by_number", kind="variant", here="shop", there="other", now=1),
        say("join_by_number", kind="variant", here="shop", there="other"),
    )
    assert found == [[], []]


async def test_a_number_repeated_later_binds_nothing_more(store: Store) -> None:
    await keep(store, "shop", v("s1", "A"))
    await keep(store, "erp", v("e1", "A"))
    assert await matched(store) == {("s1", "e1")}
    await keep(store, "shop", v("s2", "A"))
    await keep(store, "erp", v("e2", "A"))
    assert await matched(store) == {("s1", "e1")}


async def test_another_shops_products_do_not_count_as_repeated(store: Store) -> None:
    await keep(store, "shop", v("s1", "A"))
    await keep(store, "shop2", v("t1", "A"))
    await keep(store, "erp", v("e1", "A"))
    assert await matched(store) == {("s1", "e1")}


async def test_deleted_products_are_not_bound(store: Store) -> None:
    await keep(store, "shop", a_variant("A", external_id="s1", deleted_at=T))
    await keep(store, "erp", v("e1", "A"))
    assert await matched(store) == set()


async def test_an_intent_is_in_flight_once_per_key(store: Store) -> None:
    from isthmus.store.group import StoreError  # noqa: PLC0415

    intent = {
        "flow": "orders",
        "subject": "1",
        "connection": "erp",
        "kind": "variant",
        "key": "shop:1",
        "reference": "#1",
        "now": 1,
        "settles_at": 5,
    }
    await store.write(say("open_intent", id="a", **intent))
    with pytest.raises(StoreError):
        await store.write(say("open_intent", id="b", **intent))
    await store.write(say("doubt_intent", id="a", settles_at=9, because="no answer"))
    with pytest.raises(StoreError):
        await store.write(say("open_intent", id="b", **intent))
    await store.write(say("resolve_intent", id="a", state="done", now=9, external_id="7", because=""))
    await store.write(say("open_intent", id="b", **intent))
    await keep(store, "shop", v("1", "A"))
    here = {"connection": "shop", "kind": "variant", "external_id": "1"}
    (row,) = await store.read("standing", **here, other="erp", key="shop:1")
    assert (row["intent_id"], row["settles_at"], row["held_id"]) == ("b", 5, None)
