"""Whether the systems a flow joins can do what it needs of them.

A flow whose stream nobody offers would bring nothing and say nothing: it is refused before it begins.
"""

from collections.abc import Mapping, Sequence

from isthmus.bootstrap.checks import FILE, ConfigError
from isthmus.engine.connections import Connection
from isthmus.engine.flow import Flow


def refuse_unserved(section: str, flows: Sequence[Flow], connections: Mapping[str, Connection]) -> None:
    """Raise `ConfigError` unless both connections of `[flows.<section>]` offer what `flows` read and write."""
    read = dict.fromkeys((each.connection, each.kind) for flow in flows for each in flow.listens())
    written = dict.fromkeys((flow.destination, kind) for flow in flows for kind in flow.writes)
    for name in dict.fromkeys(name for name, _kind in (*read, *written)):
        there = connections[name]
        gives, takes = there.session.sources, there.session.sinks
        missing = [
            *_lacking("gives no", gives, [kind for owner, kind in read if owner == name]),
            *_lacking("takes no", takes, [kind for owner, kind in written if owner == name]),
        ]
        if missing:
            message = (
                f"{FILE}: [flows.{section}] cannot work with {name!r}: {there.manifest.name} {' and '.join(missing)} "
                f"records. It gives {_listed(gives)}, and takes {_listed(takes)}. Name another connection there, or "
                f"write enabled = false"
            )
            raise ConfigError(message)


def _lacking(verb: str, offered: Mapping[str, object], kinds: Sequence[str]) -> list[str]:
    lacking = [kind for kind in kinds if kind not in offered]
    return [f"{verb} {', '.join(lacking)}"] if lacking else []


def _listed(offered: Mapping[str, object]) -> str:
    return ", ".join(sorted(offered)) or "nothing"
