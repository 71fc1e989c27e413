"""A WooCommerce shop on this machine: REST `wc/v3`, webhooks, plugins' and hosts' bad habits.

Start it with `isthmus sim woocommerce`, or in a program with `stage(SIMULATOR.build("demo", callback))`.
The key is `CONSUMER_KEY` with `CONSUMER_SECRET` (see `shop.py`, which also has a key that only reads, one that only
writes and one of a user without rights); webhooks of the callback are signed with `demo-secret`.
"""

from isthmus.simulators.stage import Simulator
from isthmus.simulators.woocommerce.shop import CONSUMER_KEY, CONSUMER_SECRET
from isthmus.simulators.woocommerce.world import WooCommerceWorld

SIMULATOR = Simulator(slug="woocommerce", title="WooCommerce (REST wc/v3)", build=WooCommerceWorld)

__all__ = ["CONSUMER_KEY", "CONSUMER_SECRET", "SIMULATOR", "WooCommerceWorld"]
