"""`isthmus promote` takes over what was tried, shows it first, and leaves alone what belongs to the place."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from isthmus.cli.app import app

PROJECT = """# {place}
[isthmus]
database = "sqlite:///{place}.db"

[connections.shop]
connector = "shopify"
url = "https://{place}.myshopify.com"

[connections.erp]
connector = "odoo"
url = "https://{place}.example.com"
database = "{place}"
login = "sync"

[flows.orders]   # every order
from = "shop"
to = "erp"
import_when = "confirmed"
enabled = {enabled}
"""


class Places:
    """A staging and a production folder that say the same."""

    def __init__(self, folder: Path) -> None:
        self.staging, self.production = folder / "staging", folder / "production"
        for place, enabled in ((self.staging, "true"), (self.production, "false")):
            place.mkdir()
            (place / "isthmus.toml").write_text(PROJECT.format(place=place.name, enabled=enabled), "utf-8")

    def tries(self, path: str, text: str) -> None:
        file = self.staging / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def promote(self, *more: str) -> Result:
        return CliRunner().invoke(app, ["promote", str(self.production), "-C", str(self.staging), *more])

    def holds(self, path: str) -> str | None:
        file = self.production / path
        return file.read_text("utf-8") if file.exists() else None


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


def test_what_agrees_is_said_and_nothing_is_kept(places: Places) -> None:
    assert places.promote("--write").output == "nothing differs\n"
    assert sorted(path.name for path in places.production.iterdir()) == ["isthmus.toml"]


def test_the_difference_is_shown_and_nothing_is_written(places: Places) -> None:
    places.tries("mappings/orders.toml", '[order]\nnote = "trim(note)"\n')
    shown = places.promote()
    assert shown.exit_code == 0
    assert "mappings/orders.toml: added" in shown.output
    assert '+note = "trim(note)"' in shown.output
    assert "repeat with --write" in shown.output
    assert places.holds("mappings/orders.toml") is None


def test_documents_tables_hooks_and_flows_are_taken_over(places: Places) -> None:
    places.tries("mappings/orders.toml", '[order]\nnote = { from = "hooks.short(note)", table = "notes" }\n')
    places.tries("mappings/hooks.py", "def short(text: str) -> str:\n    return text[:9]\n")
    places.tries("mappings/orders.draft.toml", "when = 'nonsense'\n")
    places.tries("tables/notes.csv", "from,to,note\na,b,\n")
    project = places.staging / "isthmus.toml"
    project.write_text(
        project.read_text("utf-8").replace('"confirmed"', '"paid"') + 'reference = "W-{number}"\n', "utf-8"
    )
    answer = json.loads(places.promote("--write", "--json").output)
    assert answer["written"]
    assert places.holds("mappings/orders.draft.toml") is None
    assert places.holds("tables/notes.csv") == "from,to,note\na,b,\n"
    assert places.holds("mappings/hooks.py")
    written = places.holds("isthmus.toml") or ""
    assert 'import_when = "paid"' in written
    assert 'reference = "W-{number}"' in written
    # What belongs to the place, and what people wrote around it, is as it was.
    assert "# production" in written
    assert "[flows.orders]   # every order" in written
    assert "enabled = false" in written
    assert "https://production.myshopify.com" in written
    assert json.loads(places.promote("--json").output)["changes"] == []


def test_what_was_there_can_be_promoted_back(places: Places) -> None:
    before = places.holds("isthmus.toml")
    places.tries("mappings/orders.toml", '[order]\nnote = "trim(note)"\n')
    kept = Path(json.loads(places.promote("--write", "--json").output)["kept"])
    back = CliRunner().invoke(app, ["promote", str(places.production), "-C", str(kept), "--write"])
    assert "mappings/orders.toml: removed" in back.output
    assert (places.holds("mappings/orders.toml"), places.holds("isthmus.toml")) == (None, before)


def test_what_would_not_start_there_is_refused(places: Places) -> None:
    places.tries("mappings/orders.toml", '[order]\nnote = "nte"\n')
    refused = places.promote("--write")
    assert refused.exit_code == 2
    assert "nothing was written" in refused.output
    assert "mappings/orders.toml line 2" in refused.output
    assert places.holds("mappings/orders.toml") is None


def test_a_flow_needs_its_connections_there(places: Places) -> None:
    target = places.production / "isthmus.toml"
    target.write_text(
        target.read_text("utf-8").replace("[connections.erp]", "[connections.books]").replace('"erp"', '"books"'),
        "utf-8",
    )
    refused = places.promote()
    assert "the target has no [connections.erp]" in refused.output


def test_a_secret_in_a_file_is_refused_without_being_shown(places: Places) -> None:
    (places.staging / ".env").write_text("ISTHMUS_ERP_API_KEY=planted-canary-1\n", "utf-8")
    places.tries("tables/notes.csv", "from,to,note\na,planted-canary-1,\n")
    refused = places.promote("--write")
    assert refused.exit_code == 2
    assert "tables/notes.csv holds the value of ISTHMUS_ERP_API_KEY" in refused.output
    assert "planted-canary-1" not in refused.output


def test_the_same_folder_is_no_other_environment(places: Places) -> None:
    refused = CliRunner().invoke(app, ["promote", str(places.staging), "-C", str(places.staging)])
    assert "both are the same folder" in refused.output
