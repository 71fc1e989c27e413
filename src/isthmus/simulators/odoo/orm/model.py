"""The model every other one is made from."""

from isthmus.simulators.odoo.orm.loading import Loading
from isthmus.simulators.odoo.orm.writing import Writing


class Model(Loading, Writing):
    """Reading, writing and loading together."""
