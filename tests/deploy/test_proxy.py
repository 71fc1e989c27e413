"""The proxy examples, run for real in front of a real project: deliveries pass, pages need a password, no more."""

import asyncio
import base64
import contextlib
import io
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from isthmus.bootstrap.config import read_config
from isthmus.web.admission import Limits
from tests.deploy.files import DEPLOY
from tests.web.stand import Stand, standing
from tests.web.test_ingress import BODY
from tests.web.test_ingress import headers as delivery

Proxy = Callable[..., AbstractAsyncContextManager[str]]
NAME = "isthmus.example.com"
PASSWORD = {"Authorization": "Basic " + base64.b64encode(b"operator:open-sesame").decode()}
START_S = 20.0
#: `/hooks/` is for POST alone; a path that climbs out of it is none.
CLOSED = ("/", "/orders", "/parked", "/health/ready", "/static/isthmus.css", "/hooks/shop", "/hooks/../parked")
NGINX = """
{user}
daemon off; pid {folder}/pid; error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def site(source: str, changes: Mapping[str, str]) -> str:
    """Return an example with addresses, files and the office's network replaced by those of the test."""
    text = (DEPLOY / "proxy" / source).read_text("utf-8")
    for old, new in changes.items():
        assert old in text, f"{source} no longer says {old!r}"
        text = text.replace(old, new)
    return text


@asynccontextmanager
async def nginx(upstream: str, port: int, folder: Path, *, office: bool) -> AsyncIterator[str]:
    binary, openssl = program("nginx"), program("openssl")
    key, certificate, people = folder / "key.pem", folder / "cert.pem", folder / "htpasswd"
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={NAME}", "-days", "1"]
    await said_by(openssl, *make, "-keyout", str(key), "-out", str(certificate))
    people.write_text("operator:" + await said_by(openssl, "passwd", "-apr1", "open-sesame"), "utf-8")
    changes = {
        "127.0.0.1:8100": upstream,
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "/etc/ssl/isthmus/fullchain.pem": str(certificate),
        "/etc/ssl/isthmus/privkey.pem": str(key),
        "/etc/nginx/isthmus.htpasswd": str(people),
    } | ({"allow 10.0.0.0/8;": "allow 127.0.0.1;"} if office else {})
    (folder / "site.conf").write_text(site("nginx.conf", changes), "utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user), "utf-8")
    async with started([binary, "-p", str(folder), "-c", str(folder / "nginx.conf")], port):
        yield f"https://127.0.0.1:{port}"


@asynccontextmanager
async def caddy(upstream: str, port: int, folder: Path, *, office: bool) -> AsyncIterator[str]:
    binary = program("caddy")
    hashed = (await said_by(binary, "hash-password", "--plaintext", "open-sesame")).strip()
    changes = {
        f"{NAME} {{": f"http://{NAME}:{port} {{\n\tbind 127.0.0.1",
        "127.0.0.1:8100": upstream,
    } | ({"10.0.0.0/8": "127.0.0.1/32"} if office else {})
    text = "{\n\tadmin off\n\tauto_https off\n}\n" + site("Caddyfile", changes)
    (folder / "Caddyfile").write_text(text, "utf-8")
    homes = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    run = [binary, "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    async with started(run, port, {**os.environ, **homes, "PAGES_HASH": hashed}):
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def started(command: list[str], port: int, environment: Mapping[str, str] | None = None) -> AsyncIterator[None]:
    """Run a server until the block ends, from when it takes connections."""
    server = await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.PIPE)
    assert server.stderr is not None
    said = asyncio.create_task(server.stderr.read())
    try:
        async with asyncio.timeout(START_S):
            while not await answers(port):
                assert server.returncode is None, (await said).decode()
                await asyncio.sleep(0.05)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.terminate()
        await server.wait()
        await said


async def said_by(*command: str) -> str:
    quiet = asyncio.subprocess.PIPE
    done = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
    out, err = await done.communicate()
    assert done.returncode == 0, err.decode()
    return out.decode()


async def answers(port: int) -> bool:
    try:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


async def ask(stand: Stand, url: str, method: str = "GET", body: bytes = b"", **headers: str) -> tuple[int, str]:
    said: dict[str, Any] = {"headers": {"Host": NAME} | headers, "data": io.BytesIO(body) if body else None}
    async with stand.client.request(method, URL(url, encoded=True), ssl=False, allow_redirects=False, **said) as answer:
        return answer.status, await answer.text()


@pytest.fixture(params=[nginx, caddy], ids=["nginx", "caddy"])
def proxy(request: pytest.FixtureRequest) -> Proxy:
    return request.param


@pytest.fixture
def public_url() -> str:
    return read_config(DEPLOY / "project").public_url


async def test_from_outside_deliveries_pass_and_nothing_else(proxy: Proxy, public_url: str, tmp_path: Path) -> None:
    async with standing(public_url=public_url) as stand:
        upstream, port = stand.url.removeprefix("http://"), free_port()
        async with proxy(upstream, port, tmp_path, office=False) as url:
            assert (await ask(stand, f"{url}/hooks/shop", "POST", BODY, **delivery()))[0] == 202
            [row] = await stand.store.read("inbox_waiting")
            assert row["deliveries"] == 1
            assert (await ask(stand, f"{url}/hooks/shop", "POST", BODY))[0] == 401  # Isthmus itself: not signed
            for path in CLOSED:
                assert (await ask(stand, url + path, **PASSWORD))[0] in {403, 404}, path
            assert (await ask(stand, f"{url}/retry", "POST", b"", **PASSWORD))[0] in {403, 404}
            assert (await ask(stand, f"{url}/hooks/shop", "POST", b" " * 3_000_000))[0] == 413


async def test_the_office_opens_pages_with_a_password(proxy: Proxy, public_url: str, tmp_path: Path) -> None:
    async with standing(public_url=public_url) as stand:
        upstream, port = stand.url.removeprefix("http://"), free_port()
        async with proxy(upstream, port, tmp_path, office=True) as url:
            assert (await ask(stand, f"{url}/parked"))[0] == 401
            status, page = await ask(stand, f"{url}/parked", **PASSWORD)
            assert status == 200
            assert "Questions" in page
            assert (await ask(stand, f"{url}/health/ready", **PASSWORD))[0] == 404


async def test_a_stranger_is_told_by_his_own_address_whatever_he_says_of_it(
    proxy: Proxy, public_url: str, tmp_path: Path
) -> None:
    limits = Limits(stranger_burst=2, stranger_per_s=0.001)
    async with standing(public_url=public_url, proxies=["127.0.0.1"], limits=limits) as stand:
        upstream, port = stand.url.removeprefix("http://"), free_port()
        away = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
        async with (
            proxy(upstream, port, tmp_path, office=False) as url,
            aiohttp.ClientSession(connector=away) as client,
        ):
            told: list[int] = []
            for number in range(4):
                said = {"Host": NAME, "X-Forwarded-For": f"203.0.113.{number}"}
                async with client.post(f"{url}/hooks/shop", data=BODY, headers=said, ssl=False) as answer:
                    told.append(answer.status)
            assert told == [401, 401, 429, 429]


async def test_behind_https_the_cookie_goes_over_https_only(public_url: str, tmp_path: Path) -> None:
    async with standing(public_url=public_url) as stand:
        upstream, port = stand.url.removeprefix("http://"), free_port()
        said = {"Host": NAME, **PASSWORD, "X-Forwarded-Proto": "http"}
        async with (
            nginx(upstream, port, tmp_path, office=True) as url,
            stand.client.get(f"{url}/parked", headers=said, ssl=False) as answer,
        ):
            assert "; Secure" in answer.headers["Set-Cookie"]
