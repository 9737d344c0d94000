"""The registry of all commands. A new group of commands is added to this list and nowhere else."""

import bot.commands.digests
import bot.commands.invite_batch
import bot.commands.invite_leaks
import bot.commands.invite_person
import bot.commands.message_templates
import bot.commands.mirror
import bot.commands.people
import bot.commands.people_list
import bot.commands.records
import bot.commands.role_follow
import bot.commands.school_settings
import bot.commands.system_people
import bot.commands.transfer
import bot.commands.undelivered  # noqa: F401 - all of these add to a group
from bot.chat.commands import Registry
from bot.commands.account import account
from bot.commands.audit import audit
from bot.commands.bulk import bulk
from bot.commands.district import district
from bot.commands.help import help_group
from bot.commands.home import home
from bot.commands.invite import invite
from bot.commands.join import join
from bot.commands.me import me, why
from bot.commands.member import member
from bot.commands.message import message
from bot.commands.oneroster import oneroster
from bot.commands.report import report
from bot.commands.request import request
from bot.commands.role import role
from bot.commands.roster import roster
from bot.commands.school import school
from bot.commands.scim import scim
from bot.commands.system import system

REGISTRY = Registry(
    [
        join,
        invite,
        request,
        member,
        roster,
        bulk,
        message,
        role,
        school,
        district,
        scim,
        oneroster,
        system,
        home,
        me,
        why,
        report,
        audit,
        account,
        help_group,
    ]
)
