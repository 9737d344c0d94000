"""Several forms in the same modal: Slack keeps what was entered if fields have the same names."""

from tests.scenarios.fronts.slack import Driver
from tests.scenarios.stage import Stage


async def test_no_answer_stands_under_a_question_that_came_later(stage: Stage) -> None:
    await stage.play(
        """
        admin: /school create name:"Fir Park" access:public
        admin: /school questions question_1:"Which class? (optional)" question_2:"Since when? (optional)"
        stranger: /join school:"fir park"
        stranger has a form: Answer a few questions to join
        admin: /school questions question_1:"Who sent you? (optional)"
        stranger fills: answer_1=Class 4b
        stranger has a form: Answer a few questions to join
        stranger fills: answer_2=Since May
        stranger is told: Your request to join Fir Park is waiting
        admin: /request show stranger
        admin is told: Since when? | Since May
        admin does not see: Class 4b
        """
    )


async def test_what_was_chosen_from_the_menu_stands_in_no_form(stage: Stage) -> None:
    await stage.play(
        """
        admin: /school create name:"Fir Park"
        admin: /
        admin fills: command=help
        admin has a form: Show what you can do here
        """
    )
    driver = stage.driver
    assert isinstance(driver, Driver)
    await driver.fill("admin")
    await stage.play("admin is told: What I can do for you")


async def test_whoever_is_invited_is_chosen_from_the_workspace(stage: Stage) -> None:
    driver = stage.driver
    assert isinstance(driver, Driver)
    await stage.play(
        """
        admin: /school create name:"Fir Park"
        admin: /
        admin fills: command=invite person
        admin has a form: Invite one person by e-mail or direct message; you see it before it is sent
        """
    )
    await driver.fill("admin", to_here=driver.people["third"].id)
    await stage.play(
        """
        admin is told: To: Third | [Send now]
        admin clicks: Send now
        third is told: Fir Park | [Accept]
        """
    )
