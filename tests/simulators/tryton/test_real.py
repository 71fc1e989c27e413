"""The double and a real Tryton 8.2, told the same: their answers have to be the same.

A real one is named by `ISTHMUS_TEST_TRYTON_URL` (such as `http://127.0.0.1:8000`), `ISTHMUS_TEST_TRYTON_DATABASE`,
`ISTHMUS_TEST_TRYTON_LOGIN` and `ISTHMUS_TEST_TRYTON_PASSWORD`; what its database needs stands in `scenario.py`. The
user has to be an administrator. Its own client library drives the double where `ISTHMUS_TEST_PROTEUS` names a Python
that has it: both are GPL, so they live in an environment of their own and run as programs of their own.
"""

import asyncio
import os
import secrets
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.simulators.tryton.caller import Caller
from tests.simulators.tryton.conftest import Start
from tests.simulators.tryton.scenario import Play

URL = os.environ.get("ISTHMUS_TEST_TRYTON_URL")
PROTEUS = os.environ.get("ISTHMUS_TEST_PROTEUS")


async def test_the_scenario_runs_to_its_end_on_the_double(start: Start) -> None:
    notes = await Play(await start(), "T1")()
    assert len(notes) > 150
    assert notes["sale confirmed"]["state"] == "processing"
    assert notes["returned"]["shipment_state"] == "sent"
    again = await Play(await start(), "T2")()
    # Told the same twice, it answers the same twice.
    assert [name for name in notes if notes[name] != again[name]] == []


@pytest.mark.skipif(URL is None, reason="ISTHMUS_TEST_TRYTON_URL names no running Tryton")
async def test_a_real_tryton_answers_the_same(start: Start) -> None:
    tag = secrets.token_hex(4).upper().translate(str.maketrans("0123456789", "GHIJKLMNOP"))
    who = {name: os.environ[f"ISTHMUS_TEST_TRYTON_{name.upper()}"] for name in ("database", "login", "password")}
    async with ClientSession(auto_decompress=False) as session:
        real = await Play(Caller(session, str(URL).rstrip("/"), **who), tag)()
    ours = await Play(await start(), tag)()
    differing = {name: (real[name], ours.get(name)) for name in real if real[name] != ours.get(name)}
    assert differing == {}


@pytest.mark.skipif(PROTEUS is None, reason="ISTHMUS_TEST_PROTEUS names no Python that has proteus")
async def test_trytons_own_client_library_sells_something(tryton: Caller) -> None:
    url = tryton.root.replace("http://", "http://demo:demo-password@") + "/demo/rpc/"
    script = Path(__file__).with_name("with_proteus.py")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    program = await asyncio.create_subprocess_exec(
        PROTEUS or sys.executable, str(script), url, "LAMP-0001", stdout=-1, stderr=-1, env=clean
    )
    told, wrong = await asyncio.wait_for(program.communicate(), 60)
    assert (program.returncode, wrong.decode()) == (0, "")
    assert told.decode().splitlines() == [
        "draft 20.00",
        "quotation 1",
        "processing waiting",
        "assigned",
        "picked",
        "2",
        "1",
    ]
