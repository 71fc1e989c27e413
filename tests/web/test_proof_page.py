"""The overview of reconciliation costs the same however much is open, and bears any address."""

from datetime import UTC, datetime
from typing import Any

import pytest

from isthmus.engine.tally import Tally, tally_text
from isthmus.store.statement import Row, say
from tests.web.stand import Stand


@pytest.mark.parametrize("days", ["to=0001-01-01", "from=0001-01-01", "from=9999-12-31&to=0001-01-01", "to=tomorrow"])
async def test_days_nobody_lived_show_an_empty_page(stand: Stand, days: str) -> None:
    assert "No day of this span was compared yet." in await stand.get(f"/proof?{days}")


async def test_the_overview_reads_counts_and_not_every_row_behind_them(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = stand.engine.context.micros()
    await stand.store.write(
        say("ask_proof", flow="stock", day=f"{datetime.now(UTC):%Y-%m-%d}", asked="a", who="", now=now),
        say("claim_proof", now=now, lease_until=now, token="t"),
        say("finish_proof", id=1, token="t", now=now, summary=tally_text(Tally(open=1_000_000))),
    )
    read, asked = stand.store.read, list[str]()

    async def noted(name: str, /, **values: Any) -> list[Row]:
        asked.append(name)
        return await read(name, **values)

    monkeypatch.setattr(stand.store, "read", noted)
    assert "rows are open" in await stand.get("/proof")
    assert "newest_proofs" in asked
    assert "proof_rows" not in asked
