"""Only the content of answers that say yes is looked at, and questions for other fields are other questions."""

import json
from typing import Any

import pytest

from isthmus.policies.answers import MOST_BYTES, Nothing, asked, content

URL = "https://shop.example.com/wc/v3/orders"


@pytest.mark.parametrize(
    ("said", "inside"),
    [
        ({"data": {"orders": []}, "extensions": {"cost": 1}}, {"orders": []}),
        ({"jsonrpc": "2.0", "id": 1, "result": [{"id": 1}]}, [{"id": 1}]),
        ({"id": 0, "result": {"a": 1}}, {"a": 1}),
        ([{"id": 1}], [{"id": 1}]),
        ({"id": 1, "status": "open"}, {"id": 1, "status": "open"}),
        ({"id": 1}, {"id": 1}),
    ],
)
def test_the_envelope_is_taken_off(said: Any, inside: Any) -> None:
    assert content(200, json.dumps(said).encode()) == inside


@pytest.mark.parametrize(
    "said",
    [
        {"data": {"a": 1}, "errors": [{"message": "no"}]},
        {"data": None},
        {"errors": "not found"},
        {"data": {"orderCreate": {"order": None, "userErrors": [{"message": "no"}]}}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": 200}},
        {"jsonrpc": "2.0", "id": 1, "result": {"ids": False, "messages": [{"type": "error"}]}},
        {"data": {"login": {"errorCode": "INVALID"}}},
        {"id": 0, "error": ["UserError", ["no"]]},
    ],
)
def test_an_answer_that_says_no_is_not_looked_at(said: Any) -> None:
    assert content(200, json.dumps(said).encode()) is Nothing


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b'{"code":"gone"}'),
        (500, b"{}"),
        (302, b"{}"),
        (200, b""),
        (200, b"<?xml version='1.0'?><a/>"),
        (200, b"<html>"),
        (200, b"{"),
        (200, b"[1e999999999]"),
        (200, b'{"a":"\xff"}'),
        (200, b"[" * 100_000),
        (200, b"12"),
        (200, b" " * 100 + b"{}"),
        (200, b"[" + b"1," * MOST_BYTES + b"1]"),
    ],
)
def test_what_is_no_json_or_no_success_is_not_looked_at(status: int, body: bytes) -> None:
    assert content(status, body) is Nothing


def rpc(**named: Any) -> bytes:
    args: list[Any] = ["db", 2, "key", "res.partner", "search_read", [], {"domain": [["name", "=", "Jane"]], **named}]
    return json.dumps({"jsonrpc": "2.0", "params": {"service": "object", "args": args}}).encode()


def test_questions_are_told_apart_by_the_fields_they_ask_for() -> None:
    names, more = rpc(fields=["id", "name"]), rpc(fields=["id", "name", "email"])
    assert asked(URL, names) == asked(URL, rpc(fields=["id", "name"], limit=7))
    assert len({asked(URL, names), asked(URL, more), asked(URL, None), asked(f"{URL}?_fields=id", None)}) == 4
    assert asked(URL, b'{"query":"{a}","variables":{"x":1}}') == asked(URL, b'{"query":"{a}","variables":{"x":2}}')
    assert asked(URL, b'{"query":"{a}"}') != asked(URL, b'{"query":"{b}"}')
    tryton = b'{"id":0,"method":"model.party.party.read","params":[[1,2],["name","code"],{}]}'
    assert asked(URL, tryton) != asked(URL, tryton.replace(b',"code"', b""))
    assert asked(URL, tryton) == asked(URL, tryton.replace(b"[1,2]", b"[3]"))


def test_a_question_that_cannot_be_read_is_one_of_its_own() -> None:
    assert asked(URL, b"{") != asked(URL, b"")
    assert asked(f"{URL}?page=2", None) == asked(URL, None) == ""
