"""The image and the compose file: what was found when they were really built and run, kept from coming back."""

import re
import tomllib
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
import yaml

from tests.deploy.test_deploy import DEPLOY, ROOT

CONTAINERFILE = (DEPLOY / "container" / "Containerfile").read_text("utf-8")
COPIED = {path for line in re.findall(r"^COPY (?!--)(.*) \S+$", CONTAINERFILE, re.MULTILINE) for path in line.split()}
HOME = "/srv/crm/home"


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text("utf-8"))


def test_the_image_is_given_all_that_the_package_is_made_of_and_only_what_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {"pyproject.toml", *project["project"]["license-files"], *wheel["packages"]}
    needed |= {path if path.startswith("config/") else path.split("/")[0] for path in wheel["force-include"]}
    assert needed <= COPIED
    assert "config" not in COPIED, "settings.env lies there, with passwords"
    assert [path for path in COPIED if not (ROOT / path).exists()] == []


def test_versions_of_the_image_are_those_of_the_tests() -> None:
    (wanted,) = re.findall(r"grep -o '(.*?)' /src/requirements\.lock", CONTAINERFILE)
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    taken = re.findall(wanted, lock, re.MULTILINE)
    assert len(taken) == len(re.findall(r"--hash=\S+\n    #", lock)), "each, whatever stands behind it"
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", one) for one in taken)
    assert len({one.split("==")[0] for one in taken}) == len(taken), "one version of each, on whichever Python"


def test_the_home_is_there_before_it_becomes_a_volume() -> None:
    """Docker gives a volume on a folder that the image has not to root, and the product could not write there."""
    made = CONTAINERFILE.index(f"install -d -o crm -g crm -m 0700 {HOME}")
    assert made < CONTAINERFILE.index("USER 10001") < CONTAINERFILE.index(f"VOLUME {HOME}")


def test_no_service_shares_the_network_of_another(compose: Any) -> None:
    """It would be cut off when that one dies, and Docker does not start it again after a restart of the machine."""
    assert [name for name, service in compose["services"].items() if "network_mode" in service] == []
    proxy = compose["services"]["proxy"]
    (network,) = compose["networks"]["default"]["ipam"]["config"]
    address = ip_address(proxy["networks"]["default"]["ipv4_address"])
    assert address in ip_network(network["subnet"])
    up = compose["services"]["up"]["environment"]
    assert up["CRMW_PROXIES"] == str(address), "the proxy alone is believed"
    assert (up["CRMW_SIGN_IN"], up["CRMW_BIND"]) == ("on", "0.0.0.0")
    assert proxy["environment"]["PAGES"] == f"up:{compose['services']['up']['command'][2]}"
    assert "{$PAGES:127.0.0.1:8000}" in (DEPLOY / "proxy" / "Caddyfile-signed-in").read_text("utf-8")


def test_every_process_works_with_the_people_of_the_company_and_in_a_home_of_its_own(compose: Any) -> None:
    """Else it is the company of our examples that the pages show, and the data is gone with the container."""
    (settings,) = re.findall(r"^CRMW_CONFIG=(.*)$", (DEPLOY / "systemd" / "crm.env").read_text("utf-8"), re.MULTILINE)
    for name in ("up", "worker"):
        service = compose["services"][name]
        assert service["environment"]["CRMW_HOME"] == HOME
        assert "CRMW_CONFIG" not in service["environment"]
        assert f"../../../config:{settings}:ro" in service["volumes"]
    assert f"home:{HOME}" in compose["services"]["up"]["volumes"]


def test_every_command_of_compose_finds_the_password_and_the_address_can_hold_it() -> None:
    """Given to one command alone the next one stops for want of it; `@` or `/` in it would end the address."""
    text = (DEPLOY / "README.md").read_text("utf-8")
    assert 'POSTGRES_PASSWORD=$(openssl rand -hex 16)" > docs/deploy/container/.env' in text
    assert re.findall(r"^.*POSTGRES_PASSWORD.*docker compose", text, re.MULTILINE) == []
