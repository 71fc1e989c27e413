"""The page about mapping documents, from the tables the program reads them with."""

import importlib
from typing import Any

from tools import reference_source as source

_INTRO = """# Mapping documents

`mappings/<flow>.toml` in the project's folder says, row by row, what the other system is told. To begin:
[Write a mapping](../how-to/write-a-mapping.md). For a particular wish: [recipes](../how-to/mapping-recipes.md). Why it
is as it is: [ADR 0018](../adr/0018-the-mapping-document-runs.md).

```toml
note = "Orders of the web shop"        # for readers
when = 'channel != "pos"'              # only these orders are this flow's

[order]
reference = 'f"WEB-{number}"'                                    # an expression
warehouse = { from = "shipping_to.region", table = "region" }    # looked up in tables/region.csv
"custom.x_gift" = 'custom.attributes.gift_wrap == "yes"'         # a field only the ERP has
```

What is not written is as it comes. A row that could never work stops the start, with its line and column; a row that
has no answer for one order asks a person (`mapping_failed`, `unmapped`), and the order waits.
"""
_READING = """## What expressions read

The fields of the section's own record by their names (`note`, `shipping_to.region`), those of others behind the
record's name (`order.number` in a row of `lines`). `value` is what would stand in the field without the row. Custom
fields of the source are `custom.name`, `custom.attributes.gift_wrap` or `custom["attributes.Any name"]`. A path through
something that is not there is empty.

`+ - * / // %` on numbers, exactly: a result that would have to be rounded asks for `round(...)`. `+` joins two texts,
`f"{number}-{store}"` any values. `== != < <= > >= in`, `not in`, `and`, `or`, `not`, `a if condition else b`,
`[line.sku for line in lines if line.kind == "goods"]`, `lines[0]`. Nothing else of Python is there.
`lookup("table", value)` takes the counterpart from a code table and asks when there is none (`lookup("table", value,
otherwise)` does not), `known("table", value)` tells whether there is one, `hooks.name(...)` calls a function of
`mappings/hooks.py`.
"""


def mapping_page() -> str:
    """Return the whole page."""
    document = importlib.import_module("isthmus.mapping.document")
    targets = importlib.import_module("isthmus.mapping.targets")
    parts = [
        _INTRO,
        f"## A row\n\n{source.table(('key', 'meaning'), list(document.ROW_KEYS.items()))}",
        "## `[[add]]`: lines the shop does not have\n",
        source.table(("key", "meaning"), list(document.ADD_KEYS.items())),
        "## `[stock]`: documents of stock flows\n",
        "Both only lower what is offered. Read: `level`, the ERP's figure, and `item`, what the shop sells.\n",
        source.table(("key", "meaning"), list(document.STOCK_KEYS.items())),
        "## What rows fill\n",
        *(_section(section) for section in targets.SECTIONS.values()),
        _READING,
        *(_record(name, record) for name, record in _records(targets.SECTIONS).items()),
        "## Functions\n",
        _functions(),
        "## What `isthmus mapping check` finds\n",
        _findings(),
        _limits(),
    ]
    return "\n".join(parts)


def _section(section: Any) -> str:
    rows = [(f"`{name}`", str(section.shape(name)), says) for name, says in {**section.fields, **section.extra}.items()]
    if section.shape("custom.x") is not None:
        rows.append(("`custom.<name>`", "any", "a field of the other system's own, by its name there"))
    return f"### `[{section.name}]`: {section.says}\n\n{source.table(('field', 'holds', 'what it is'), rows)}"


def _records(sections: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for section in sections.values():
        found |= section.roots
    return found


def _record(name: str, record: Any) -> str:
    shapes = importlib.import_module("isthmus.mapping.shapes")
    rows = [(f"`{field}`", _said(shape)) for field, shape in shapes.fields_of(record).items()]
    return f"### `{name}`\n\n{source.table(('field', 'holds'), rows)}"


def _said(shape: Any) -> str:
    inner = shape.inner or shape
    fields = f": {', '.join(inner.part.__struct_fields__)}" if inner.part is not None else ""
    words = f": {', '.join(shape.options)}" if shape.options else ""
    return f"{shape}{words}{fields}"


def _functions() -> str:
    functions = importlib.import_module("isthmus.mapping.functions")
    rows = [
        (f"`{name}`", each.says, f"`{each.example}`".replace("|", "\\|")) for name, each in functions.FUNCTIONS.items()
    ]
    return source.table(("function", "gives", "example"), rows)


def _findings() -> str:
    findings = importlib.import_module("isthmus.mapping.findings")
    rows = [(f"`{code}`", str(sort.weight), sort.says, sort.do) for code, sort in findings.SORTS.items()]
    return source.table(("code", "weight", "what it is", "what to do"), rows)


def _limits() -> str:
    compiler = importlib.import_module("isthmus.mapping.compiler")
    texts = importlib.import_module("isthmus.mapping.texts")
    return (
        f"## Limits\n\nAn expression has at most {compiler.LONGEST:,} characters and {compiler.MOST_NODES} parts; a "
        f"text it makes {texts.LONGEST:,} characters; a list {texts.MOST:,} items. Patterns are\n"
        "[RE2](https://github.com/google/re2/wiki/Syntax), letters fitting small and large."
    )
