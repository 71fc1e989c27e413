"""Every test that asks for `stand` runs on both stores."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.proof.stand import Stand, standing


@pytest.fixture(params=("sqlite", pytest.param("postgres", marks=pytest.mark.postgres)))
async def stand(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stand]:
    database = "" if request.param == "sqlite" else request.getfixturevalue("new_database")
    async with standing(tmp_path, database) as made:
        yield made
