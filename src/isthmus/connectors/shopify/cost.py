"""What a request is going to cost, before Shopify says it: a call that is worth less than it takes is refused.

Shopify charges the cost a query could have at most, before it runs, and takes no query of more than 1,000 points
(https://shopify.dev/docs/api/usage/limits, "Calculated query costs"). That cost grows with page sizes and with the
number of ids, in a straight line and from a constant on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from isthmus.connectors.shopify.operations import Operation

MOST = 1000.0


@dataclass(slots=True)
class Costs:
    """The costs Shopify has told, by operation and page sizes, then by number of ids."""

    _told: dict[tuple[str, ...], dict[int, float]] = field(default_factory=dict[tuple[str, ...], dict[int, float]])

    def told(self, operation: Operation, variables: Mapping[str, Any], cost: float) -> None:
        """Keep what Shopify charged in points for such a request."""
        self._told.setdefault(_alike(operation, variables), {})[_ids(variables)] = cost

    def expected(self, operation: Operation, variables: Mapping[str, Any]) -> float:
        """Return what such a request costs in points, rather too much than too little."""
        known, ids = self._told.get(_alike(operation, variables), {}), _ids(variables)
        if ids in known:
            return known[ids]
        bounds = [cost * max(1.0, ids / max(1, count)) for count, cost in known.items()]
        return min([*bounds, MOST]) if bounds else min(MOST, operation.estimate * max(1, ids))


def _alike(operation: Operation, variables: Mapping[str, Any]) -> tuple[str, ...]:
    told = [variables[name] for name in sorted(variables)]
    return (operation.name, *(str(value) for value in told if isinstance(value, int)))


def _ids(variables: Mapping[str, Any]) -> int:
    ids = variables.get("ids")
    return len(cast("Sequence[str]", ids)) if isinstance(ids, Sequence) else 0
