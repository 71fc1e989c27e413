"""Fields of the shop's own, as its configuration declares them: GraphQL tells each in its type.

Source: https://docs.vendure.io/guides/developer-guide/custom-fields/ (3.5; a relation or a structure has fields of its
own and is not read)
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from isthmus.connectors.vendure.wire import FieldConfig
from isthmus.craft.attributes import decimals

Told = Mapping[str, msgspec.Raw] | None


def own_fields(told: Told, own: Iterable[FieldConfig]) -> Iterator[tuple[str, object]]:
    """Return the `own` fields that were told, as `customFields.<name>`."""
    for one in own:
        if told and one.name in told:
            said = _DECODER.decode(told[one.name])
            yield f"customFields.{one.name}", decimals(said) if one.type == "float" else said


_DECODER = msgspec.json.Decoder(float_hook=Decimal)
