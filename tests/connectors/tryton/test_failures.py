"""Every answer becomes its content or the right class of error, and sessions begin and end without a person."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from isthmus.connectors.tryton.failures import STRANGER, Asked, SessionEnded, Warned, unwrap
from isthmus.kit.http import AnswerLost, NotSent, Request, Response
from isthmus.ports.errors import (
    AuthExpired,
    Contended,
    Forbidden,
    InDoubt,
    Invalid,
    Misconfigured,
    Throttled,
    Trouble,
    Unreachable,
    WireDrift,
)
from tests.connectors.tryton.stand import Stand, connected, standing

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
READ = Asked("model.sale.sale.search_read", None, "demo", NOW, signed_in=True)
WRITE = Asked("model.sale.sale.create", "shop:1", "demo", NOW, signed_in=True)


def said(body: Any, status: int = 200, **headers: str) -> Response:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def error(*parts: Any) -> Response:
    return said({"id": 0, "error": list(parts)})


def instead(answer: Response) -> Callable[[Request], Response]:
    return lambda _request: answer


def test_a_result_is_read_null_included() -> None:
    assert unwrap(said({"id": 0, "result": None}), READ) is None
    assert unwrap(said({"id": 0, "result": [1]}), READ) == [1]


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (error("UserError", ["Say no.", "", None]), Invalid),
        (error("UserError", []), Invalid),
        (error("UserWarning", ["a.b", "Sure?", ""]), Invalid),
        (error("UserWarning", "a.b", "Sure?", ""), Warned),
        (error("ConcurrencyException", "Records were modified in the meanwhile"), Contended),
        (error("LoginException", ["totp", "Code", "char"]), AuthExpired),
        (error("'nope'", ""), WireDrift),
        (error(), WireDrift),
        (said({"id": 0, "error": "text"}), WireDrift),
        (said("unexpected"), WireDrift),
        (said({"id": 0}), WireDrift),
        (said(b"<html>"), Unreachable),
        (said({"id": 0, "result": {"__class__": "Decimal"}}), WireDrift),
        (said(b"", 401), SessionEnded),
        (said(b"", 403), Forbidden),
        (said(b"", 404), Misconfigured),
        (said(b"", 405), Misconfigured),
        (said(b"", 307), Misconfigured),
        (said(b"", 408), Unreachable),
        (said(b"", 422), WireDrift),
        (said(b"", 429), Throttled),
        (said(b"", 503), Unreachable),
        (said(b"", 504), Unreachable),
    ],
)
def test_each_answer_to_a_reading_has_its_error(answer: Response, wanted: type[Trouble]) -> None:
    with pytest.raises(wanted) as met:
        unwrap(answer, READ)
    assert type(met.value) is wanted or wanted is Invalid


@pytest.mark.parametrize(
    "answer", [said(b"", 503), said(b"<html>"), said("unexpected"), said({"id": 0, "result": {"__class__": "date"}})]
)
def test_a_write_whose_answer_says_nothing_is_in_doubt(answer: Response) -> None:
    with pytest.raises(InDoubt) as doubt:
        unwrap(answer, WRITE)
    assert doubt.value.key == "shop:1"


def test_words_of_the_database_are_not_passed_on() -> None:
    with pytest.raises(WireDrift) as met:
        unwrap(error("duplicate key value: Key (name)=(Anna Muster) already exists.", ""), READ)
    assert "Anna" not in str(met.value)


@pytest.mark.parametrize(
    ("hint", "seconds"),
    [("7", 7.0), ("Mon, 02 Mar 2026 12:00:09 GMT", 9.0), ("", 5.0), ("soon", 5.0), ("9" * 12, 5.0)],
)
def test_a_pause_is_as_long_as_it_is_asked_for(hint: str, seconds: float) -> None:
    with pytest.raises(Throttled) as told:
        unwrap(said(b"", 429, Retry_After=hint), READ)
    assert told.value.retry_at - NOW == timedelta(seconds=seconds)


async def test_a_session_that_ended_is_renewed_once_for_all_who_met_the_end(erp: Stand) -> None:
    await erp.session.probe.ping()
    erp.world.expire_auth()
    await asyncio.gather(*(erp.session.probe.ping() for _ in range(5)))
    assert erp.between.operations.count("common.db.login") == 2


async def test_a_session_that_cannot_be_renewed_is_an_expired_login(erp: Stand) -> None:
    await erp.session.probe.ping()
    for _ in range(2):
        erp.between.instead("model.res.user.get_preferences", instead(said(b"", 401)))
    with pytest.raises(AuthExpired):
        await erp.session.probe.ping()


async def test_after_three_refusals_nobody_knocks_for_five_minutes(erp: Stand) -> None:
    erp.client.password = "wrong"
    for _ in range(6):
        with pytest.raises(AuthExpired, match="check both"):
            await erp.session.probe.ping()
    assert erp.between.operations.count("common.db.login") == 3
    erp.clock.time += timedelta(minutes=5)
    erp.client.password = "demo-password"
    await erp.session.probe.ping()


async def test_a_locked_login_is_waited_for(erp: Stand) -> None:
    erp.between.instead("common.db.login", instead(said(b"", 429)))
    with pytest.raises(Throttled) as told:
        await erp.session.probe.ping()
    assert told.value.retry_at - erp.clock.now() == timedelta(minutes=5)
    assert erp.pace.pauses == [300.0]


async def test_a_wrong_database_is_named() -> None:
    async with standing(database="other") as stand:
        with pytest.raises(Misconfigured, match="settings URL and Database"):
            await stand.session.probe.ping()


async def test_a_database_that_cannot_be_reached_may_be_a_wrong_one(erp: Stand) -> None:
    erp.between.instead("common.db.login", instead(said(b"", 503)))
    with pytest.raises(Unreachable, match="check the setting Database"):
        await erp.session.probe.ping()


@pytest.mark.parametrize("answer", [None, [], [3], ["a", "b"], {"user": 3}])
async def test_a_login_that_opens_nothing_is_drift(erp: Stand, answer: Any) -> None:
    erp.between.instead("common.db.login", instead(said({"id": 0, "result": answer})))
    with pytest.raises(WireDrift, match="session"):
        await erp.session.probe.ping()


@pytest.mark.parametrize(("answer", "wanted"), [([], WireDrift), ({"company": None}, Misconfigured)])
async def test_preferences_name_the_company(erp: Stand, answer: Any, wanted: type[Trouble]) -> None:
    erp.between.instead("model.res.user.get_preferences", instead(said({"id": 0, "result": answer})))
    with pytest.raises(wanted):
        await erp.session.probe.ping()


async def test_an_older_server_answers_at_its_root(erp: Stand) -> None:
    erp.between.instead("common.server.version", instead(said(b"", 405)))
    erp.between.instead("common.server.version", instead(said({"id": 0, "result": "7.0"})))
    erp.between.instead("common.db.login", instead(said({"id": 0, "result": [3, "token", None]})))
    erp.between.instead("model.res.user.get_preferences", instead(said({"id": 0, "result": {"company": 1}})))
    me = await erp.client.identity()
    assert (me.series, me.version, me.groups) == ((7, 0), "7.0", ())
    assert [each.url.rpartition(":")[2].partition("/")[2] for each in erp.between.sent] == [
        "rpc/",
        "",
        "demo/",
        "demo/",
    ]


async def test_a_server_without_a_version_is_none(erp: Stand) -> None:
    for _ in range(2):
        erp.between.instead("common.server.version", instead(said({"id": 0, "result": None})))
    with pytest.raises(WireDrift, match="version"):
        await erp.session.probe.ping()


async def test_a_missing_right_is_told_as_one() -> None:
    async with standing(login="limited", password="limited-password") as stand:
        with pytest.raises(Forbidden) as told:
            await stand.call("sale.sale", "create", [{}])
        assert told.value.missing == "sale.sale:create"


async def test_a_question_on_the_list_is_answered_with_yes() -> None:
    async with standing(accept_warnings="similar,no_carrier") as stand:
        asks = error("UserWarning", "5f4d.no_carrier", "No carrier. Go on?", "")
        stand.between.instead("model.party.party.create", instead(asks))
        stand.between.instead("model.res.user.warning.skip", instead(said({"id": 0, "result": None})))
        (made,) = await stand.call("party.party", "create", [{"name": "Buyer"}])
        assert made
        assert stand.between.operations[-3:] == [
            "model.party.party.create",
            "model.res.user.warning.skip",
            "model.party.party.create",
        ]


async def test_older_servers_take_a_yes_as_a_record() -> None:
    async with standing(accept_warnings="no_carrier") as stand:
        stand.between.instead("model.party.party.create", instead(error("UserWarning", "x.no_carrier", "?", "")))
        stand.between.instead("model.res.user.warning.skip", instead(said(b"", 403)))
        stand.between.instead("model.res.user.warning.create", instead(said({"id": 0, "result": [1]})))
        assert await stand.call("party.party", "create", [{"name": "Buyer"}])
        assert b'"name":"x.no_carrier"' in (stand.between.sent[-2].body or b"")


async def test_any_other_question_is_a_persons(erp: Stand) -> None:
    erp.between.instead("model.party.party.create", instead(error("UserWarning", "x.no_carrier", "Go on?", "")))
    with pytest.raises(Warned, match=r"Go on\?") as asked:
        await erp.call("party.party", "create", [{"name": "Buyer"}])
    assert asked.value.fields == {"warning": "x.no_carrier"}


async def test_rights_of_another_shape_are_drift(erp: Stand) -> None:
    assert await erp.client.may("sale.sale", "create")
    erp.between.instead("model.ir.model.access.get_access", instead(said({"id": 0, "result": []})))
    with pytest.raises(WireDrift):
        await erp.client.rights(["sale.sale"])


@pytest.mark.parametrize(("failure", "wanted"), [(NotSent("no"), Unreachable), (AnswerLost("cut"), Unreachable)])
async def test_a_reading_that_got_no_answer_may_be_repeated(
    erp: Stand, failure: Exception, wanted: type[Trouble]
) -> None:
    await erp.session.probe.ping()

    def fail(_request: Request) -> Response:
        raise failure

    erp.between.instead("model.sale.sale.fields_get", fail)
    with pytest.raises(wanted):
        await erp.dialect.fields("sale.sale")


async def test_nobody_there_is_unreachable() -> None:
    async with connected("http://127.0.0.1:9") as stand:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await stand.session.probe.ping()


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (error("'no.model'", ""), Misconfigured),
        (said({"id": 0, "result": {"name": 3}}), WireDrift),
        (said("unexpected"), WireDrift),
    ],
)
async def test_a_model_that_is_not_there_is_a_missing_module(
    erp: Stand, answer: Response, wanted: type[Trouble]
) -> None:
    erp.between.instead("model.sale.sale.fields_get", instead(answer))
    with pytest.raises(wanted):
        await erp.dialect.fields("sale.sale")


async def test_decimals_are_read_from_whatever_says_them(erp: Stand) -> None:
    assert await erp.dialect.decimals("sale.line", "unit_price") == 4
    for digits, wanted in (("[16, 6]", 6), ([16, 2], 2), ('"unit"', 4), ("{", 4), (None, 4)):
        answer = {"unit_price": {"type": "numeric", "digits": digits}}
        erp.dialect._fields.clear()
        erp.between.instead("model.sale.line.fields_get", instead(said({"id": 0, "result": answer})))
        assert await erp.dialect.decimals("sale.line", "unit_price") == wanted


async def test_where_no_date_of_change_is_kept_both_dates_are_looked_at(erp: Stand) -> None:
    new = await erp.dialect.since("sale.sale", NOW)
    assert new[0][0] == "last_modified_at"
    erp.dialect._fields["sale.sale"] = {}
    old = await erp.dialect.since("sale.sale", NOW, "x.")
    assert [old[0], old[1][0][0], old[2][0][0]] == ["OR", "x.write_date", "x.create_date"]


def test_the_words_for_a_stranger_say_what_to_do() -> None:
    assert "check" in STRANGER
