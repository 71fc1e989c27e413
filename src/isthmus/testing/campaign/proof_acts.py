"""Acts in which both sides are compared, and people answer what is asked: see `acts.py`."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from isthmus.store.statement import listed
from isthmus.testing.campaign.acts import LONGER_CALL_S, click, command
from isthmus.testing.campaign.pair import CannotPlay
from isthmus.testing.campaign.scene import Scene
from isthmus.testing.truth import same

#: On a server a killed process's deliveries are others' after a minute, its jobs after half of one.
COMPARED_S, ARRIVES_S = 120.0, 100.0
#: What the shop calls the listing of its orders, and now and then a glimpse at them.
LISTING = "=orders"
#: More than a list of orders shows of one at a time.
MANY_LINES = 12
#: Old enough that nothing about it is explained by its age.
OLD_MIN = 120
#: A pause is known everywhere within a second.
PAUSED_S = 1.5
PARKED = 100_000
NEWEST = 2**60


async def compared(scene: Scene, _book: Path) -> None:
    """Compare both sides where each has something the other lost or never had, and one list fails at first."""
    await scene.order(1)
    quiet = await _quiet(scene, lines=MANY_LINES)
    await scene.fault("shop", "status_503", count=2, match=LISTING)
    await _compare(scene)
    await _arrived(scene, quiet)
    await _estrange(scene, f"shop:customer:{await _buyer(scene)}")
    await _compare(scene)


async def judged(scene: Scene, _book: Path) -> None:
    """Let somebody change an order in the ERP, and a person say what of that is right and what is not."""
    erp = await scene.pair.state("erp")
    for each in [each for each in erp["orders"] if each["status"] == "sale"][:1]:
        await scene.pair.do("erp", "damage", kind="alter_order", reference=each["reference"], what="price")
    await _compare(scene)
    for flow, row in await _rows(scene):
        if flow == "orders" and row["finding"] == "different":
            await click(scene, "/proof/again", row=str(row["id"]))
        if flow == "customers" and row["finding"] in ("orphaned", "doubled") and row["verdict"] == "open":
            await click(scene, "/proof/accept", row=str(row["id"]), because="a friend of the house")
    await scene.until(lambda: _all_same(scene), ARRIVES_S, "an order altered in the ERP was not put right", every_s=0.5)


async def slowly_compared(scene: Scene, _book: Path) -> None:
    """Let a list take so long that the comparison has to be prolonged."""
    await scene.fault("shop", "slow_commit", count=2, seconds=LONGER_CALL_S, match=LISTING)
    await _compare(scene)


async def answered(scene: Scene, book: Path) -> None:
    """Lose an order in the ERP that the shop then edits; a person leaves it first, and has it created then."""
    shop, erp = await scene.pair.state("shop"), await scene.pair.state("erp")
    there = {each["reference"] for each in erp["orders"] if each["status"] == "sale"}
    brought = [each for each in shop["orders"] if _editable(each) and each["reference"] in there]
    for each in brought[:1]:
        await scene.pair.do("erp", "damage", kind="lose_order", reference=each["reference"])
    # With those of earlier lives that were broken off between the loss and the edit.
    lost = [each for each in shop["orders"] if _editable(each) and each["reference"] not in there] + brought[:1]
    for each in lost:
        line = each["lines"][0]
        quantity = int(line["quantity"]) + 1
        await scene.pair.do("shop", "edit", reference=each["reference"], sku=line["sku"], quantity=quantity)
    for each in lost:
        await _answered(scene, book, each["reference"])


async def withdrawn(scene: Scene, _book: Path) -> None:
    """Lose an order in the ERP, and let the shop cancel it while somebody is asked about it."""
    there = await _there(scene)
    # Those of earlier lives that were broken off between the loss and the cancellation.
    lost = {each["reference"] for each in await _orders(scene) if _editable(each)} - there
    # Nobody has touched it for hours: what was changed a moment ago is not asked about yet.
    quiet = await _quiet(scene)
    await _compare(scene)
    await _arrived(scene, quiet)
    for reference in quiet:
        await scene.pair.do("erp", "damage", kind="lose_order", reference=reference)
    await _compare(scene)

    async def asked() -> bool:
        return quiet <= await _gone(scene)

    await scene.until(asked, ARRIVES_S, f"nobody asks about {', '.join(quiet)}, lost in the ERP", every_s=0.3)
    lost |= quiet
    for reference in lost:
        await scene.pair.do("shop", "cancel", reference=reference)

    async def settled() -> bool:
        return not lost & await _gone(scene)

    await scene.until(settled, ARRIVES_S, "a canceled order is asked about", every_s=0.3)


async def forgotten(scene: Scene, book: Path) -> None:
    """Let the shop forget an order that was heard of and not brought yet, and the last word of it come too late."""
    await command(scene, book, "pause", "orders")
    await asyncio.sleep(PAUSED_S)
    await scene.order(1)
    number = scene.placed[-1]

    async def heard_of() -> bool:
        return bool(await _subjects(scene, [number]))

    await scene.until(heard_of, ARRIVES_S, f"{number} was not read", every_s=0.2)
    line = next(each["lines"][0] for each in await _orders(scene) if each["reference"] == number)
    await scene.fault("shop", "delay_webhook", rate=1, seconds=2.0)
    await scene.pair.do("shop", "edit", reference=number, sku=line["sku"], quantity=int(line["quantity"]) + 1)
    await scene.pair.do("shop", "damage", kind="lose_order", reference=number)
    await scene.heal("shop", "delay_webhook")
    # With those of earlier lives: one that went on before it is known to be gone would be brought.
    lost = set(scene.placed) - {each["reference"] for each in await _orders(scene)}

    async def buried() -> bool:
        subjects = await _subjects(scene, lost)
        rows = await scene.ask("records", connection="shop", kind="order", ids=listed(subjects))
        return all(row["deleted_at"] is not None for row in rows)

    await scene.until(buried, ARRIVES_S, f"{number} is gone in the shop and not here", every_s=0.3)
    await command(scene, book, "resume", "orders")


async def _subjects(scene: Scene, numbers: Collection[str]) -> list[str]:
    rows = await scene.ask("jobs_listed", flow="orders", before_id=NEWEST, wish=PARKED)
    return [str(row["subject"]) for row in rows if row["number"] in numbers]


async def _answered(scene: Scene, book: Path, reference: str) -> None:
    """Answer what is asked about an order until it is in the ERP."""

    async def asked_or_there() -> bool:
        return reference in await _gone(scene) or reference in await _there(scene)

    await scene.until(asked_or_there, ARRIVES_S, f"nobody asks about {reference}, lost in the ERP", every_s=0.3)
    if reference in await _gone(scene):
        await command(scene, book, "answer", reference, "--leave")
        await asyncio.sleep(1)

    async def created() -> bool:
        if reference in await _there(scene):
            return True
        await command(scene, book, "answer", reference, "--create")
        await asyncio.sleep(2)
        return False

    await scene.until(created, ARRIVES_S, f"{reference} was not created again", every_s=0.1)


async def _gone(scene: Scene) -> set[str]:
    rows = await scene.ask("parked_jobs", flow="", wish=PARKED)
    return {str(row["number"]) for row in rows if row["code"] == "gone"}


async def _orders(scene: Scene) -> Sequence[Mapping[str, Any]]:
    return (await scene.pair.state("shop"))["orders"]


async def _quiet(scene: Scene, lines: int = 1) -> set[str]:
    """Let the shop have an order nobody was told of, placed hours ago; return its number."""
    before = await _offered(scene)
    seed = scene.chance.randrange(999)
    await scene.pair.do("shop", "damage", kind="quiet_order", minutes=OLD_MIN, seed=seed, lines=lines)
    return await _offered(scene) - before


async def _offered(scene: Scene) -> set[str]:
    return {each["reference"] for each in await _orders(scene)}


async def _there(scene: Scene) -> set[str]:
    return {each["reference"] for each in (await scene.pair.state("erp"))["orders"]}


async def _arrived(scene: Scene, references: Collection[str]) -> None:
    async def there() -> bool:
        return set(references) <= await _there(scene)

    await scene.until(there, ARRIVES_S, f"{', '.join(references)} was compared and not brought", every_s=0.5)


async def _compare(scene: Scene) -> None:
    """Compare today and yesterday, and wait until that is done; what others left is theirs."""
    before = {row["id"] for row in await scene.ask("unfinished_proofs")}
    await click(scene, "/proof/compare")

    async def done() -> bool:
        return not {row["id"] for row in await scene.ask("unfinished_proofs")} - before

    await scene.until(done, COMPARED_S, "comparing both sides does not end", every_s=0.3)


async def _rows(scene: Scene) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return what the newest comparisons found, by flow."""
    now = datetime.now(UTC)
    days = {"first": (now - timedelta(days=1)).date().isoformat(), "last": (now + timedelta(days=1)).date().isoformat()}
    return [
        (run["flow"], row)
        for run in await scene.ask("newest_proofs", **days)
        for verdict in ("open", "explained")
        for row in await scene.ask("proof_rows", run=run["id"], verdict=verdict, after=0, wish=PARKED)
    ]


async def _buyer(scene: Scene) -> str:
    """Return the shop's id of the buyer who was brought last."""
    rows = await scene.ask("jobs_listed", flow="customers", before_id=NEWEST, wish=20)
    for row in rows:
        if row["state"] == "done" and not row["subject"].startswith("guest:"):
            return str(row["subject"])
    message = "no buyer was brought yet"
    raise CannotPlay(message)


async def _estrange(scene: Scene, contact: str) -> None:
    """Let a buyer's contact lose its key: a contact with the same address is found and gets it back."""
    strange = {"as": f"shop:customer:{len(scene.placed)}"}
    try:
        await scene.pair.do("erp", "damage", kind="strange_contact", ref=contact, **strange)
    except CannotPlay as refused:
        if "no contact" not in str(refused):
            raise
        return  # an earlier life ended right after the loss
    await scene.pair.do("erp", "damage", kind="lose_contact", ref=contact)


async def _all_same(scene: Scene) -> bool:
    shop, erp = await scene.pair.state("shop"), await scene.pair.state("erp")
    asked = await scene.parked()
    booked = {each["reference"]: each for each in erp["orders"]}
    return all(
        each["reference"] in asked or each["reference"] not in booked or same(each, booked[each["reference"]])
        for each in shop["orders"]
    )


def _editable(order: Mapping[str, Any]) -> bool:
    return bool(order["status"] == "open" and order["lines"] and not order["test"])
