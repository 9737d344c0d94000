"""What is logged about invitations and requests, word for word: who, from where, old and new values."""

from datetime import timedelta
from textwrap import dedent

from tests.core.door import Door, maple
from tests.core.invited import ADA, link, signed_in
from tests.core.logged import Log

NIA = signed_in("nia", "nia@example.org")


async def test_of_a_member_from_the_first_day_to_the_last(door: Door) -> None:
    await maple(door, invite=None)
    log = Log(door)
    await log.fresh()
    await door.says(ADA, "/invite create role:staff uses:3 expires:2026-09-03T08:00 note:first")
    await door.says("nia", f"/join {await door.code()}")
    await door.says(ADA, '/member roles person:nia roles:"Teacher,School Admin"')
    await door.says("nia", "/invite create note:hers")
    await door.says(ADA, '/member roles person:nia roles:"School Admin, Observer"')
    for verb in ("suspend", "deactivate", "reactivate", "archive", "restore"):
        await door.says(ADA, f"/member {verb} nia")
    await door.says("nia", "/invite create note:second")
    await door.says(ADA, "/member primary nia sure:yes")
    await door.says("nia", f"/invite revoke {await door.code()}")
    await door.says("omar", "/invite create note:last")
    await door.says("nia", "/member remove omar")
    assert await log.fresh() == dedent("""\
        Ada (web, Maple Grove) invitation.created invitation:first
          - -> role=Staff, uses_allowed=3, expires_at=2026-09-03T08:00:00+00:00
        Nia (web, Maple Grove) invitation.redeemed invitation:first
          - -> role=Staff, standing=active
        Ada (web, Maple Grove) role.changed person:Nia
          roles=['Staff'] -> roles=['School Admin', 'Teacher']
        Nia (web, Maple Grove) invitation.created invitation:hers
          - -> role=None, uses_allowed=None, expires_at=None
        Ada (web, Maple Grove) role.changed person:Nia
          roles=['School Admin', 'Teacher'] -> roles=['Observer', 'School Admin']
        Ada (web, Maple Grove) member.suspended person:Nia
          state=ok -> state=suspended, invitations_revoked=1
        Ada (web, Maple Grove) member.deactivated person:Nia
          state=suspended -> state=deactivated
        Ada (web, Maple Grove) member.reactivated person:Nia
          state=deactivated -> state=ok
        Ada (web, Maple Grove) member.archived person:Nia
          state=listed -> state=archived
        Ada (web, Maple Grove) member.restored person:Nia
          state=archived -> state=listed
        Nia (web, Maple Grove) invitation.created invitation:second
          - -> role=None, uses_allowed=None, expires_at=None
        Ada (web, Maple Grove) primary.transferred school:Maple Grove
          primary_admin=Ada -> primary_admin=Nia
        Nia (web, Maple Grove) invitation.revoked invitation:second
          state=open -> state=revoked
        Omar (web, Maple Grove) invitation.created invitation:last
          - -> role=None, uses_allowed=None, expires_at=None
        Nia (web, Maple Grove) member.removed person:Omar
          standing=active, access=ok -> invitations_revoked=1
        """)


async def test_of_requests_and_their_answers(door: Door) -> None:
    await maple(door, 'approval:"by request"', "access:public")
    await door.says(ADA, "/school joining late_codes:yes")
    await door.says(ADA, "/invite create note:short expires:1d")
    code = await door.code()
    log = Log(door)
    await log.fresh()
    await door.says("nia", '/join school:"Maple Grove"')
    (hers,) = await door.requests()
    await door.clicks("nia", "request withdraw", request=hers.id)
    await door.says("leo", f"/join {code}")
    door.clock.forward(timedelta(days=2))
    await door.says("mia", f"/join {code}")
    first, second = await door.requests()
    await door.clicks(ADA, "request approve", request=first.id, role="Staff")
    await door.clicks("omar", "request reject", request=second.id, reason="no room")
    assert await log.fresh() == dedent("""\
        Nia (web, Maple Grove) join_request.submitted join_request:of Nia
        Nia (web, Maple Grove) join_request.withdrawn join_request:of Nia
          state=pending -> state=withdrawn
        Leo (web, Maple Grove) invitation.redeemed invitation:short
          - -> role=Viewer, standing=pending
        Mia (web, Maple Grove) join_request.submitted join_request:of Mia
          - -> role=Viewer, late=expired, invitation=short
        Ada (web, Maple Grove) join_request.approved join_request:of Leo
          state=pending -> state=approved, role=Staff
        Omar (web, Maple Grove) join_request.rejected join_request:of Mia
          state=pending -> state=rejected, reason_given=True
        """)


async def test_of_an_invitation_to_several_schools(door: Door) -> None:
    await maple(door, 'approval:"by request"', invite=None)
    await door.says(ADA, '/school create "Oak" approval:automatic')
    invite = '/invite person roles:Staff,Observer school:"Maple Grove" schools:Oak'
    await door.says(ADA, f"{invite} to:leo@example.org name:Leo")
    (first, *_) = await door.invitations_of("Maple Grove")
    log = Log(door)
    await log.fresh()
    await door.clicks(signed_in("leo", "leo@example.org"), "invite decline", invitation=link(first))
    await door.says(ADA, f"{invite} to:nia@example.org name:Nia")
    (second, *_) = await door.invitations_of("Maple Grove")
    await door.says("root", "/school archive school:Oak")
    await door.clicks(NIA, "invite accept", invitation=link(second))
    (request,) = await door.requests_of("Maple Grove")
    await door.clicks(ADA, "request approve", request=request.id)
    grants = [
        {"school": school, "role": role}
        for school in ("Maple Grove", "Oak")
        for role in ("Staff", "Observer")
    ]
    granted = [{"school": "Maple Grove", "roles": ["Observer", "Staff"], "waits": True}]
    left_out = [{"school": "Oak", "roles": [role], "why": "gone"} for role in ("Observer", "Staff")]
    assert await log.fresh() == dedent(f"""\
        Leo (web, Maple Grove) invitation.declined invitation:unnamed
          - -> state=declined
        Ada (web, Maple Grove) invitation.created invitation:unnamed
          - -> person=Nia, way=email, grants={grants}, expires_at=None
        Root (web, Oak) school.archived school:Oak
        Nia (web, Maple Grove) invitation.accepted invitation:unnamed
          - -> granted={granted}, left_out={left_out}
        Ada (web, Maple Grove) join_request.approved join_request:of Nia
          state=pending -> state=approved, role=Observer, further=['Staff']
        """)


async def test_of_whoever_rules_by_the_settings_from_their_first_change_on(door: Door) -> None:
    log = Log(door)
    for name in ("North", "South"):
        await door.says("root", f"/district create {name}")
        assert (await log.fresh()).startswith("Root (web, nowhere) district.created")
