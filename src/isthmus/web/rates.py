"""How often somebody may do something, in constant memory."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Rates:
    """Token buckets by name: so many at once (`burst`), refilled at `per_s`; the name least recently used is forgotten.

    A forgotten name starts with a full bucket again. `seconds` of every call come from one monotonic clock.
    """

    def __init__(self, per_s: float, burst: float, names: int) -> None:
        """Remember at most so many `names`."""
        self._per_s = per_s
        self._burst = burst
        self._names = names
        self._buckets: dict[str, _Bucket] = {}

    def spend(self, name: str, seconds: float) -> None:
        """Take one token; what is not there is not owed."""
        bucket = self._buckets.pop(name, None)
        if bucket is None:
            bucket = _Bucket(self._burst, seconds)
        bucket.left = max(0.0, self._filled(bucket, seconds) - 1)
        bucket.at = seconds
        self._buckets[name] = bucket  # at the end: the others are older
        if len(self._buckets) > self._names:
            del self._buckets[next(iter(self._buckets))]

    def wait_s(self, name: str, seconds: float) -> float:
        """Return how long until there is a token, 0 when there is one."""
        bucket = self._buckets.get(name)
        if bucket is None:
            return 0.0
        left = self._filled(bucket, seconds)
        return 0.0 if left >= 1 else (1 - left) / self._per_s

    def _filled(self, bucket: _Bucket, seconds: float) -> float:
        return min(self._burst, bucket.left + (seconds - bucket.at) * self._per_s)

    def __len__(self) -> int:
        """Return how many names are remembered."""
        return len(self._buckets)
