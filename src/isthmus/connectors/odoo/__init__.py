"""Odoo 14 to 19, Community and Enterprise: orders and customers are written, items and stock are read.

Speaks JSON-2 to 19 and JSON-RPC to the versions before. https://www.odoo.com/documentation/19.0/developer/reference/
"""

from isthmus.connectors.odoo.session import open_session
from isthmus.ports.connector import Connector, Manifest

CONNECTOR = Connector(manifest=Manifest.load(__name__), open=open_session)
