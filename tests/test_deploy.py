"""All settings, commands and files that the operators' guide names exist, such as the systemd service."""

import re
import shutil
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from bot.console import arguments
from bot.settings import Settings, places
from bot.settings.problems import PREFIX, variable_of

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "docs" / "deploy"
SERVICE = DEPLOY / "homeroom.service"
TOLD = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", *sorted(DEPLOY.iterdir())]
# Examples of mistakes.
_WRONG = {"HOMEROOM_DISCORD_TOKEN"}


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.name)
def test_settings_that_are_named_exist(path: Path) -> None:
    known = {f"{PREFIX}CONFIG", *(variable_of(place) for place in places(Settings))}
    told = set(re.findall(r"\bHOMEROOM_[A-Z_]+[A-Z]\b", path.read_text()))
    assert told - known - _WRONG - {"HOMEROOM_SOAK", "HOMEROOM_RACES"} == set()


@pytest.mark.parametrize("path", TOLD, ids=lambda path: path.name)
def test_commands_that_are_named_exist(path: Path) -> None:
    parser = arguments.parser()
    names = {name for action in parser._actions for name in (*action.option_strings, *(action.choices or ()))}
    told = re.findall(r"(?:`|^|HOMEROOM_\S+ )homeroom ([a-z-]+)", path.read_text(), re.MULTILINE)
    assert set(told) <= names


def test_the_service_is_one_that_systemd_takes(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    text = SERVICE.read_text().replace("/opt/homeroom/.venv/bin/python", "/bin/sh")
    text = re.sub(r"^(User|Group)=.*", r"\1=root", text, flags=re.MULTILINE)
    unit = tmp_path / "homeroom.service"
    unit.write_text(text.replace("WorkingDirectory=/opt/homeroom", "WorkingDirectory=/"))
    told = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False, timeout=30
    )
    assert (told.returncode, told.stderr, told.stdout) == (0, "", "")


def test_the_service_sees_what_a_killed_process_and_the_metrics_are_known_by() -> None:
    # `ProcSubset=pid` hides boot_id and /proc/stat: no lease is taken over early, process_* is not there.
    assert not re.search(r"^ProcSubset=", SERVICE.read_text(), re.MULTILINE)


def test_the_service_is_tried_for_as_long_as_its_database_is_away() -> None:
    # After a count of tries, systemd would leave it stopped for good.
    assert {"StartLimitIntervalSec=0", "Restart=always"} <= set(SERVICE.read_text().splitlines())


def test_the_guides_way_to_find_a_reference_passes_over_what_is_not_ours() -> None:
    jq = shutil.which("jq")
    if jq is None:
        pytest.skip("jq is not here")
    arguments = re.search(r"journalctl .* \| jq (-R )?'(.*)'", (ROOT / "docs" / "operators.md").read_text())
    assert arguments is not None
    lines = "Started homeroom.service\n\n" + '{"event": "a", "reference": "3f9c1a07"}\n{"event": "b"}\n'
    command = [jq, *(["-R"] if arguments[1] else []), arguments[2]]
    told = subprocess.run(command, input=lines, capture_output=True, text=True, check=False, timeout=30)
    assert (told.returncode, told.stderr) == (0, "")
    assert '"a"' in told.stdout
    assert '"b"' not in told.stdout


def test_an_image_is_made_of_what_is_there_and_of_nothing_else() -> None:
    made = (DEPLOY / "Dockerfile").read_text()
    taken = {
        one for line in re.findall(r"^COPY (?!--from)(.*) \S+$", made, re.MULTILINE) for one in line.split()
    }
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {one.removeprefix("!") for one in ignored if one.startswith("!")} == taken
    assert "*" in ignored  # keys, databases and settings that lie beside them stay here
    assert [one for one in taken if not (ROOT / one).exists()] == []


def test_the_containers_balancer_finds_replicas_that_are_made_anew() -> None:
    # nginx asks for a name once, at its start.
    compose = (DEPLOY / "compose.yaml").read_text()
    asked = set(re.findall(r"server ([\w-]+):8080", (DEPLOY / "nginx.conf").read_text()))
    addresses = dict(
        re.findall(r"^  ([\w-]+):\n    <<: \*homeroom\n.*ipv4_address: ([\d.]+)", compose, re.MULTILINE)
    )
    given = re.search(r"subnet: (\S+), ip_range: ([^\s}]+)", compose)
    assert given is not None
    assert asked == set(addresses) == {"homeroom-1", "homeroom-2"}
    for address in map(ip_address, addresses.values()):
        assert address in ip_network(given[1])
        assert address not in ip_network(given[2])  # or another container may have it


def test_the_containers_can_look_into_their_folder() -> None:
    # The image's folder belongs to Homeroom; a tmpfs in its place would belong to root alone.
    assert re.findall(r"^  tmpfs: (.*)$", (DEPLOY / "compose.yaml").read_text(), re.MULTILINE) == ["[/tmp]"]


def test_the_balancers_settings_are_ones_that_nginx_takes(tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if nginx is None:
        pytest.skip("nginx is not here")
    settings = tmp_path / "nginx.conf"
    # Its containers' names are known among them alone.
    settings.write_text(re.sub(r"homeroom-\d:8080", "127.0.0.1:8080", (DEPLOY / "nginx.conf").read_text()))
    line = [nginx, "-t", "-q", "-c", str(settings), "-g", f"pid {tmp_path}/pid; error_log stderr;"]
    told = subprocess.run(line, capture_output=True, text=True, check=False, timeout=30)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize(("before", "used"), [("", "live"), ("ELSEWHERE=sqlite:////tmp/try.db", "try")])
def test_the_guides_way_to_type_a_command_reaches_another_database(before: str, used: str) -> None:
    shell = shutil.which("bash")
    if shell is None:
        pytest.skip("bash is not here")
    guide = (ROOT / "docs" / "operators.md").read_text()
    arguments = guide[guide.index("homeroom() {") :].partition("\n}\n")[0] + "\n}"
    arguments = arguments.replace("/opt/homeroom/.venv/bin/python -m bot", "printenv")
    # The process gets the service's settings, and nothing of the environment of who starts it.
    stand_in = 'systemd-run() { while [[ $1 == --* ]]; do shift; done; HOMEROOM_DATABASE_URL=live "$@"; }'
    line = f"unset ELSEWHERE\n{stand_in}\n{arguments}\n{before} homeroom HOMEROOM_DATABASE_URL"
    told = subprocess.run([shell, "-euc", line], capture_output=True, text=True, check=True, timeout=30)
    assert used in told.stdout


def test_what_the_service_writes_to_is_made_before_the_first_check() -> None:
    # `homeroom check` is typed before the first start, which is when systemd would make it.
    text = SERVICE.read_text()
    (state,) = re.findall(r"^StateDirectory=(\S+)$", text, re.MULTILINE)
    assert re.search(rf"^# +install -d -o homeroom -g homeroom -m 0700 /var/lib/{state}$", text, re.MULTILINE)
    assert text.index(f"/var/lib/{state}\n") < text.index("systemctl daemon-reload")
