"""What the doctor says: findings with whom they are about, the worst first."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from isthmus.ports.probe import Finding, Severity

#: The worst first.
RANK = {Severity.PROBLEM: 0, Severity.WARNING: 1, Severity.OK: 2}
#: How many examples a finding names.
NAMED = 5
#: Hears what is being looked at, and how many records of it were read.
Told = Callable[[str, int], None]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """One finding; `about` is the name of a connection or a flow of the project."""

    about: str
    code: str
    severity: Severity
    message: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Everything that was found; `seen` says of each system who it is."""

    findings: Sequence[Diagnosis]
    seen: Sequence[str] = ()

    @property
    def sound(self) -> bool:
        """Tell whether nothing keeps a flow from working."""
        return all(one.severity is not Severity.PROBLEM for one in self.findings)


def diagnosed(about: str, finding: Finding) -> Diagnosis:
    """Return a finding of a system as the doctor's."""
    return Diagnosis(
        about=about, code=finding.code, severity=finding.severity, message=finding.message, fix=finding.fix
    )


def problem(about: str, code: str, message: str, fix: str) -> Diagnosis:
    """Return what keeps a flow from working."""
    return Diagnosis(about=about, code=code, severity=Severity.PROBLEM, message=message, fix=fix)


def warning(about: str, code: str, message: str, fix: str) -> Diagnosis:
    """Return what will be in the way sooner or later."""
    return Diagnosis(about=about, code=code, severity=Severity.WARNING, message=message, fix=fix)


def worst_first(found: Iterable[Diagnosis]) -> list[Diagnosis]:
    """Return each finding once, the worst first, otherwise in the order they were found."""
    once = {(one.about, one.code, one.message): one for one in found}
    return sorted(once.values(), key=lambda one: RANK[one.severity])


def some(names: Iterable[str]) -> str:
    """Return the first few names and how many more there are."""
    every = sorted(names)
    more = f" and {len(every) - NAMED:,} more" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more
