"""The browser for screen tests shows a page served on this machine."""

import pytest
from aiohttp import web
from playwright.async_api import async_playwright


@pytest.mark.browser
async def test_the_browser_shows_a_page(chromium_path: str) -> None:
    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<title>Isthmus</title><button>Answer</button>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with async_playwright() as tools:
            browser = await tools.chromium.launch(executable_path=chromium_path)
            tab = await browser.new_page()
            await tab.goto(f"http://127.0.0.1:{runner.addresses[0][1]}/")
            assert await tab.title() == "Isthmus"
            assert await tab.get_by_role("button", name="Answer").is_visible()
            await browser.close()
    finally:
        await runner.cleanup()
