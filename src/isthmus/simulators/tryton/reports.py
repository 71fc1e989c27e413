"""Documents: an invoice as OpenDocument text, which is what Tryton makes where nobody set up a converter to PDF."""

import io
import zipfile
from collections.abc import Sequence
from html import escape
from typing import Any

from isthmus.simulators.tryton.errors import PythonError
from isthmus.simulators.tryton.orm.env import Env

INVOICE = "account.invoice"
_KIND = "application/vnd.oasis.opendocument.text"
_NAMES = "urn:oasis:names:tc:opendocument:xmlns"


def executed(env: Env, name: str, ids: Sequence[int]) -> list[Any]:
    """Return `[extension, content, whether to print it at once, name]`. Raises `PythonError` for other reports."""
    if name != INVOICE:
        raise PythonError(repr(name))
    invoices = env[INVOICE]
    invoices.check("read")
    rows = [invoices.row(record_id) for record_id in ids]
    lines = [f"Invoice {invoices.label(row['id'])}: {invoices.get(row, 'total_amount')}" for row in rows]
    labels = "-".join(invoices.label(row["id"]) for row in rows)
    return ["odt", _document(lines), False, f"Invoice-{labels}"]


def _document(lines: Sequence[str]) -> bytes:
    body = "".join(f"<text:p>{escape(line)}</text:p>" for line in lines)
    content = (
        f'<office:document-content xmlns:office="{_NAMES}:office:1.0" xmlns:text="{_NAMES}:text:1.0">'
        f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", _KIND)
        archive.writestr("content.xml", content)
    return packed.getvalue()
