"""A model: fields, reading, checking and writing together."""

from isthmus.simulators.tryton.orm.writing import Writing


class Model(Writing):
    """The base of every model."""
