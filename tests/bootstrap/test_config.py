"""A project file is checked before anything runs, and each mistake names its place and the remedy."""

import fcntl
import threading
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isthmus.bootstrap import connectors
from isthmus.bootstrap.config import ConfigError, ProjectConfig, read_config
from isthmus.bootstrap.own import owned
from isthmus.bootstrap.wiring import opened
from isthmus.ports.connector import Connector, Session, Tools
from isthmus.store.base import Store
from isthmus.store.open import open_store

GOOD = """
[isthmus]
name = "demo"
listen = "127.0.0.1:8100"
time_zone = "Europe/Berlin"

[connections.shop]
connector = "shopify"
url = "http://127.0.0.1:1"
allow_private = true

[connections.erp]
connector = "odoo"
url = "http://127.0.0.1:2"
allow_private = true
database = "demo"
login = "demo"

[flows.orders]
from = "shop"
to = "erp"

[flows.stock]
from = "erp"
to = "shop"
"""
SECRETS = "ISTHMUS_SHOP_ACCESS_TOKEN=t\nISTHMUS_SHOP_CLIENT_SECRET='s'\n# a comment\nISTHMUS_ERP_API_KEY=\"k\"\n"


def project(folder: Path, text: str = GOOD, secrets: str = SECRETS) -> ProjectConfig:
    (folder / "isthmus.toml").write_text(text, "utf-8")
    (folder / ".env").write_text(secrets, "utf-8")
    return read_config(folder)


async def opening(folder: Path, text: str = GOOD, secrets: str = SECRETS) -> Any:
    async with opened(project(folder, text, secrets)) as app:
        return app


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:2",
        "https://10.1.2.3",
        "https://192.168.0.9:8069",
        "http://[::1]:2",
        "http://localhost:8069",
        "HTTPS://172.16.0.1/",
        "http://[::ffff:10.0.0.1]",
        "http://100.64.0.1",
        "http://[fd12:3456::1]",
    ],
)
async def test_an_address_of_ones_own_has_to_be_allowed(tmp_path: Path, url: str) -> None:
    allowed = GOOD.replace("http://127.0.0.1:2", url)
    with pytest.raises(ConfigError, match=r"\[connections\.erp\] url .*own\. .*allow_private = true"):
        await opening(tmp_path, allowed.replace(f'"{url}"\nallow_private = true', f'"{url}"'))
    assert await opening(tmp_path, allowed)
    # An older release does not know the setting; the environment says it to this one only.
    plain = allowed.replace("allow_private = true\n", "")
    secrets = SECRETS + "ISTHMUS_SHOP_ALLOW_PRIVATE=true\nISTHMUS_ERP_ALLOW_PRIVATE=true\n"
    assert await opening(tmp_path, plain, secrets)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://[fe80::1]", "http://0.0.0.0:2", "http://224.0.0.1"]
)
async def test_an_address_no_business_system_has_is_refused_whatever_is_allowed(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="no business system has"):
        await opening(tmp_path, GOOD.replace("http://127.0.0.1:2", url))


async def test_allowing_is_not_a_word_in_quotes(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="allow_private = 'true' must be true or false, without quotes"):
        await opening(tmp_path, GOOD.replace("allow_private = true", 'allow_private = "true"'))


async def test_a_connection_that_cannot_be_closed_keeps_nothing_else_open(tmp_path: Path) -> None:
    closed: list[str] = []

    async def fails() -> None:
        closed.append("shop")
        raise RuntimeError

    async def ends() -> None:
        closed.append("erp")

    async def opener(url: str, folder: Path) -> Store:
        store = await open_store(url, folder)
        close = store.close

        async def closing() -> None:
            await close()
            closed.append("store")

        store.close = closing  # type: ignore[method-assign]
        return store

    project_at_work = AsyncExitStack()
    app = await project_at_work.enter_async_context(opened(project(tmp_path), opener=opener))
    for name, close in (("shop", fails), ("erp", ends)):
        connection = app.context.connections[name]
        changed = replace(connection, session=replace(connection.session, close=close))
        app.context.connections[name] = changed  # type: ignore[index]
    with pytest.raises(RuntimeError):
        await project_at_work.aclose()
    assert sorted(closed) == ["erp", "shop", "store"]
    assert closed[-1] == "store"


async def test_a_good_project_opens(tmp_path: Path) -> None:
    app = await opening(tmp_path)
    assert [flow.name for flow in app.engine.flows] == ["orders", "customers", "products", "stock"]
    assert set(app.context.connections) == {"shop", "erp"}
    assert set(app.context.connections["shop"].secrets) == {"t", "s"}
    assert str(app.config.zone) == "Europe/Berlin"
    assert (tmp_path / "isthmus.db").exists()


def test_a_small_database_gets_few_connections(tmp_path: Path) -> None:
    text = GOOD.replace('name = "demo"', 'name = "demo"\ndatabase_connections = 3')
    assert project(tmp_path, text).database_connections == 3
    assert project(tmp_path).database_connections == 7


def test_our_own_proxies_may_be_named(tmp_path: Path) -> None:
    text = GOOD.replace('name = "demo"', 'name = "demo"\nproxies = ["127.0.0.1", "10.0.0.0/8"]')
    assert project(tmp_path, text).proxies == ("127.0.0.1", "10.0.0.0/8")
    assert project(tmp_path).proxies == ()


WRONG = [
    pytest.param('name = "demo"', 'name = "demo"\ndatabase_connections = 1', "at least 2", id="one-for-all"),
    pytest.param('name = "demo"', 'name = "demo"\ndatabase_connections = "9"', "a whole number", id="pool-in-words"),
    pytest.param('name = "demo"', 'name = "demo"\nproxies = "10.0.0.1"', "must be a list", id="one-proxy"),
    pytest.param('name = "demo"', 'name = "demo"\nproxies = ["10.0.0.1/8"]', "must be a list", id="no-network"),
    pytest.param('name = "demo"', 'nmae = "demo"', "did you mean 'name'", id="a-slip"),
    pytest.param('"Europe/Berlin"', '"Berlin"', "is not a time zone", id="no-zone"),
    pytest.param('"127.0.0.1:8100"', '"8100"', "must look like", id="no-address"),
    pytest.param('"127.0.0.1:8100"', '"127.0.0.1:99999"', "must look like", id="no-such-port"),
    pytest.param('connector = "odoo"', 'connector = "odo"', "did you mean 'odoo'", id="no-such-connector"),
    pytest.param('connector = "odoo"', "", "needs connector", id="no-connector"),
    pytest.param('login = "demo"', 'api_key = "k"', "is a secret: put it into ISTHMUS_ERP_API_KEY", id="a-secret"),
    pytest.param('login = "demo"', 'logn = "demo"', "did you mean 'login'", id="no-such-setting"),
    pytest.param('login = "demo"', "login = 1.5", "must be a text or a whole number", id="a-fraction"),
    pytest.param('login = "demo"', "", "login is missing", id="a-setting-missing"),
    pytest.param('to = "erp"', 'to = "epr"', "did you mean 'erp'", id="no-such-connection"),
    pytest.param('to = "erp"', 'to = ["erp"]', "is not one of the connections", id="not-a-name"),
    pytest.param('to = "erp"', 'to = "erp"\nkind = "order"', "did you mean 'orders'", id="no-such-kind"),
    pytest.param('to = "erp"', 'to = "erp"\nevery = 0', "must be 1 second or more", id="too-often"),
    pytest.param('to = "erp"', 'to = "erp"\nevery = "soon"', "must be a number", id="not-a-number"),
    pytest.param('to = "erp"', 'to = "erp"\nevery = inf', "must be a number", id="never"),
    pytest.param('to = "erp"', 'to = "erp"\nconcurrency = 0', "concurrency = 0 must be", id="nobody-at-work"),
    pytest.param('to = "erp"', 'to = "erp"\nimport_when = "payed"', "did you mean 'paid'", id="no-such-gate"),
    pytest.param('to = "erp"', 'to = "erp"\nreference = "WEB"', "must contain {number}", id="no-number"),
    pytest.param('to = "erp"', 'to = "erp"\nreference = "{number}-{shop}"', "{number}", id="an-unknown-part"),
    pytest.param('to = "erp"', 'to = "erp"\nenabled = "false"', "must be true or false", id="a-word-for-a-switch"),
    pytest.param('to = "erp"', 'to = "erp"\ntest_orders = "no"', "must be true or false", id="another"),
    pytest.param('to = "erp"', 'to = "erp"\n[flows.orders.tables]\nskus = {A = "B"}', "did you mean 'sku'", id="table"),
    pytest.param('to = "erp"', 'to = "erp"\n[flows.orders.tables]\nsku = "A"', "must hold tables", id="no-table"),
    pytest.param('to = "shop"', 'to = "shop"\nsafety_stock = -1', "safety_stock", id="more-than-there-is"),
    pytest.param('to = "shop"', 'to = "shop"\nsafety_stock = nan', "must be a number", id="no-number-at-all"),
    pytest.param('to = "shop"', 'to = "shop"\nplaces = "WH"', "places", id="places-are-a-table"),
    pytest.param("[flows.stock]", "[flows.stock]\nimport_when = 1", "is not a setting", id="another-kinds-setting"),
    pytest.param("[flows.stock]", "[flows.stock", "isthmus.toml: ", id="not-toml"),
    pytest.param("[isthmus]", "connections = 5\n[isthmus]", "isthmus.toml", id="not-even-tables"),
    pytest.param("[isthmus]", "flows = 5\n[isthmus]", "isthmus.toml", id="nor-flows"),
]


@pytest.mark.parametrize(("right", "wrong", "told"), WRONG)
async def test_a_mistake_is_named_with_what_would_be_right(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in GOOD
    text = GOOD.replace(right, wrong, 1)
    if "connections = 5" in wrong:
        text = 'connections = 5\n[isthmus]\nname = "x"\n'
    if "flows = 5" in wrong:
        text = 'flows = 5\n[isthmus]\nname = "x"\n'
    with pytest.raises(ConfigError) as wrongly:
        await opening(tmp_path, text)
    assert told in str(wrongly.value)


@pytest.mark.parametrize(
    ("swapped", "told"),
    [
        pytest.param(
            ('[flows.orders]\nfrom = "shop"\nto = "erp"', '[flows.orders]\nfrom = "erp"\nto = "shop"'),
            r"\[flows\.orders\] cannot work with 'shop': Shopify takes no order, customer records\. "
            r"It gives order, stock_level, variant, warehouse, and takes stock_level\. .*enabled = false",
            id="nobody-takes-orders",
        ),
        pytest.param(
            ('[flows.stock]\nfrom = "erp"\nto = "shop"', '[flows.stock]\nfrom = "shop"\nto = "erp"'),
            r"\[flows\.stock\] cannot work with 'erp': Odoo takes no stock_level records",
            id="nobody-takes-stock",
        ),
    ],
)
async def test_a_flow_between_systems_that_cannot_do_it_is_refused(
    tmp_path: Path, swapped: tuple[str, str], told: str
) -> None:
    assert swapped[0] in GOOD
    with pytest.raises(ConfigError, match=told):
        await opening(tmp_path, GOOD.replace(*swapped))
    assert await opening(tmp_path, GOOD.replace(swapped[0], f"{swapped[1]}\nenabled = false"))


async def test_a_stream_nobody_offers_is_told_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = connectors.connector

    def without_orders(slug: str) -> Connector:
        made = whole(slug)

        def opened_bare(form: Mapping[str, str], tools: Tools) -> Session:
            session = made.open(form, tools)
            return replace(session, sources={kind: one for kind, one in session.sources.items() if kind != "order"})

        return replace(made, open=opened_bare) if slug == "shopify" else made

    monkeypatch.setattr(connectors, "connector", without_orders)
    with pytest.raises(ConfigError, match=r"\[flows\.orders\] cannot work with 'shop': Shopify gives no order records"):
        await opening(tmp_path)


async def test_a_missing_secret_names_its_variable_and_shows_no_other(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the environment variable ISTHMUS_ERP_API_KEY is missing"):
        await opening(tmp_path, secrets="ISTHMUS_SHOP_ACCESS_TOKEN=t\nISTHMUS_SHOP_CLIENT_SECRET=s\n")


def test_no_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run `isthmus init`"):
        read_config(tmp_path)


def test_a_flow_can_be_switched_off(tmp_path: Path) -> None:
    config = project(tmp_path, GOOD + "enabled = false\n")
    assert [flow.name for flow in config.flows] == ["orders"]


def test_the_environment_goes_before_the_file_of_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISTHMUS_ERP_API_KEY", "from outside")
    monkeypatch.setenv("ISTHMUS_DATABASE_URL", "postgresql://x/y")
    config = project(tmp_path)
    assert config.environment["ISTHMUS_ERP_API_KEY"] == "from outside"
    assert config.environment["ISTHMUS_SHOP_CLIENT_SECRET"] == "s"
    assert config.database == "postgresql://x/y"


@pytest.mark.parametrize(
    ("listen", "expected"),
    [("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:8100", ("::1", 8100)), ("host:1", ("host", 1))],  # noqa: S104
)
def test_where_it_listens(tmp_path: Path, listen: str, expected: tuple[str, int]) -> None:
    assert project(tmp_path, GOOD.replace("127.0.0.1:8100", listen)).listen == expected


def test_one_isthmus_per_file_database(tmp_path: Path) -> None:
    config = project(tmp_path)
    with owned(config) as alone:
        assert alone
        with pytest.raises(ConfigError, match=r"another Isthmus \(process \d+\)"), owned(config):
            pass
    with owned(config) as alone:
        assert alone


def test_a_look_at_who_is_at_work_keeps_nobody_from_starting(tmp_path: Path) -> None:
    config = project(tmp_path)
    with (tmp_path / "isthmus.lock").open("a+", encoding="ascii") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)  # as `worker_of` does for a moment
        over = threading.Timer(0.1, fcntl.flock, (looking, fcntl.LOCK_UN))
        over.start()
        with owned(config) as alone:
            assert alone
        over.join()


def test_with_a_server_others_may_be_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISTHMUS_DATABASE_URL", "postgresql://x/y")
    with owned(project(tmp_path)) as alone:
        assert not alone


@pytest.mark.parametrize(("written", "seconds"), [("30", 30.0), ("0.5", 5.0)])
async def test_a_settle_time_may_be_longer_than_the_connectors_but_not_shorter(
    tmp_path: Path, written: str, seconds: float
) -> None:
    app = await opening(tmp_path, GOOD.replace('login = "demo"', f'login = "demo"\nsettle = {written}'))
    assert app.context.connections["erp"].settle.total_seconds() == seconds
