"""`isthmus connector new` makes what passes every check at once, or changes nothing."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from isthmus.cli.scaffold.checkout import CannotMake, find, plan, with_entries, with_row
from isthmus.cli.scaffold.wish import LONGEST_DOCS, LONGEST_NAME, LONGEST_SLUG, BadWish, Role, Wish
from tools import ceilings, hygiene

ROOT = Path(__file__).parents[2]
FOLDERS = ("src", "typings", "tools", "docs/connectors", "changelog.d")
FILES = ("pyproject.toml", "README.md", "LICENSE", "tests/conformance/test_conformance.py")
HELPERS = ("conftest", "browser", "deaths", "postgres_server", "postgres_supervisor")
WISHES = {
    "acme": Wish("acme", "Acme Shop", Role.SHOP),
    "zz_9": Wish("zz_9", "Zz 9", Role.ERP),  # sorted behind everything it is imported with
}
PAGE = "https://example.com/".ljust(LONGEST_DOCS, "x")
LONGEST = Wish("s" * LONGEST_SLUG, "N" * LONGEST_NAME, Role.ERP, PAGE)
Made = tuple[Wish, Path]


def checkout(folder: Path) -> Path:
    """Copy what the command and the checks look at."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*FILES, *(f"tests/{helper}.py" for helper in HELPERS)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() if path.is_file() else b"/"
        for path in root.rglob("*")
        if "__pycache__" not in path.parts
    }


def installed(root: Path, beside: Path) -> dict[str, str]:
    """Return the environment in which the checkout is installed, as `pip install -e` leaves it: entry points too."""
    groups = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    told = beside / "isthmus-0.dist-info"
    told.mkdir(parents=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: isthmus\nVersion: 0\n", "utf-8")
    lines = [
        line for group, ones in groups.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in ones.items()))
    ]
    (told / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(beside), str(root / "src"), str(root)])}


def run(root: Path, environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, *words]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=540, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def isthmus(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "isthmus", "connector", "new", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "200"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module", params=WISHES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A checkout with a connector more."""
    wish = WISHES[request.param]
    root = checkout(tmp_path_factory.mktemp(wish.slug))
    plan(wish, root).carry_out()
    return wish, root


def test_its_own_tests_and_the_conformance_suite_pass(made: Made, tmp_path: Path) -> None:
    wish, root = made
    homes = [f"tests/connectors/{wish.slug}", f"tests/simulators/{wish.slug}", "tests/conformance/test_conformance.py"]
    plain = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", wish.slug)
    said = run(root, installed(root, tmp_path / "over"), "-m", "pytest", *plain, *homes)
    passed = int(said.rpartition(" passed")[0].split()[-1])
    assert passed > 100, said


def test_it_is_written_as_the_house_writes(made: Made) -> None:
    wish, root = made
    formed(wish, root)
    assert ceilings.check(root) == []
    assert hygiene.check(root, list(plan_paths(wish, root))) == []


def test_no_name_is_so_long_that_a_line_breaks(tmp_path: Path) -> None:
    root = checkout(tmp_path / "long")
    plan(LONGEST, root).carry_out()
    formed(LONGEST, root)


def formed(wish: Wish, root: Path) -> None:
    """Let ruff look at what was made."""
    made = sorted(path for path in plan_paths(wish, root) if path.endswith(".py"))
    assert made
    run(root, dict(os.environ), "-m", "ruff", "check", "--no-cache", *made)
    run(root, dict(os.environ), "-m", "ruff", "format", "--no-cache", "--check", *made)


def plan_paths(wish: Wish, root: Path) -> set[str]:
    """Return the files that were made; what a check leaves behind begins with a dot."""
    return {path for path in tree(root) if wish.slug in path and path[0] != "." and (root / path).is_file()}


@pytest.mark.parametrize("wish", WISHES.values(), ids=WISHES)
def test_it_stands_in_the_places_a_connector_has_and_in_no_other(wish: Wish, tmp_path: Path) -> None:
    root = checkout(tmp_path / "checkout")
    before = tree(root)
    plan(wish, root).carry_out()
    after = tree(root)
    new = {path for path in after if path not in before and after[path] != b"/"}
    assert new == plan_paths(wish, root) | {f"changelog.d/{wish.slug.replace('_', '-')}.added.md"}
    changed = {path for path in before if after[path] != before[path]}
    assert changed == {"pyproject.toml", "docs/connectors/index.md"}
    points = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert points["isthmus.connectors"][wish.slug] == f"isthmus.connectors.{wish.slug}:CONNECTOR"
    assert points["isthmus.simulators"][wish.slug] == f"isthmus.simulators.{wish.slug}:SIMULATOR"
    assert f"| [{wish.name}]({wish.slug}.md) |" in (root / "docs/connectors/index.md").read_text("utf-8")


def test_nothing_is_left_open_but_what_is_said_to_be_looked_up(made: Made) -> None:
    wish, root = made
    texts = [(root / path).read_text("utf-8") for path in plan_paths(wish, root)]
    assert not [text for text in texts if "${" in text or "%erp%" in text or "%shop%" in text or "__slug__" in text]
    assert sum(text.count("To cite:") for text in texts) > 5
    manifest = tomllib.loads((root / f"src/isthmus/connectors/{wish.slug}/manifest.toml").read_text("utf-8"))
    assert (manifest["name"], manifest["role"]) == (wish.name, wish.role)


@pytest.mark.slow
def test_types_layers_and_quality_are_well(made: Made, tmp_path: Path) -> None:
    wish, root = made
    environment = installed(root, tmp_path / "over")
    homes = [f"src/isthmus/connectors/{wish.slug}", f"src/isthmus/simulators/{wish.slug}"]
    # The copy has no .venv of its own to find the libraries in.
    run(root, environment, "-m", "basedpyright", "--pythonpath", sys.executable, *homes)
    run(root, environment, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")
    said = json.loads(run(root, environment, "-m", "tools.quality", "--json", "--coverage", "--only", wish.slug))
    assert said[wish.slug]["tier"] == "silver"


@pytest.mark.slow
def test_the_templates_are_in_the_wheel(tmp_path: Path) -> None:
    run(checkout(tmp_path / "built"), dict(os.environ), "-m", "hatchling", "build", "-t", "wheel", "-d", "../wheel")
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    templates = "src/isthmus/cli/scaffold/templates"
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(templates.removeprefix("src/"))}
    there = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / templates).rglob("*.tmpl")}
    assert packed == there
    assert there


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """The least of a checkout that the command takes for one."""
    root = tmp_path / "checkout"
    for name in ("src/isthmus/connectors", "src/isthmus/simulators", "docs/connectors", "tests"):
        (root / name).mkdir(parents=True)
    for name in ("pyproject.toml", "docs/connectors/index.md"):
        shutil.copy(ROOT / name, root / name)
    return root


def test_the_command_says_what_it_made_and_what_is_next(fresh: Path) -> None:
    done = isthmus(fresh / "docs", "acme_shop", "--name", "Acme Shop", "--role", "erp")
    assert done.returncode == 0, done.stderr
    for words in (
        "made     src/isthmus/connectors/acme_shop/client.py",
        "made     changelog.d/acme-shop.added.md",
        "changed  pyproject.toml",
        f"next, in {fresh}:",
        "1. make docs",
        "To cite:",
    ):
        assert words in done.stdout
    again = isthmus(fresh, "acme_shop", "--name", "Acme Shop", "--role", "erp")
    assert again.returncode == 2
    assert "src/isthmus/connectors/acme_shop" in again.stderr


def test_programs_are_told_the_same_as_json(fresh: Path) -> None:
    done = isthmus(fresh.parent, "acme", "--name", "Acme", "--role", "shop", "--json", "--dir", str(fresh))
    said = json.loads(done.stdout)
    assert (said["slug"], said["root"]) == ("acme", str(fresh))
    assert all((fresh / path).is_file() for path in [*said["made"], *said["changed"]])
    assert said["next"]


STANDING = [
    "src/isthmus/connectors/acme",
    "src/isthmus/connectors/acme.py",
    "src/isthmus/simulators/acme.py",
    "tests/simulators/acme",
    "tests/conformance/acme.py",
    "docs/connectors/acme.md",
    "changelog.d/acme.added.md",
]


@pytest.mark.parametrize("standing", STANDING)
def test_where_something_is_there_already_nothing_changes(fresh: Path, standing: str) -> None:
    (fresh / standing).parent.mkdir(parents=True, exist_ok=True)
    (fresh / standing).write_text("mine\n", "utf-8")
    before = tree(fresh)
    with pytest.raises(CannotMake, match=standing):
        plan(Wish("acme", "Acme", Role.SHOP), fresh)
    assert tree(fresh) == before


def test_an_entry_point_of_that_name_is_left_alone(fresh: Path) -> None:
    before = tree(fresh)
    with pytest.raises(CannotMake, match="entry point 'odoo'"):
        plan(Wish("odoo", "Odoo", Role.ERP), fresh)
    assert tree(fresh) == before


@pytest.mark.parametrize("last", [1, 12, 24, 26])
def test_what_cannot_be_written_to_the_end_is_undone(fresh: Path, last: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = plan(Wish("acme", "Acme", Role.SHOP), fresh)
    before = tree(fresh)
    write, left = Path.write_text, last

    def full(path: Path, text: str, *more: str) -> int:
        nonlocal left
        left -= 1
        if left == 0:
            raise OSError(28, "No space left on device", str(path))
        return write(path, text, *more)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CannotMake, match="No space left on device; nothing was changed"):
        made.carry_out()
    assert tree(fresh) == before


def test_outside_a_checkout_it_says_so(tmp_path: Path) -> None:
    done = isthmus(tmp_path, "acme", "--name", "Acme", "--role", "shop")
    assert done.returncode == 2
    assert "is in no checkout of Isthmus" in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert find(ROOT / "docs") == ROOT


@pytest.mark.parametrize(
    "slug",
    ["", "a", "Acme", "acme-shop", "1c", "_acme", "acme_", "a__b", "class", "match", "test_it", "x" * 25, "../x"],
)
def test_a_slug_that_is_no_package_is_refused(slug: str) -> None:
    with pytest.raises(BadWish):
        Wish(slug, "Acme", Role.SHOP)


@pytest.mark.parametrize("name", ["", " Acme", 'A"c', "A\\n", "A\nB", "A|B", "A{b}", "$x", "A" * 31, "Acme ", "Дом"])
def test_a_name_that_would_break_a_text_is_refused(name: str) -> None:
    with pytest.raises(BadWish):
        Wish("acme", name, Role.SHOP)


@pytest.mark.parametrize("docs", ["acme.example", "http://acme.example/api", "https://a.example/x y", "https://a/#b"])
def test_an_address_that_cannot_be_cited_is_refused(docs: str) -> None:
    with pytest.raises(BadWish):
        Wish("acme", "Acme", Role.SHOP, docs)


@pytest.mark.parametrize("name", ["Acme", "1C", "Süd & Nord", "A.B-C+", "Größe 9"])
def test_names_as_people_write_them_are_taken(name: str) -> None:
    assert Wish("acme", name, Role.SHOP).words["name"] == name


BROKEN: list[tuple[Callable[[], object], str]] = [
    (lambda: with_entries("[project", "acme"), "cannot be read"),
    (lambda: with_entries('[project]\nname = "x"\n', "acme"), "cannot be read"),
    (lambda: with_entries("[project.entry-points.other]\n", "acme"), "no section"),
    (lambda: with_row("# Connectors\n", LONGEST), "no table"),
]


@pytest.mark.parametrize(("deed", "words"), BROKEN, ids=[words for _deed, words in BROKEN[:2]] + ["section", "table"])
def test_a_checkout_of_another_shape_is_refused(deed: Callable[[], object], words: str) -> None:
    with pytest.raises(CannotMake, match=words):
        deed()


def test_a_row_goes_to_the_end_of_the_table_and_not_of_the_page() -> None:
    page = "# Connectors\n\n| system |\n|---|\n| a |\n\nMore words.\n"
    assert with_row(page, WISHES["acme"]).endswith("| a |\n| [Acme Shop](acme.md) | shop | 0.1 |\n\nMore words.\n")
