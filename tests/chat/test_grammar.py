"""How typed lines are read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.chat.grammar import Typed, parse
from bot.commands import REGISTRY
from bot.core.errors import BadCommand
from tests.chat.small import SMALL


def values(line: str, slash: str = "/") -> dict[str, str]:
    return dict(parse(line, SMALL, slash).values)


def refused(line: str, slash: str = "/") -> BadCommand:
    with pytest.raises(BadCommand) as caught:
        parse(line, SMALL, slash)
    return caught.value


@pytest.mark.parametrize(
    "line",
    [
        "/paint wall name:Hall coats:2",
        "paint wall name:Hall coats:2",
        "  /paint   wall   coats:2   name:Hall  ",
        "/PAINT Wall NAME:Hall Coats:2",
        '/paint wall name:"Hall" coats:"2"',
        "/paint wall name=Hall coats=2",
        "/paint wall “Hall” coats:„2“",
        "/paint wall Hall coats:«2»",
        "/paint wall coats:2 Hall",
        "/paint wall name: Hall coats: 2",
        "/paint wall Name : Hall coats =2",
        "/paint wall coats: “2” name:\n“Hall”",
        "/paint\twall\u00a0name:Hall\u3000coats:2",
        "/paint\nwall\nname:Hall\ncoats:2",
        "/paint wall name:'Hall' coats:`2`",
        "/paint wall \u2018Hall\u2019 coats:\u20182\u2019",
    ],
)
def test_ways_to_type_the_same(line: str) -> None:
    typed = parse(line, SMALL)
    assert typed == Typed(SMALL["paint wall"], {"name": "Hall", "coats": "2"})


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('/paint wall name:"The big hall: red=blue"', {"name": "The big hall: red=blue"}),
        ("/paint wall the big hall", {"name": "the big hall"}),
        ("/paint wall name the big hall coats:2", {"name": "the big hall", "coats": "2"}),
        ("/paint wall coats:2 Name Hall", {"name": "Hall", "coats": "2"}),
        ('/paint wall "name the hall"', {"name": "name the hall"}),
        ("/paint wall name", {"name": "name"}),
        ("/paint wall coats of arms", {"name": "coats of arms"}),
        ("/paint wall coats 2", {"coats": "2"}),
        ("/paint wall Colour sky blue name:Hall", {"colour": "sky blue", "name": "Hall"}),
        ('/paint wall "colour red"', {"name": "colour red"}),
        ('/paint wall colour red colour:"sky blue"', {"name": "colour red", "colour": "sky blue"}),
        ("/paint wall the big hall coats:2", {"name": "the big hall", "coats": "2"}),
        ('/paint wall name:""', {"name": ""}),
        ('/paint wait ""', {}),
        ('/join code:X school:Oak " "', {"code": "X", "school": "Oak"}),
        ("/paint wall name:it's O'Brien", {"name": "it's O'Brien"}),
        ("/paint wall name:the big hall coats:2", {"name": "the big hall", "coats": "2"}),
        ("/paint wall story:see http://x.org/i/1 first", {"story": "see http://x.org/i/1 first"}),
        ('/paint wall story:a b "Hall"', {"story": "a b", "name": "Hall"}),
        ('/paint wall story:"a b" Hall', {"story": "a b", "name": "Hall"}),
        ("/paint wall coats:2 the hall story:a b", {"coats": "2", "name": "the hall", "story": "a b"}),
        ("/paint wall story: to whom: it concerns", {"story": "to whom: it concerns"}),
        ('/paint wall story: "coats: 2"', {"story": "coats: 2"}),
        ("/paint wall <@U1> 5", {"name": "<@U1>", "coats": "5"}),
        ("/paint wall coats:2 <@!12> sky blue", {"coats": "2", "name": "<@!12>", "colour": "sky blue"}),
        ("/paint wall to <@U1>", {"name": "to <@U1>"}),
        ("/paint wall Oak: the hall", {"name": "Oak: the hall"}),
        ("/paint wall <@U1> story <@U2>", {"name": "<@U1>", "story": "<@U2>"}),
        ("/join Code: ABCD-EFGH-JKMNP", {"code": "ABCD-EFGH-JKMNP"}),
        ("/paint wall story:a=b:c", {"story": "a=b:c"}),
        ("/paint wall name:'The big hall' coats:2", {"name": "The big hall", "coats": "2"}),
        ("/paint wall name:'Tom' and 'Ann'", {"name": "'Tom' and 'Ann'"}),
        ("/paint wall name:\"'Hall'\"", {"name": "'Hall'"}),
        ("/paint wall name:http://x.org/i/1?a=b", {"name": "http://x.org/i/1?a=b"}),
        ("/join ABCD-EFGH-JKMNP", {"code": "ABCD-EFGH-JKMNP"}),
        ("/join abcd efgh jkmnp", {"code": "abcd efgh jkmnp"}),
        ("/join https://door.example.org/i/abc_-1", {"code": "https://door.example.org/i/abc_-1"}),
        ("/join <https://door.example.org/i/abc>", {"code": "<https://door.example.org/i/abc>"}),
        ("/join code:X school:“Maple Grove”", {"code": "X", "school": "Maple Grove"}),
        ('/paint wall story:"Read “Emil” first" name:"H"', {"story": "Read “Emil” first", "name": "H"}),
        ('/paint wall "„Emil“, «Max» and “Ada”"', {"name": "„Emil“, «Max» and “Ada”"}),
        ('/paint wall name:"Hall” story:"old"', {"name": "Hall", "story": "old"}),
        ('/paint wall name:“Hall" story:“old"', {"name": "Hall", "story": "old"}),
        ("/join school maple grove", {"school": "maple grove"}),
        ("/join sky blue", {"code": "sky blue"}),
        ("/join School of Rock", {"code": "School of Rock"}),
        ('/join "school of rock"', {"code": "school of rock"}),
        ("/join", {}),
        ("/paint wait", {}),
    ],
)
def test_values(line: str, expected: dict[str, str]) -> None:
    assert values(line) == expected


def test_the_slash_of_slack() -> None:
    assert values("/homeroom paint wall Hall", "/homeroom ") == {"name": "Hall"}
    assert values("paint wall Hall", "/homeroom ") == {"name": "Hall"}
    assert refused("/homeroom pant wall", "/homeroom ").corrected == "/homeroom paint wall"
    assert refused("", "/homeroom ").corrected == "/homeroom help"


@pytest.mark.parametrize(
    ("line", "corrected"),
    [
        ("/pant wall name:Hall", "/paint wall name:Hall"),
        ("/Wall paint Hall coats:2", "/paint wall Hall coats:2"),
        ("/paint wal name:Hall", "/paint wall name:Hall"),
        ("/paint", "/help"),
        ("/paint xyz", "/help"),
        ("/jion ABC", "/join ABC"),
        ("/2345-6789-abcde", "/join 2345-6789-abcde"),
        ("/redeem 2345-6789-ABCDE", "/join 2345-6789-ABCDE"),
        ("/2345 6789 ABCDE", "/join 2345 6789 ABCDE"),
        ("/paint wall nam:Hall coats:2", "/paint wall name:Hall coats:2"),
        ("/paint wall Hall cots:2", "/paint wall Hall coats:2"),
        ("/paint wall Hall cots: 2", "/paint wall Hall coats: 2"),
        ("/paint wait <@U1> now", "/paint wait"),
        ("/paint wall Hall note:x", ""),
        ("/completely different", "/help"),
        ("", "/help"),
        ("/", "/help"),
        ("/paint again wall:1", "/help"),
        ("/paint wall Hall colour:rde", "/paint wall colour:red name:Hall"),
        ("/paint wall Hall colour:sky-blue", '/paint wall colour:"sky blue" name:Hall'),
        ("/paint wall name:a name:b", "/paint wall name:a"),
        ("/paint wait now", "/paint wait"),
        ('/paint wall name:"Old Hall', '/paint wall name:"Old Hall"'),
        ("/join code:X “", '/join code:X “"'),
        # One mistake after the other is corrected, and the line that is shown works.
        ("/pant wal nam:Hall colour:sky-blu", '/paint wall name:Hall colour:"sky blue"'),
    ],
)
def test_the_nearest_line_that_would_work(line: str, corrected: str) -> None:
    assert refused(line).corrected == corrected


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("/paint wall name:a name:b", "name stands there twice."),
        ("/paint wait now", "“now” does not belong there."),
        ("/paint wait now:1", "/paint wait has no option “now”; it takes none."),
        ("/paint wall qqq:1", "/paint wall has no option “qqq”; it knows "),
        ("/paint again wall:1", "After /paint comes one of: wall, wait."),
        ("x" * 4001, "That is 4,001 characters; 4,000 is the most."),
        ('/paint wall name:"Hall', "A quotation mark is opened and never closed."),
        ("/paint wall coats:", "Nothing stands after coats:"),
        ("/paint wall coats: name: Hall", "Nothing stands after coats:"),
        ("/paint wall name:Hall story:", "Nothing stands after story:"),
        ("/paint wall “Hall", "A quotation mark is opened and never closed."),
    ],
)
def test_what_is_wrong_with_a_line(line: str, problem: str) -> None:
    assert refused(line).problem.startswith(problem)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('/member roles Nia "School Admin"', {"person": "Nia", "roles": "School Admin"}),
        ('/member roles "Nia Novak" Staff, Observer', {"person": "Nia Novak", "roles": "Staff, Observer"}),
        ("/member roles Nia Novak", {"person": "Nia Novak"}),
        ('/member roles Nia "the" Novak roles:Staff', {"person": "Nia the Novak", "roles": "Staff"}),
        ('/message save Welcome "Hello there" "Dear {{name}}"',
         {"name": "Welcome", "subject": "Hello there", "text": "Dear {{name}}"}),
        ('/member suspend "Nia" Novak', {"person": "Nia Novak"}),
        ('/member list Nia "Novak"', {"search": "Nia Novak"}),
        ('/scim link Teachers "Maple Grove" Staff',
         {"group": "Teachers", "school": "Maple Grove", "role": "Staff"}),
    ],
)  # fmt: skip
def test_quotation_marks_set_values_apart_where_several_are_needed(
    line: str, expected: dict[str, str]
) -> None:
    assert parse(line, REGISTRY).values == expected


def test_a_school_needs_its_name_only_where_it_is_the_place_of_the_command() -> None:
    assert parse("/home show Maple Grove", REGISTRY).values == {"school": "Maple Grove"}
    with pytest.raises(BadCommand) as refused:
        parse("/school share Maple Grove", REGISTRY)
    assert refused.value.corrected == '/school share school:"Maple Grove"'


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("/member list Suspended", {"status": "Suspended"}),
        ("/member list inactive", {"view": "inactive"}),
        ('/member list "suspended"', {"search": "suspended"}),
        ("/member list suspended people", {"search": "suspended people"}),
        ("/school edit automatic", {"approval": "automatic"}),
        ("/school edit zone Berlin", {"zone": "Berlin"}),
        ("/member list school admin", {"search": "school admin"}),
        ("/message save pending", {"name": "pending"}),
    ],
)
def test_a_choice_alone_is_for_its_option_where_nothing_is_required(
    line: str, values: dict[str, str]
) -> None:
    assert parse(line, REGISTRY).values == values


def test_the_name_of_a_group_with_one_command_is_enough() -> None:
    assert parse("/home", REGISTRY, "/").command.path == "home show"
    planned = parse("/bulk suspend role:Viewer", REGISTRY, "/")
    assert (planned.command.path, planned.values) == ("bulk plan", {"act": "suspend", "role": "Viewer"})
    with pytest.raises(BadCommand) as refused:
        parse("/home shwo", REGISTRY, "/")
    assert refused.value.corrected == "/home show"


@pytest.mark.parametrize(
    ("line", "corrected"),
    [
        ("/suspend Nia Eze", "/member suspend Nia Eze"),
        ("/ban Nia", "/member suspend Nia"),
        ("/archive Nia", "/member archive Nia"),
        ("/reissue ABC", "/invite reissue ABC"),
        ("/supend Nia Eze", "/member suspend Nia Eze"),
        ("/students", "/member list"),
        ("/schools", "/school show"),
        ("/member search Nia", "/member list Nia"),
        ("/member delete Nia", "/member remove Nia"),
        ("/member add", "/member create"),
        ("/member supsend Nia", "/member suspend Nia"),
        ("/school rename", "/school edit"),
        ("/school delete Oak", "/help school"),
        ("/school public", "/help school"),
        ("/report", "/help report"),
        ("/report members since:monday", ""),
        ("/announce school is closed", "/message send school is closed"),
        ("/find Nia", "/member list Nia"),
        ("/promote Nia", "/member roles Nia"),
        ("/member promote Nia", "/member roles Nia"),
        ("/stats", "/report members"),
        ("/history Nia", "/audit list Nia"),
    ],
)
def test_a_command_that_is_called_otherwise_or_without_its_group(line: str, corrected: str) -> None:
    with pytest.raises(BadCommand) as refused:
        parse(line, REGISTRY)
    assert refused.value.corrected == corrected


def test_a_correction_changes_the_option_and_not_a_value_that_looks_like_it() -> None:
    assert refused('/paint wall "cots:2" cots:2').corrected == '/paint wall "cots:2" coats:2'


def test_a_choice_that_is_near_none_is_left_to_whoever_knows_all_of_them() -> None:
    assert values("/paint wall Hall colour:zzz")["colour"] == "zzz"


_SIGNS = "/ : = \" “ ” « ' \\ \n \x00 % {name} ** ` <@U1> @everyone é name: coats: paint wall join invite"
_WORDS = st.sampled_from(_SIGNS.split(" "))
_COMMANDS = [(f"/{one.path}", [f"{option.name}:" for option in one.options]) for one in REGISTRY.typed()]


@st.composite
def _of_a_command(draw: st.DrawFn) -> str:
    """Draw a line with a real command and some of its options, most of them with a value."""
    path, names = draw(st.sampled_from(_COMMANDS))
    said = draw(st.permutations(names))[: draw(st.integers(0, 4))]
    return " ".join([path, *(f"{name}{draw(_WORDS)}" for name in said), *draw(st.lists(_WORDS, max_size=4))])


_LINES = st.one_of(
    _of_a_command(),
    st.text(max_size=200),
    st.lists(_WORDS, max_size=12).map(" ".join),
    st.builds("/paint wall {}".format, st.text(max_size=80)),
    st.builds("/invite create {}".format, st.lists(_WORDS, max_size=8).map("".join)),
)


@given(_LINES, st.sampled_from(["/", "/homeroom "]))
@example("\ud800", "/")
@example('/join "', "/")
def test_whatever_is_typed_is_a_command_or_a_refusal(line: str, slash: str) -> None:
    for registry in (SMALL, REGISTRY):
        try:
            typed = parse(line, registry, slash)
        except BadCommand:
            continue
        assert not typed.command.hidden
        assert all(typed.command.option(name) for name in typed.values)


_VALUE = st.text(
    st.characters(exclude_characters='"“”„«»', exclude_categories=["Cs", "Cc"]), min_size=1, max_size=50
)


@given(name=_VALUE, story=_VALUE)
def test_a_quoted_value_arrives_as_it_was_typed(name: str, story: str) -> None:
    assert values(f'/paint wall story:"{story}" name:"{name}"') == {"name": name, "story": story}
    assert values(f'/paint wall "{name}"') == {"name": name}
