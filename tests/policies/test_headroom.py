from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from isthmus.policies.headroom import Use, headroom

USES = st.lists(st.builds(Use, st.integers(0, 500), st.integers(0, 50)), min_size=1, max_size=40)


def test_three_times_the_volume_hits_in_the_busiest_stretch() -> None:
    day = [Use(10, 2), Use(30, 2), Use(50, 2), Use(10, 2)]
    found = headroom(day, Decimal(100), 1, Decimal(3))
    assert (found.busiest, found.shares[found.busiest], found.hit, found.most) == (
        2,
        Decimal("0.52"),
        2,
        Decimal("1.9"),
    )


def test_a_limit_by_the_day_counts_everything_before() -> None:
    found = headroom([Use(10, 0)] * 6, Decimal(100), 144, Decimal(2))
    assert (found.busiest, found.shares[found.busiest], found.hit, found.most) == (5, Decimal("0.6"), 5, Decimal("1.6"))


def test_looks_alone_can_use_up_a_limit_at_any_volume() -> None:
    found = headroom([Use(1, 120)], Decimal(100), 1, Decimal("0.1"))
    assert (found.hit, found.most) == (0, Decimal(0))


def test_where_nothing_grows_there_is_no_most() -> None:
    assert headroom([Use(0, 5)], Decimal(100), 1, Decimal(10)).most is None


@given(USES, st.integers(1, 1000), st.integers(1, 50))
def test_the_greatest_volume_is_carried_and_a_tenth_more_is_not(day: list[Use], allowed: int, width: int) -> None:
    most = headroom(day, Decimal(allowed), width, Decimal(1)).most
    steady_fits = all(sum(u.steady for u in day[max(0, e - width + 1) : e + 1]) <= allowed for e in range(len(day)))
    if most is None or not steady_fits:
        return
    assert headroom(day, Decimal(allowed), width, most).hit is None
    assert headroom(day, Decimal(allowed), width, most + Decimal("0.1001")).hit is not None
