"""Answers of a made-up shop, as the watch hears them."""

import json
from collections.abc import Mapping
from typing import Any

from isthmus.engine.drift import Watch
from isthmus.kit.http import Request, Response
from isthmus.store.base import Store

URL = "https://shop.example.com/orders"
ORDER: Mapping[str, Any] = {"id": 1, "state": "paid", "total": "10.00", "lines": [{"left": 2}]}


def hear(watch: Watch, said: Any = ORDER, *, times: int = 1, operation: str = "Orders", status: int = 200) -> None:
    """Let so many answers pass."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    for _ in range(times):
        watch.heard("shop", Request("GET", URL, operation), Response(status, {}, body))


async def told(store: Store, *, accepted: bool = False) -> list[tuple[str, str, str, str, int]]:
    """Return what the store holds of differences: kind, path, before, after, answers."""
    rows = await store.read("drifts", most=100)
    return [
        (row["kind"], row["path"], row["was"], row["found"], row["answers"])
        for row in rows
        if accepted or row["accepted_at"] is None
    ]
