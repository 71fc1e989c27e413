"""Play one arm once and judge it by what both systems hold."""

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from isthmus.kit.http import HttpFailure
from isthmus.store.group import StoreError
from isthmus.testing.campaign.arm import Arm, Result
from isthmus.testing.campaign.pair import ERP_MS, CannotPlay
from isthmus.testing.campaign.scene import LOOK_S, Scene
from isthmus.testing.proxy import Proxy
from isthmus.testing.truth import figures, same, wrong_stock

log = logging.getLogger("isthmus.campaign")
#: Whoever would do something twice has done it by then.
LINGER_S = 1.0
#: As many calls as the Odoo connector makes at a time.
CALLS_AT_A_TIME = 4
SAMPLES = 5
State = Mapping[str, Any]


async def perform(arm: Arm, scene: Scene) -> Result:
    """Play one arm; what goes wrong with the play itself becomes the result's trouble."""
    result = Result(arm=arm.name, store=scene.site.dialect, seed=scene.seed)
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        await _play(arm, scene, result)
    except (CannotPlay, HttpFailure, StoreError, OSError) as wrong:
        result.trouble = f"{type(wrong).__name__}: {wrong}"
    finally:
        await scene.close()
    result.took_s = round(loop.time() - began, 1)
    return result


async def _play(arm: Arm, scene: Scene, result: Result) -> None:
    await scene.pair.begin()
    for side in arm.proxied:
        scene.proxies[side] = await scene.stack.enter_async_context(Proxy(scene.pair.url(side), seed=scene.seed))
    at = {side: scene.proxies[side].url if side in scene.proxies else scene.pair.url(side) for side in ("shop", "erp")}
    scene.project(scene.folder, port=scene.pair.isthmus, stock=arm.stock, **at)
    await arm.play(scene)
    before = await _erp_calls(scene)
    result.met = dict(scene.met)
    result.faults = await scene.reached()
    result.reached = arm.harmless or bool(result.faults)
    result.drain_s = await _drained(scene, arm)
    result.at_best_s = round((await _erp_calls(scene) - before) * ERP_MS / 1000 / CALLS_AT_A_TIME, 1)
    asked = await scene.parked()
    if asked:
        # A person looks, finds nothing the matter any more, and presses Retry.
        await scene.command("retry")
        await _drained(scene, arm)
    left = await scene.parked()
    for name, life in scene.lives.items():
        if life.alive and (ended := await life.stop()) != 0:
            result.trouble = f"{name} ended with {ended} when it was told to stop"
    await _judge(scene, arm, result, left)
    result.asked = len(asked)


async def _judge(scene: Scene, arm: Arm, result: Result, left: Collection[str]) -> None:
    shop, erp = await scene.pair.state("shop"), await scene.pair.state("erp")
    told = figures(shop, erp, left, 0.0)
    orders, calls = told["orders"], told["calls"]
    result.offered, result.once = orders["offered"], orders["once_in_erp"]
    # One that is still asked about after somebody has retried it has not arrived.
    result.lost, result.doubled = orders["lost"] + orders["parked"], orders["doubled"]
    result.wrong, result.skipped = orders["wrong_content"], orders["skipped"]
    result.wrong_stock = told["stock"]["wrong"] if arm.stock else 0
    result.calls_per_order = round((calls["shop"] + calls["erp"]) / max(1, result.offered), 2)
    result.samples = tuple(_samples(shop, erp, stock=arm.stock))
    strange = {each["reference"] for each in erp["orders"]} - {each["reference"] for each in shop["orders"]}
    if strange:
        result.trouble = f"the ERP holds {len(strange)} orders nobody placed: {sorted(strange)[:SAMPLES]}"


def _samples(shop: State, erp: State, *, stock: bool) -> list[str]:
    """Name some of the orders and figures that are not as they should be, for whoever looks for the reason."""
    held: dict[str, list[State]] = {}
    for each in erp["orders"]:
        held.setdefault(each["reference"], []).append(each)
    found: list[str] = []
    for each in shop["orders"]:
        there = held.get(each["reference"], [])
        if len(there) > 1:
            found.append(f"{each['reference']} doubled: {[(one['name'], one['status']) for one in there]}")
        elif there and not same(each, there[0]):
            found.append(
                f"{each['reference']} wrong: {each['status']} {each['total']} in the shop,"
                f" {there[0]['status']} {there[0]['total']} in the ERP"
            )
        elif not there and each["status"] == "open":
            found.append(f"{each['reference']} lost")
    shelves = [
        f"{sku} wrong: {shop['stock'][sku]} in the shop, {erp['stock'][sku]} in the ERP"
        for sku in (wrong_stock(shop, erp) if stock else ())
    ]
    return found[:SAMPLES] + shelves[:SAMPLES]


def _taken_by(shop: State, references: Collection[str]) -> set[str]:
    """Return the SKUs some orders of the shop are about."""
    return {line["sku"] for each in shop["orders"] if each["reference"] in references for line in each["lines"]}


async def _drained(scene: Scene, arm: Arm) -> float | None:
    """Wait until both sides agree on orders and stock, or ask, and still do so a moment later.

    Returns how long it took until then, None when they never did.
    """

    async def agree() -> bool:
        asked = await scene.parked()
        shop, erp = await scene.pair.state("shop"), await scene.pair.state("erp")
        # What is asked about waits for a person, not for time.
        due = {**shop, "orders": [each for each in shop["orders"] if each["reference"] not in asked]}
        orders = figures(due, erp, (), 0.0)["orders"]
        if orders["doubled"]:
            return True  # time does not mend it
        # Nor does what such an order takes from stock: the ERP may hold it unconfirmed, and count it as free.
        waiting = _taken_by(shop, asked)
        settled = {**erp, "stock": {sku: each for sku, each in erp["stock"].items() if sku not in waiting}}
        stock = figures(shop, settled, asked, 0.0)["stock"]
        return not (orders["lost"] or orders["wrong_content"] or (arm.stock and stock["wrong"]))

    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        while True:
            left = arm.agree_s - (loop.time() - began)
            await scene.until(agree, left, "both sides do not agree", every_s=LOOK_S)
            agreed = loop.time() - began
            await asyncio.sleep(LINGER_S)
            if await agree():
                return round(agreed, 1)
    except CannotPlay:
        return None


async def _erp_calls(scene: Scene) -> int:
    return Counter((await scene.pair.meter("erp"))["calls"]).total()
