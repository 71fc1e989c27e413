"""What is not pinned, not permissive or known to be weak is found, and what could not be looked up is said."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from tools import audit

HASH = "--hash=sha256:" + "0" * 64
GOOD = f"""\
# by a tool
aiohttp==3.14.5 \\
    {HASH} \\
    {HASH}
    # via isthmus
colorama==0.4.6 ; sys_platform == 'win32' \\
    {HASH}
jinja2==3.1.6 {HASH}
"""


def rules(text: str, *wanted: str) -> list[tuple[str, int]]:
    return [(each.rule, each.line) for each in audit.check_pins("x.txt", text, wanted)[1]]


def test_this_checkout_is_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["--offline"]) == 0
    assert "nothing to repair" in capsys.readouterr().out


def test_what_is_pinned_is_read() -> None:
    pinned, wrong = audit.check_pins("x.txt", GOOD, ["aiohttp", "Jinja2"])
    assert wrong == []
    assert [(each.name, each.version, each.line, each.hashes) for each in pinned] == [
        ("aiohttp", "3.14.5", 2, 2),
        ("colorama", "0.4.6", 6, 1),
        ("jinja2", "3.1.6", 8, 1),
    ]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("requests>=2", "unpinned"),
        ("requests", "unpinned"),
        ("requests==2.0", "unhashed"),
        ("requests==2.0 --hash=sha256:abc", "unhashed"),
        ("requests==2.0 --hash=md5:" + "0" * 32, "unhashed"),
        ("requests @ https://example.com/requests.whl " + HASH, "address"),
        ("https://example.com/requests.whl " + HASH, "address"),
        ("-e .", "address"),
        ("-r other.txt", "address"),
    ],
)
def test_what_is_no_pin_is_found(line: str, rule: str) -> None:
    assert rules(GOOD + line + "\n") == [(rule, 9)]


def test_a_dependency_that_is_not_pinned_is_found() -> None:
    assert rules(GOOD, "aiohttp", "msgspec") == [("unpinned", 1)]


@pytest.mark.parametrize(
    ("expression", "good"),
    [
        ("MIT", True),
        ("Apache-2.0 AND MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("(MIT OR Apache-2.0) AND BSD-3-Clause", True),
        ("GPL-3.0-only", False),
        ("MIT AND GPL-2.0-or-later", False),
        ("MPL-2.0", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_only_a_permissive_choice_is_one(expression: str, good: bool) -> None:  # noqa: FBT001 - a table
    assert audit.is_permissive(expression) is good


def test_a_package_that_is_not_there_cannot_be_asked() -> None:
    [wrong] = audit.check_licences("x.txt", [audit.Pin("no-such-package", "1", 3, 1)])
    assert (wrong.rule, wrong.line) == ("licence", 3)


class Service(BaseHTTPRequestHandler):
    """Answers as the advisory service does, https://google.github.io/osv.dev/post-v1-querybatch/."""

    answer: Any = None

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        vulns = {"jinja2": [{"id": "GHSA-xxxx", "modified": "2026-01-01T00:00:00Z"}]}
        names = [each["package"]["name"] for each in asked]
        body = json.dumps({"results": [{"vulns": vulns[name]} if name in vulns else {} for name in names]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.path == "/v1/querybatch" else b"[]")  # elsewhere: cut short, and no answer

    def log_message(self, *_said: Any) -> None:
        return


@pytest.fixture
def service() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_known_weakness_is_found(service: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("ISTHMUS_ADVISORIES", service)
    assert audit.main([]) == 1
    said = "".join(capsys.readouterr())
    assert "jinja2" in said
    assert "GHSA-xxxx" in said


def test_what_could_not_be_looked_up_is_said(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("ISTHMUS_ADVISORIES", "http://127.0.0.1:9")
    assert audit.main([]) == 0
    assert "known weaknesses were NOT looked up" in capsys.readouterr().out


def test_an_answer_that_is_none_is_no_clean_bill(service: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("ISTHMUS_ADVISORIES", f"{service}/elsewhere")
    assert audit.main([]) == 0
    assert "NOT looked up" in capsys.readouterr().out
