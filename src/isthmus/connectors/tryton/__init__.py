"""Tryton 8.2: orders and customers are written, items and stock are read, over JSON-RPC.

https://docs.tryton.org/latest/server/topics/rpc.html and the sources of trytond 8.2.1.
"""

from isthmus.connectors.tryton.session import open_session
from isthmus.ports.connector import Connector, Manifest

CONNECTOR = Connector(manifest=Manifest.load(__name__), open=open_session)
