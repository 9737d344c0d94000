"""The story of the pictures can be played, and the likeness of Discord can render all that is sent."""

from tests.pictures import likeness, plays


async def test_the_story_plays_and_is_the_same_each_time() -> None:
    played = await plays.on_discord()
    invited = likeness.message(played.kept["invitation"])
    assert "<b>Code:</b> <code>HQKF-TCGM-ZGDB9</code>" in invited
    assert 'src="data:image/png;base64,' in invited
    asked = likeness.message(played.kept["request"])
    assert "Tom Weaver asks to join Maple Grove School" in asked
    assert '<span class="d-button d-primary">Approve as Viewer</span>' in asked
    assert "Which class is your child in?" in likeness.modal(played.kept["questions"]["modal"])
    assert "HQKF-TCGM-ZGDB9" in played.page
    assert "Ada Brook invited you to Maple Grove School" in played.mail
