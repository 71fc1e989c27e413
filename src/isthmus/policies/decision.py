"""An answer and why."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """`because` is one of the codes in `policies.reasons`; screens print their words."""

    value: T
    because: str
    detail: str = ""
