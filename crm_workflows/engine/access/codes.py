"""Signing in by a code that is mailed: asked for in a browser, taken once, in that browser only, within ten minutes.

Whoever asks learns nothing of who works here: an address of nobody is answered, limited and refused like any other. How
often strangers have asked keeps nobody out of a browser that has signed them in before. The code is derived from the
server key when its mail is made and stands in no table. It must not know pages or cookies.
"""

import hmac
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from crm_workflows.domain.errors import InvalidInput, TooOften
from crm_workflows.domain.messages import CasePart
from crm_workflows.domain.messages import SignIn as SignInMail
from crm_workflows.domain.people import Person
from crm_workflows.domain.records import Message, SignInCode
from crm_workflows.domain.secret_hash import hash_of_secret
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.access.passes import Lasting, open_session
from crm_workflows.engine.context import Engine
from crm_workflows.engine.mail_out import mails
from crm_workflows.engine.ports import Reader, Secrets, Transaction

DIGITS: Final = 8
SECONDS: Final = 600.0
"""Real seconds for which a code can be taken."""
TRIES: Final = 5
"""Wrong codes a browser may type before it has to ask anew."""
WINDOW_SECONDS: Final = 900.0
Most = tuple[tuple[str, ...], int]
MOST: Final[tuple[Most, ...]] = ((("address_key", "client_key"), 5), (("address_key",), 15), (("client_key",), 60))
"""Codes in a window: for one address from one client, for one address, and from one client, as an office may have one
network address for all."""
MOST_KNOWN: Final[tuple[Most, ...]] = ((("address_key",), 10),)
"""Codes in a window for the person whom the browser has signed in before: counted apart, whatever others ask for."""
LONGEST_ADDRESS: Final = 320
PROCESS: Final = "登录 / Signing in"
TOO_OFTEN: Final = bilingual(
    "索取登录码过于频繁，请 15 分钟后再试", "too many codes were asked for; please try again in 15 minutes"
)
WRONG: Final = bilingual(
    "登录码不正确、已用过或已过期，或不是在这个浏览器中索取的；请核对最新一封邮件，或重新索取",
    "this code is wrong, used or over, or was not asked for in this browser; look at the latest mail, or ask anew",
)


def ask(engine: Engine, address: str, client: str, known: str = "") -> str:
    """Mail a code to the colleague behind the address, if there is one; returns the secret for the browser that asked.

    `client` is the network address, `known` the secret of the code that this browser took last. Raises TooOften, for
    strangers and colleagues alike.
    """
    typed, now = address.strip().lower()[:LONGEST_ADDRESS], engine.clock.now()
    found = engine.staff.directory().person(typed)
    person = found if found is not None and found.active else None
    with engine.store.read() as reader:
        before = _taken(reader, known, person)
    browser, named = engine.secrets.nonce(), person.email if person else typed
    row = SignInCode(
        id=f"SI-{engine.secrets.nonce()[:20]}", person=person.email if person else "",
        browser_hash=hash_of_secret(browser),
        address_key=engine.secrets.sign("sign-in address", f"{named} {before.id}" if before else named),
        client_key=engine.secrets.sign("sign-in client", _network(client)), nonce=engine.secrets.nonce(), asked_at=now,
        expires_at=engine.clock.after_real(SECONDS), counts_until=engine.clock.after_real(WINDOW_SECONDS),
    )  # fmt: skip
    with engine.store.write() as tx:
        _within_limits(tx, row, MOST_KNOWN if before else MOST)
        tx.insert(row)
        if person is not None:
            tx.insert(_mail(engine, row, person))
    engine.store.wake()
    return browser


def take(engine: Engine, browser: str, typed: str, label: str, lasting: Lasting) -> str:
    """Open a session for the code that this browser asked for; returns the session's secret. Raises InvalidInput.

    `label` says of the session which browser it is.
    """
    code = "".join(c for c in typed if c.isdigit())
    opened = None
    with engine.store.write() as tx:
        row = next(iter(tx.find(SignInCode, browser_hash=hash_of_secret(browser))), None)
        # Counted before it is judged, and only by whoever has seen the latest count: guessing at once gains nothing.
        is_judged = row is not None and _can_be_taken(engine, row) and _counted(tx, row)
        if row is not None and is_judged and _is_right(engine.secrets, row, code):
            tx.update(SignInCode, (row.id,), used_at=engine.clock.now())
            opened = open_session(engine, tx, row.person, label, lasting)
    if opened is None:
        raise InvalidInput(WRONG)
    return opened


def code_of(secrets: Secrets, row: SignInCode) -> str:
    """Eight digits, from the server key."""
    token = secrets.token(row.id, row.person, 1, row.nonce)
    return f"{int(hash_of_secret(token), 16) % 10**DIGITS:0{DIGITS}}"


def _can_be_taken(engine: Engine, row: SignInCode) -> bool:
    person = engine.staff.directory().person(row.person)
    is_over = row.tries >= TRIES or engine.clock.now() >= row.expires_at
    return person is not None and person.active and not is_over


def _is_right(secrets: Secrets, row: SignInCode, code: str) -> bool:
    return hmac.compare_digest(code.encode(), code_of(secrets, row).encode())


def _counted(tx: Transaction, row: SignInCode) -> bool:
    """Whether the try counts: of a code that was used none does."""
    return tx.update(SignInCode, (row.id,), {"tries": row.tries, "used_at": None}, tries=row.tries + 1)


def _network(client: str) -> str:
    """What counts as one client: an IPv4 address, however written, or the /64 of an IPv6 one, whose host picks the rest
    at will (RFC 4291, 2.5.1; RFC 8981)."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))


def _taken(reader: Reader, known: str, person: Person | None) -> SignInCode | None:
    """The code that signed this person in in this browser; None where there was none, or it was somebody else's."""
    if not known or person is None:
        return None
    row = next(iter(reader.find(SignInCode, browser_hash=hash_of_secret(known), person=person.email)), None)
    return row if row is not None and row.used_at is not None else None


def _within_limits(tx: Transaction, row: SignInCode, limits: tuple[tuple[tuple[str, ...], int], ...]) -> None:
    for columns, most in limits:
        key = {column: getattr(row, column) for column in columns}
        latest = tx.find(SignInCode, order="asked_at", descending=True, limit=most, **key)
        if len(latest) == most and latest[-1].counts_until > row.asked_at:
            raise TooOften(TOO_OFTEN)


def _mail(engine: Engine, row: SignInCode, person: Person) -> Message:
    context = SignInMail(
        case=CasePart(case="", title=person.shown_name(person.language), process=PROCESS),
        to_name=person.shown_name(person.language), valid_until=row.expires_at,
    )  # fmt: skip
    return mails.mail_of(
        row.id, person.email, person.language, context, row.asked_at, mail_domain=engine.mail_domain, key=""
    )
