"""A school on Discord and on Slack at once: what happens on one shows on the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.scenarios.fronts import discord, slack
from tests.scenarios.stage import Stage
from tests.world import open_world, sqlite_url


@asynccontextmanager
async def _both(folder: Path) -> AsyncIterator[tuple[Stage, Stage]]:
    """Open a world where people are on Discord, and on Slack."""
    async with (
        open_world(sqlite_url(folder)) as world,
        discord.Driver(world) as on_discord,
        slack.Driver(world) as on_slack,
    ):
        yield Stage(world, on_discord), Stage(world, on_slack)


async def test_approval_on_one_platform_updates_the_other(tmp_path: Path) -> None:
    async with _both(tmp_path) as (there, here):
        await there.play(
            """
            admin: /school create name:"Maple Grove" approval:automatic
            admin in #approvals: /school approvals
            admin: /school share
            keep LINK from: admin
            """
        )
        here.kept = there.kept
        await here.play(
            """
            approver: /school link {LINK}
            approver is told: Only an owner or administrator
            admin: /school link {LINK}
            admin is told: Maple Grove is linked to this server or workspace
            admin: /school link {LINK}
            admin is told: That one-time code cannot be used
            admin: /member list
            admin is told: You may not see members here
            """
        )
        await there.play(
            """
            admin: /invite create role:"School Admin" uses:1
            keep ADMINS from: admin
            admin: /invite create
            keep CODE from: admin
            """
        )
        await here.play("approver: /join {ADMINS}\napprover in #approvals: /school approvals")
        await there.play('admin: /school edit approval:"by request"')
        await here.play("newcomer: /join {CODE}\napprover sees: Newcomer asks to join Maple Grove")
        await there.play(
            """
            admin sees: Newcomer asks to join Maple Grove
            admin clicks: Approve as Viewer
            """
        )
        await here.play(
            """
            newcomer sees: Welcome to Maple Grove
            approver sees: Approved as Viewer by Admin
            approver does not see: [Approve as Viewer]
            second: /join {CODE}
            approver clicks: Reject
            approver fills: reason=
            second sees: was rejected | No reason was given
            """
        )
        await there.play("admin sees: Rejected by Approver\nadmin does not see: [Approve as Viewer]")


async def test_accounts_of_two_platforms_are_one_person(tmp_path: Path) -> None:
    async with _both(tmp_path) as (there, here):
        await there.play(
            """
            admin: /school create name:"Maple Grove" approval:automatic
            admin: /invite create role:Staff
            keep CODE from: admin
            newcomer: /join {CODE}
            newcomer: /account link
            keep LINK from: newcomer
            """
        )
        here.kept = there.kept
        await here.play(
            """
            newcomer: /me
            newcomer is told: You are not in a school yet
            newcomer: /account link code:{LINK}
            newcomer is told: This account is linked: you are Newcomer | Discord, Slack
            newcomer: /me
            newcomer is told: Maple Grove | Staff
            newcomer: /account unlink discord
            newcomer is told: Discord account unlinked
            newcomer: /account unlink slack
            newcomer is told: That is your only account
            """
        )
        await there.play(
            """
            newcomer: /me
            newcomer is told: You are not in a school yet
            newcomer: /join {CODE}
            newcomer: /account link
            keep LINK from: newcomer
            """
        )
        # Now each account has a person, and both are merged.
        await here.play(
            """
            newcomer: /account link code:{LINK}
            newcomer is told: You are known here already | active and active: active
            newcomer clicks: Link and merge
            newcomer sees: This account is linked: you are Newcomer
            newcomer: /account show
            newcomer is told: Discord | Slack
            """
        )
        await there.play("admin: /member list\nadmin is told: Newcomer | Staff | Active")


async def test_a_school_that_was_linked_to_the_wrong_workspace_is_taken_out_of_it(tmp_path: Path) -> None:
    async with _both(tmp_path) as (there, here):
        await there.play(
            'admin: /school create name:"Maple Grove"\nadmin: /school share\nkeep LINK from: admin'
        )
        here.kept = there.kept
        await here.play(
            """
            admin: /school link {LINK}
            admin is told: Maple Grove is linked to this server or workspace
            admin: /school unlink
            admin is told: You may not
            """
        )
        # Its admin is in no workspace but their own, and names the other one.
        await there.play(
            """
            admin: /school unlink workspace:slack:T0000001
            admin is told: Maple Grove is unlinked from | (Slack)
            admin: /school unlink
            admin is told: not linked to any other server or workspace
            """
        )
        await here.play("admin: /member list\nadmin is told: No school lives here yet")


async def test_a_member_who_is_not_known_on_the_other_platform_is_led_to_link(tmp_path: Path) -> None:
    """Else they would come in once more, as somebody else."""
    async with _both(tmp_path) as (there, here):
        await there.play(
            """
            admin: /school create name:"Maple Grove" approval:automatic
            admin: /school share
            keep LINK from: admin
            admin: /invite create role:Staff
            keep CODE from: admin
            newcomer: /join {CODE}
            """
        )
        here.kept = there.kept
        await here.play(
            """
            admin: /school link {LINK}
            newcomer: /home
            newcomer is told: You are not in a school yet | [I joined one with another account]
            newcomer: /me
            newcomer is told: You are not in a school yet | [I joined one with another account]
            newcomer: /member list
            newcomer is told: You may not see members here | You are not in a school with this account
            newcomer clicks: I joined one with another account
            newcomer is told: Type this with your other account
            keep ACCOUNT from: newcomer
            """
        )
        await there.play(
            """
            newcomer: /account link code:{ACCOUNT}
            newcomer clicks: Link and merge
            newcomer: /request list
            newcomer is told: You may not see join requests here
            newcomer does not see: You are not in a school
            """
        )
        await here.play("newcomer: /member list\nnewcomer is told: Newcomer | Discord, Slack")


async def test_what_follows_a_role_here_and_there_is_told_apart(tmp_path: Path) -> None:
    """A Discord role and a Slack user group are often called the same."""
    async with _both(tmp_path) as (there, here):
        await there.play(
            """
            admin: /school create name:"Maple Grove" approval:automatic
            admin: /role follow role:Staff into:@staff
            admin: /role following
            admin is told: @staff
            admin: /account link
            keep ACCOUNT from: admin
            admin: /school share
            keep LINK from: admin
            """
        )
        here.kept = there.kept
        await here.play(
            """
            admin: /school link {LINK}
            admin: /account link code:{ACCOUNT}
            admin: /role follow role:Teacher into:@staff
            admin: /role following
            admin is told: @staff, Maple (Discord) | @staff, northfield (Slack)
            admin: /role unfollow thing:@staff
            admin is told: @staff no longer follows a role of Maple Grove
            admin: /role following
            admin is told: @staff · Follows: Staff
            """
        )
