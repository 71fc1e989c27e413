"""The proof as pages and as commands: what a person sees and can do."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
from typer.testing import CliRunner

from isthmus.cli.app import app as commands
from isthmus.web.app import web_app
from isthmus.web.server import listen, serve
from tests.proof.stand import Stand, standing

RUN = CliRunner()


@asynccontextmanager
async def served(stand: Stand) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    stopping, sock = asyncio.Event(), listen("127.0.0.1", 0)
    serving = asyncio.create_task(serve(web_app(stand.app.engine, "example", key=b"k" * 32), sock, stopping))
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}", client
        finally:
            stopping.set()
            await serving


async def page(client: aiohttp.ClientSession, url: str) -> str:
    async with client.get(url) as answer:
        text = await answer.text()
        assert answer.status == 200, text
        return text


async def click(client: aiohttp.ClientSession, url: str, shown: str, action: str, **fields: str) -> str:
    """Send one form of a page, with its hidden fields, and return the page that follows."""
    found = re.search(rf'<form[^>]*action="{action}"[^>]*>(.*?)</form>', shown, re.DOTALL)
    assert found, f"no form {action}"
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', found[1]))
    async with client.post(url + action, data={**hidden, **fields}, headers={"Origin": url}) as answer:
        return await answer.text()


async def test_each_row_says_why_and_leads_to_its_order(stand: Stand) -> None:
    names = await stand.shop.place_orders(3, 7)
    await stand.sync()
    stand.later()
    stand.erp.damage(kind="alter_order", reference=names[0], what="quantity")
    stand.erp.damage(kind="double_order", reference=names[1])
    await stand.prove()
    async with served(stand) as (url, client):
        assert "2</strong> <span>rows of the proof are open" in await page(client, url)
        overview = await page(client, f"{url}/proof")
        assert "2 rows are open" in overview
        rows_path = re.search(r'href="(/proof/\d+)" class="figure late"', overview)
        assert rows_path
        rows = await page(client, url + rows_path[1])
        assert "holds it 2 times" in rows
        assert "quantity of" in rows
        order = re.search(r'href="(/orders/shop/[^"]+)"', rows)
        assert order
        assert names[0] in await page(client, url + order[1]) or names[1] in await page(client, url + order[1])


async def test_a_person_may_write_it_again_or_keep_it_so(stand: Stand) -> None:
    names = await stand.shop.place_orders(2, 7)
    await stand.sync()
    stand.later()
    stand.erp.damage(kind="alter_order", reference=names[0], what="quantity")
    stand.erp.damage(kind="double_order", reference=names[1])
    found = await stand.prove("orders")
    async with served(stand) as (url, client):
        path = f"/proof/{found.runs[0].run}"
        said = await click(client, url, await page(client, url + path), "/proof/again")
        assert "1 record queued to run again." in said
        doubled = next(row.id for row in found.rows if row.finding == "doubled")
        nothing = await click(
            client, url, await page(client, url + path), "/proof/accept", row=str(doubled), because=" "
        )
        assert "Say in a few words why" in nothing
        kept = await click(
            client, url, await page(client, url + path), "/proof/accept", row=str(doubled), because="two parcels"
        )
        assert "taken as right" in kept
        async with client.post(f"{url}/proof/accept", data={"row": str(doubled), "because": "forged"}) as answer:
            assert answer.status == 403
    await stand.sync()
    after = await stand.prove("orders")
    assert after.rows == []
    assert await stand.explained(after) == {names[1]: "accepted"}


async def test_what_is_exported_proves_itself_until_somebody_edits_it(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        names = await stand.shop.place_orders(3, 7)
        await stand.sync()
        stand.later()
        stand.erp.damage(kind="double_order", reference=names[0])
        await stand.prove()
        async with served(stand) as (url, client):
            for form in ("csv", "json"):
                (tmp_path / f"out.{form}").write_bytes((await page(client, f"{url}/proof.{form}")).encode())
    for form in ("csv", "json"):
        path = tmp_path / f"out.{form}"
        whole = await asyncio.to_thread(
            RUN.invoke, commands, ["prove", "--verify", "--file", str(path), "-C", str(tmp_path)]
        )
        assert whole.exit_code == 0, whole.output
        path.write_bytes(path.read_bytes().replace(b"2 times", b"1 times"))
        edited = await asyncio.to_thread(
            RUN.invoke, commands, ["prove", "--verify", "--file", str(path), "-C", str(tmp_path)]
        )
        assert edited.exit_code == 1
        assert "Broken at row 1" in edited.output


async def test_prove_says_in_words_what_is_open_and_ends_with_1(tmp_path: Path) -> None:
    async with standing(tmp_path) as stand:
        names = await stand.shop.place_orders(2, 7)
        await stand.sync()
        stand.erp.damage(kind="double_order", reference=names[0])

        def run(*words: str) -> tuple[int, str]:
            result = RUN.invoke(commands, [*words, "-C", str(tmp_path)])
            return result.exit_code, result.output

        code, told = await asyncio.to_thread(run, "prove", "--json")
        assert code == 1
        answer = json.loads(told)
        assert [(row["number"], row["finding"]) for row in answer["rows"]] == [(names[0], "doubled")]
        code, told = await asyncio.to_thread(run, "prove")
        assert code == 1
        assert "1 open." in told
        code, told = await asyncio.to_thread(run, "prove", "--verify")
        assert code == 0, told
        code, told = await asyncio.to_thread(run, "reconcile", "--flow", "order")
        assert code == 2
        assert "did you mean 'orders'?" in told
        code, told = await asyncio.to_thread(run, "prove", "--day", "2026-13-40")
        assert code == 2
        assert "is not a day" in told
