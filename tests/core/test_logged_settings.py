"""What is logged about settings, districts, people, codes and broadcasts, word for word."""

# ruff: noqa: E501 - an entry stands in one line

from textwrap import dedent

from bot.core.rights.actors import Caller
from tests.core.door import Door, actions_in, heard, maple
from tests.core.invited import ADA
from tests.core.logged import Log


async def _all_say(door: Door, *lines: tuple[Caller | str, str]) -> None:
    for who, line in lines:
        reply = await door.says(who, line)
        assert not reply.refused, (line, heard(reply))


async def test_log_of_a_schools_settings(door: Door) -> None:
    await maple(door)
    log = Log(door)
    await log.fresh()
    await _all_say(
        door,
        (ADA, "/school edit access:public zone:Europe/Berlin default_role:Staff direct_messages:no"),
        (ADA, "/school edit support_contact:help@example.org"),
        (ADA, "/school joining late_codes:yes ask_again_days:3 invitation_skips_approval:yes"),
        (ADA, "/school limits most_open:10 longest_days:7 most_uses:5 most_removed:5"),
        (ADA, "/school reminders remind_hours:4 escalate_hours:8 lapse_days:5 invitee_reminders:no"),
        (ADA, "/school times digest_time:09:30 digest_days:Mon,Fri welcomes:no"),
        (ADA, '/school questions question_1:"Which class?"'),
        (ADA, "/school bill_to name:Adas email:adas@example.org reference:PO-77"),
        (ADA, "/school approvals channel:approvals"),
        (ADA, "/school share"),
        (ADA, "/school approvals channel:none"),
        ("root", "/district create North"),
        ("root", "/school move district:North"),
        ("root", "/school archive"),
        ("root", '/school restore "Maple Grove"'),
    )
    assert await log.fresh() == dedent("""\
        Ada (web, Maple Grove) school.edited school:Maple Grove
          zone=UTC, access=private, default_role=Viewer, approver_dms=True -> zone=Europe/Berlin, access=public, default_role=Staff, approver_dms=False
        Ada (web, Maple Grove) school.edited school:Maple Grove
          support_contact=False -> support_contact=True
        Ada (web, Maple Grove) school.edited school:Maple Grove
          invitation_skips_approval=False, ask_again_days=30, late_codes=False -> invitation_skips_approval=True, ask_again_days=3, late_codes=True
        Ada (web, Maple Grove) school.edited school:Maple Grove
          most_open=0, longest_days=0, most_uses=0, most_removed=20 -> most_open=10, longest_days=7, most_uses=5, most_removed=5
        Ada (web, Maple Grove) school.edited school:Maple Grove
          remind_hours=24, escalate_hours=72, lapse_days=30, invitee_reminders=True -> remind_hours=4, escalate_hours=8, lapse_days=5, invitee_reminders=False
        Ada (web, Maple Grove) school.edited school:Maple Grove
          digest_at=08:00, digest_days=Mon-Fri, welcomes=True -> digest_at=09:30, digest_days=Mon, Fri, welcomes=False
        Ada (web, Maple Grove) school.edited school:Maple Grove
          questions=0 (e3b0c442) -> questions=1 (7c541120)
        Ada (web, Maple Grove) school.billing_edited school:Maple Grove
          - -> entered=['name', 'email', 'reference']
        Ada (web, Maple Grove) school.approvals_channel_set school:Maple Grove
          - -> workspace=web:playground, channel=approvals
        Ada (web, Maple Grove) school.link_offered school:Maple Grove
        Ada (web, Maple Grove) school.approvals_channel_set school:Maple Grove
          - -> workspace=web:playground, channel=none
        Root (web, nowhere) district.created district:North
          - -> name=North
        Root (web, Maple Grove) school.moved school:Maple Grove
          district_id=None -> district_id=North
        Root (web, Maple Grove) school.archived school:Maple Grove
        Root (web, Maple Grove) school.restored school:Maple Grove
        """)


async def test_log_of_districts_and_roles(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    log = Log(door)
    await log.fresh()
    await _all_say(
        door,
        ("root", "/district create North"),
        ("root", "/district edit North name:South"),
        ("root", '/district grant person:nia role:"District User" district:South'),
        ("root", '/district revoke person:nia role:"District User" district:South'),
        (ADA, "/role create name:Clerk permissions:invitation.create,member.read grants:Staff"),
        (ADA, "/role edit role:Clerk name:Desk permissions:member.read"),
        (ADA, "/role delete Desk"),
        ("root", '/school create "Oak" district:South'),
        ("root", "/school archive school:Oak"),
        ("root", "/district archive South"),
        ("root", "/system edit invitations_a_day:300 mails_a_day:9"),
    )
    south = next(one.subject for one in await door.audit_entries() if one.action == "district.archived")
    assert not (await door.clicks("root", "district restore", district=south.partition(":")[2])).refused
    assert await log.fresh() == dedent("""\
        Root (web, nowhere) district.created district:South
          - -> name=North
        Root (web, nowhere) district.edited district:South
          name=North -> name=South
        Root (web, nowhere) role.granted person:Nia
          - -> role=District User, scope=district:South
        Root (web, nowhere) role.taken person:Nia
          role=District User, scope=district:South -> -
        Ada (web, Maple Grove) role.created role:#1
          - -> role=Clerk, holds=['invitation.create', 'member.read'], may_grant=['member.read']
        Ada (web, Maple Grove) role.edited role:#1
          role=Clerk, holds=['invitation.create', 'member.read'] -> role=Desk, holds=['member.read']
        Ada (web, Maple Grove) role.deleted role:#1
          role=Desk, holds=['member.read'], may_grant=['member.read'] -> -
        Root (web, Oak) school.created school:Oak
          - -> district_id=South, zone=UTC, access=private, approval=by request, invitation_skips_approval=False, default_role=Viewer, approver_dms=True, ask_again_days=30, late_codes=False, primary_admin_id=None, name=Oak, support_contact=False
        Root (web, Oak) school.archived school:Oak
        Root (web, nowhere) district.archived district:South
          - -> state=archived
        Root (web, nowhere) system.edited system
          invitations_a_day=0, mails_a_day=0 -> invitations_a_day=300, mails_a_day=9
        Root (web, nowhere) district.restored district:South
          state=archived -> -
        """)


async def test_log_of_people_and_their_accounts(door: Door) -> None:
    await maple(door)
    await door.says("nia", f"/join {await door.code()}")
    log = Log(door)
    await log.fresh()
    await _all_say(
        door,
        (ADA, "/member create email:bo@example.org first_name:Bo last_name:Berg roles:Staff"),
        (ADA, '/member edit person:"Bo Berg" first_name:Bob zone:Europe/Berlin'),
        (ADA, "/member create email:cy@example.org first_name:Cy last_name:Berg"),
        (ADA, "/member export person:nia"),
        (ADA, '/member remove person:"Cy Berg"'),
        ("nia", "/account edit zone:Asia/Tokyo message_notifications:no"),
        ("nia", "/account link"),
        ("omar", "/invite create note:his"),
        (ADA, '/member roles person:nia roles:"School Admin"'),
    )
    hand = actions_in(await door.says(ADA, "/member transfer person:omar to:nia remove:yes"))["Transfer"]
    await door.clicks(ADA, hand.command, **hand.values)
    erase = actions_in(await door.says("nia", "/account erase"))["Erase"]
    await door.clicks("nia", erase.command, **erase.values)
    assert await log.fresh() == dedent("""\
        Ada (web, Maple Grove) person.created person:Bob Berg
          - -> roles=['Staff'], entered=['first_name', 'last_name', 'email'], zone=None, auto_finalize=False, message_notifications=True
        Ada (web, Maple Grove) person.edited person:Bob Berg
          zone=None -> entered=['first_name'], zone=Europe/Berlin
        Ada (web, Maple Grove) person.created person:Cy Berg
          - -> roles=['Viewer'], entered=['first_name', 'last_name', 'email'], zone=None, auto_finalize=False, message_notifications=True
        Ada (web, Maple Grove) person.exported person:Nia
        Ada (web, Maple Grove) member.removed person:Cy Berg
          standing=active, access=ok -> -
        Nia (web, nowhere) person.edited person:Nia
          message_notifications=True, zone=UTC -> message_notifications=False, zone=Asia/Tokyo
        Nia (web, nowhere) account.link_offered person:Nia
        Omar (web, Maple Grove) invitation.created invitation:unnamed
          - -> role=None, uses_allowed=None, expires_at=None
        Ada (web, Maple Grove) role.changed person:Nia
          roles=['Viewer'] -> roles=['School Admin']
        Ada (web, Maple Grove) member.records_transferred person:Omar
          - -> to=Nia, invitations=1, removed=True
        Nia (web, nowhere) person.erased person:Nia
          - -> memberships=1, accounts=1, invitations_revoked=1
        """)


async def test_log_of_codes_templates_and_messages(door: Door) -> None:
    await maple(door, invite=None)
    log = Log(door)
    await log.fresh()
    await _all_say(
        door,
        (ADA, '/invite batch count:3 role:Staff label:"7b" note:Hi expires:7d'),
        (ADA, "/message save name:Hello subject:Hi text:There"),
        (ADA, "/message edit template:Hello name:Bye subject:B text:T"),
        (ADA, "/message delete template:Bye"),
        (ADA, "/message send subject:Never text:B"),
    )
    batch = next(one for one in await door.audit_entries() if one.action == "batch.created").subject
    await door.clicks(ADA, "invite recall", batch=batch.partition(":")[2])
    for label in ("Send now", "Discard"):
        do = actions_in(await door.says(ADA, f'/message send subject:"{label}" text:B'))[label]
        assert not (await door.clicks(ADA, do.command, **do.values)).refused
    assert await log.fresh() == dedent("""\
        Ada (web, Maple Grove) batch.created batch:#1
          - -> role=Staff, uses_allowed=1, expires_at=2026-09-08T08:00:00.004000+00:00, size=3
        Ada (web, Maple Grove) template.saved message_template:#2
        Ada (web, Maple Grove) template.edited message_template:#2
          - -> changed=['name', 'text', 'title']
        Ada (web, Maple Grove) template.deleted message_template:#2
        Ada (web, Maple Grove) batch.revoked batch:#1
          - -> revoked=3
        Ada (web, Maple Grove) message.sent broadcast:#3
          - -> chat=2, mail=0, opted_out=0
        """)
