"""How often codes are mailed, and that whoever asks for them in somebody's name keeps that person out of nothing."""

from datetime import timedelta
from hashlib import sha256

import pytest

from crm_workflows.domain.errors import TooOften
from crm_workflows.domain.records import Message, SignInCode
from crm_workflows.engine.access import codes
from crm_workflows.engine.access.passes import Lasting
from crm_workflows.engine.context import Engine
from crm_workflows.testing import MemoryStore
from tests.interfaces.web.signing_in import STRANGER, WANG, ZHAO, ask, code, type_in
from tests.interfaces.web.world import World
from tests.office import Office

LIU = "liu.yang@yongchang.example"
ZHAO_TOO = "zhaolei.caigou@yongchang.example"
(_, FROM_HERE), (_, OF_ADDRESS), (_, FROM_CLIENT) = codes.MOST
((_, IF_KNOWN),) = codes.MOST_KNOWN
HOME, CAFE = "192.0.2.7", "198.51.100.7"


@pytest.fixture
def engine() -> Engine:
    return Office(MemoryStore()).engine


def flood(engine: Engine, address: str) -> None:
    """From as many networks as it takes, until no stranger gets a code for the address."""
    for n in range(OF_ADDRESS):
        try:
            codes.ask(engine, address, f"10.0.{n}.1")
        except TooOften:
            return
    with pytest.raises(TooOften):
        codes.ask(engine, address, "10.0.99.1")


def row_of(engine: Engine, browser: str) -> SignInCode:
    """What is kept of the code for which this browser asked."""
    with engine.store.read() as reader:
        (row,) = reader.find(SignInCode, browser_hash=sha256(browser.encode()).hexdigest())
    return row


def signed_in(engine: Engine, address: str, client: str) -> str:
    """What the browser keeps in which that person has signed in."""
    browser = codes.ask(engine, address, client)
    codes.take(engine, browser, codes.code_of(engine.secrets, row_of(engine, browser)), "test", Lasting(8, 72))
    return browser


@pytest.mark.parametrize("address", [WANG, STRANGER])
def test_an_address_is_mailed_so_often_and_no_more(engine: Engine, address: str) -> None:
    office_clock = engine.clock
    for n in range(OF_ADDRESS):
        codes.ask(engine, address.upper() if n % 2 else address, f"10.0.0.{n}")
    with pytest.raises(TooOften):
        codes.ask(engine, address, CAFE)
    codes.ask(engine, LIU, CAFE)
    office_clock.move_to(office_clock.now() + timedelta(minutes=15))  # type: ignore[attr-defined]
    codes.ask(engine, address, CAFE)


def test_other_addresses_of_a_person_count_with_the_first(engine: Engine) -> None:
    for n in range(OF_ADDRESS):
        codes.ask(engine, ZHAO if n % 2 else ZHAO_TOO, f"10.0.0.{n}")
    with pytest.raises(TooOften):
        codes.ask(engine, ZHAO, CAFE)


def test_a_client_asks_so_often_and_no_more(engine: Engine) -> None:
    for n in range(FROM_CLIENT):
        codes.ask(engine, f"nobody{n}@elsewhere.example", "10.0.0.1")
    with pytest.raises(TooOften):
        codes.ask(engine, WANG, "10.0.0.1")
    codes.ask(engine, WANG, "10.0.0.2")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:0:7::{n:x}", "2001:db8:0:8::1"),
        ("2001:db8:0:7:{n:x}::1", "2001:db8:1:7::1"),
        ("fe80::{n:x}%eth0", CAFE),
    ],
)
def test_all_addresses_of_one_ipv6_network_are_one_client(engine: Engine, one: str, other: str) -> None:
    """A host gets a /64 at least and takes any address of it."""
    for n in range(1, FROM_CLIENT + 1):
        codes.ask(engine, f"nobody{n}@elsewhere.example", one.format(n=n))
    with pytest.raises(TooOften):
        codes.ask(engine, WANG, one.format(n=FROM_CLIENT + 1))
    codes.ask(engine, WANG, other)


def test_an_ipv4_address_written_as_an_ipv6_one_is_the_same_client_and_no_other(engine: Engine) -> None:
    for n in range(FROM_CLIENT):
        codes.ask(engine, f"nobody{n}@elsewhere.example", CAFE if n % 2 else f"::ffff:{CAFE}")
    for client in (CAFE, f"::ffff:{CAFE}"):
        with pytest.raises(TooOften):
            codes.ask(engine, WANG, client)
    codes.ask(engine, WANG, f"::ffff:{HOME}")


@pytest.mark.parametrize("address", [WANG, STRANGER])
def test_whoever_asks_from_one_network_keeps_nobody_elsewhere_out(engine: Engine, address: str) -> None:
    for _ in range(FROM_HERE):
        codes.ask(engine, address, CAFE)
    with pytest.raises(TooOften):
        codes.ask(engine, address, CAFE)
    codes.ask(engine, LIU, CAFE)
    codes.ask(engine, address, HOME)


def test_a_browser_that_signed_somebody_in_mails_codes_whatever_strangers_ask_for(engine: Engine) -> None:
    known = signed_in(engine, WANG, HOME)
    flood(engine, WANG)
    with pytest.raises(TooOften):
        codes.ask(engine, WANG, HOME)
    for n in range(FROM_CLIENT):
        codes.ask(engine, f"nobody{n}@elsewhere.example", CAFE)
    for _ in range(IF_KNOWN):
        assert codes.ask(engine, WANG, CAFE, known)
    with pytest.raises(TooOften):
        codes.ask(engine, WANG, CAFE, known)


def test_only_a_code_that_was_taken_makes_a_browser_known_and_to_its_own_person_alone(engine: Engine) -> None:
    asked, others = codes.ask(engine, WANG, CAFE), signed_in(engine, LIU, CAFE)
    flood(engine, WANG)
    for known in (asked, others, "", "made up"):
        with pytest.raises(TooOften):
            codes.ask(engine, WANG, HOME, known)
    strangers = [codes.ask(engine, STRANGER, f"10.1.{n}.1") for n in range(OF_ADDRESS)]
    with pytest.raises(TooOften):
        codes.ask(engine, STRANGER, HOME, strangers[0])


def test_a_colleague_whose_name_is_misused_signs_in_again_where_they_did_before(signing_in: World) -> None:
    browser, engine = signing_in.browser(), signing_in.office.engine
    ask(signing_in, browser)
    kept = type_in(browser, code(signing_in)).headers.get_list("set-cookie")
    assert any("crmw_known=" in line and "HttpOnly" in line and "Max-Age=15552000" in line for line in kept)
    browser.cookies.delete("crmw_session")
    flood(engine, WANG)
    assert ask(signing_in, signing_in.browser()).status_code == 429
    assert ask(signing_in, browser).status_code == 303
    newest = row_of(engine, browser.cookies["crmw_signing_in"].partition(".")[0])
    with engine.store.read() as reader:
        assert reader.find(Message, case=newest.id)[0].recipient == WANG
    assert type_in(browser, codes.code_of(engine.secrets, newest)).status_code == 303
    assert browser.get("/me").status_code == 200
