"""A proxy that spoils the line: between Isthmus and any system, or between Isthmus and its database.

`Proxy` stands before an HTTP service and can pick requests by path and operation; `TcpProxy` stands before anything
and works on bytes. What a system itself would say wrongly (throttling, an expired token, an answer of another shape)
is the simulators' part: `/__sim/fault`.
"""

from isthmus.testing.proxy.faults import KINDS, BadFault, Fault, parse
from isthmus.testing.proxy.http import Proxy
from isthmus.testing.proxy.tcp import TcpProxy

__all__ = ["KINDS", "BadFault", "Fault", "Proxy", "TcpProxy", "parse"]
