"""Whoever may not be added to a school is told with the school that keeps them out."""

from tests.core.deeds import join_by_code
from tests.core.door import Door, heard

TO_BOTH = '/member edit person:nia schools:"Maple, Oak" school:Maple'


async def test_the_school_that_keeps_somebody_out_is_named(both: Door) -> None:
    await join_by_code(both, "Maple")
    assert not (await both.says("pia", "/member suspend nia school:Maple")).refused
    told = heard(await both.says("pia", TO_BOTH))
    assert "cannot be that: Nia is suspended at Maple" in told


async def test_a_school_where_somebody_waits_is_named_before_others(both: Door) -> None:
    await join_by_code(both, "Maple")
    assert not (await both.says("pia", '/school edit approval:"by request" school:Oak')).refused
    await both.says("pia", "/invite create school:Oak")
    await both.says("nia", f"/join {(await both.invitations_of('Oak'))[0].code}")
    assert not (await both.says("pia", "/member suspend nia school:Maple")).refused
    told = heard(await both.says("pia", TO_BOTH))
    assert "cannot be that: Nia is pending at Oak" in told
