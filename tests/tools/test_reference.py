"""Reference pages say what the program says."""

from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from tools import reference, reference_cli, reference_reasons, reference_source

MANIFEST = """
slug = "demo"
name = "Demo shop"
role = "shop"
api_version = "2026-10"
api_ends_on = 2027-10-01
docs = "https://example.com/docs"
settle_s = 3.0
reads = ["order"]
limits = ["No returns."]

[pace]
per_second = 2
burst = 40

[scopes]
orders_to_erp = ["read_orders"]

[[settings]]
key = "token"
label = "Access | token"
help = "From the admin page."
secret = true
"""
SETTINGS = '''
class ServerSettings(Struct):
    """Where the screens are."""

    port: int = 8080  # where it listens
    # a shared secret
    token: str
    places: dict[str, str] = field(default_factory=dict[str, str])
'''
POLICY = """
def sellable(level):
    return Decision(NONE, "sold_out" if level.on_hand <= 0 else "kept_back")
"""
FLOW = """
def run(order, until):
    because = "not this one"
    because = f"No SKU on {title} | {order.number}."
    if order.gone:
        return Skipped("gone", "The shop no longer knows it.")
    if order.waits:
        return Snoozed(until, "settling", because=order.words)
    return Parked("empty_sku", because, ("Retry",))
"""


def an_application() -> ModuleType:
    app = typer.Typer(help="Keeps shops and ERPs in step.")
    jobs = typer.Typer(help="Work to do.")
    app.add_typer(jobs, name="jobs")

    @app.command()
    def demo(
        orders: Annotated[int, typer.Option(help="How many | orders.", envvar="DEMO_ORDERS")] = 500,
    ) -> None:
        """Show it all."""

    @jobs.command()
    def replay(flow: Annotated[str, typer.Argument(help="Which flow.")], *, go: bool = False) -> None:
        """Queue parked jobs again."""

    @jobs.command(hidden=True)
    def secret() -> None:
        """Not for people."""

    module = ModuleType("cli")
    vars(module)["app"] = app
    return module


def test_every_command_has_its_usage_and_options() -> None:
    page = reference_cli.command_pages(an_application())
    assert page is not None
    assert "## `isthmus demo`\n\nShow it all.\n\n```\nisthmus demo [OPTIONS]\n```" in page
    assert "| `--orders` | How many \\| orders. (environment: DEMO_ORDERS) | `500` |" in page
    assert "## `isthmus jobs replay`" in page
    assert "| `--go, --no-go` |  | `False` |" in page
    assert "Which flow. | required |" in page


def test_hidden_commands_and_the_librarys_own_options_stay_out() -> None:
    page = reference_cli.command_pages(an_application())
    assert page is not None
    assert "Not for people" not in page
    assert "completion" not in page


def test_a_module_without_application_has_no_page() -> None:
    assert reference_cli.command_pages(ModuleType("empty")) is None


def test_a_manifest_becomes_a_section(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "manifest.toml").write_text(MANIFEST)
    (section,) = reference_source.manifests(tmp_path)
    assert section.startswith("## Demo shop (`demo`)")
    assert "| API version | 2026-10 (until 2027-10-01) |" in section
    assert "| `token` | Access \\| token | From the admin page. Kept secret. | required |" in section
    assert "| orders_to_erp | `read_orders` |" in section
    assert "- No returns." in section


def test_a_setting_is_explained_by_its_comment(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SETTINGS)
    (section,) = reference_source.settings(tmp_path)
    assert "| `port` | where it listens | `int` | `8080` |" in section
    assert "| `token` | a shared secret | `str` | required |" in section
    assert "| `places` |  | `dict[str, str]` | empty |" in section


def test_a_reason_shows_who_gives_it(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "stock.py").write_text(POLICY)
    rows = reference_reasons.decision_rows(tmp_path, {"sold_out": "There is none.", "unused": "Never given."})
    assert list(rows) == [("`sold_out`", "There is none.", "`policies.stock`"), ("`unused`", "Never given.", "")]


def test_an_outcome_shows_its_words_with_what_they_quote_in_braces(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "orders.py").write_text(FLOW)
    assert reference_reasons.outcome_rows(tmp_path, {"settling": "Not visible there yet."}) == [
        ("`empty_sku`", "a question", "No SKU on {title} \\| {...}.", "`flows.orders`"),
        ("`gone`", "nothing to do", "The shop no longer knows it.", "`flows.orders`"),
        ("`settling`", "later", "Not visible there yet.", "`flows.orders`"),
    ]


def test_every_error_is_on_its_page_with_its_code() -> None:
    page = reference.errors()
    assert page is not None
    assert "| `throttled` |" in page
    assert "`retry_at`" in page


def test_outdated_missing_and_left_over_pages_are_named(tmp_path: Path) -> None:
    (tmp_path / "old.md").write_text("left over")
    (tmp_path / "same.md").write_text("same")
    (tmp_path / "changed.md").write_text("before")
    pages = {"same.md": "same", "changed.md": "after", "new.md": "new"}
    assert reference.differences(pages, tmp_path) == ["changed.md", "new.md", "old.md"]
