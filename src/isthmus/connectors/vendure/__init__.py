"""Vendure: items are read over its REST API, version v1.

Source: https://docs.vendure.io/reference/graphql-api/admin/
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from isthmus.connectors.vendure.client import Client
from isthmus.connectors.vendure.probe import AccountProbe
from isthmus.connectors.vendure.products import Variants
from isthmus.ports.connector import Connector, Manifest, Session, Tools

MANIFEST = Manifest.load(__name__)


def open_session(settings: Mapping[str, str], tools: Tools) -> Session:
    """Wire one session; no call is made here."""
    client = Client(address(settings["url"]), settings["token"], tools.http, tools.clock, tools.pace)
    # What is added here has to stand in manifest.toml too (`reads`, `writes`), and the other way round.
    return Session(probe=AccountProbe(client, MANIFEST), sources={"variant": Variants(client)})


def address(entered: str) -> str:
    """Return the address as a person entered it, with a scheme and without a path."""
    plain = entered.strip().rstrip("/")
    parts = urlsplit(plain if "://" in plain else f"https://{plain}")
    return f"{parts.scheme}://{parts.netloc}"


CONNECTOR = Connector(manifest=MANIFEST, open=open_session)
