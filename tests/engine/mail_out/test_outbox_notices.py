"""What people are told of mails that were not taken, and which secret a mail carries: word by word and row by row."""

from dataclasses import replace
from typing import Any

import pytest

from crm_workflows.domain.messages_access import SIGN_IN
from crm_workflows.domain.messages_digest import DIGEST
from crm_workflows.domain.messages_survey import SURVEY
from crm_workflows.domain.records import Assignee, Digest, Request, SignInCode, SurveyInvitation
from crm_workflows.engine.access.codes import code_of
from crm_workflows.engine.decisions.requesting import door_id
from crm_workflows.engine.mail_out.outbox_notices import sentence
from crm_workflows.engine.mail_out.outbox_ports import Ambiguous, MessageRefused, RecipientRefused, ServerTrouble
from crm_workflows.engine.mail_out.outbox_secrets import (
    UNASKED,
    digest_token,
    secret_in,
    secret_of,
    true_message_id,
    was_sent_as,
)
from crm_workflows.testing import MemoryStore
from tests.outbox_world import ADMIN, APPROVER, CASE, KEY, MONDAY, OWNER, REQUEST, World, all_mails, fill, message

OUTCOMES = {
    RecipientRefused(550, "no such user"): (
        "邮件服务器拒收这个地址（550 no such user） / the mail server refuses this address (550 no such user)"
    ),
    MessageRefused(
        554, "554 spam"
    ): "邮件服务器拒收这封邮件（554 spam） / the mail server refuses this mail (554 spam)",
    ServerTrouble(535, "bad / login"): (
        "邮件服务器拒绝登录（535 bad/login），系统会继续重试"
        " / the mail server refuses our login (535 bad/login); we keep trying"
    ),
    ServerTrouble(0, " "): (
        "邮件服务器暂时没有收下邮件（—），系统会继续重试 / the mail server has not taken the mail (—); we keep trying"
    ),
    Ambiguous("timed out"): (
        "邮件交出之后连接中断（timed out），不知对方是否收下；将原样再发，副本完全相同"
        " / the connection was lost after the mail had been handed over (timed out), so whether it arrived is not"
        " known; the same bytes are sent again"
    ),
}


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: type(outcome).__name__)
def test_every_outcome_has_its_sentence_which_the_server_cannot_split(
    outcome: RecipientRefused | MessageRefused | ServerTrouble | Ambiguous,
) -> None:
    assert sentence(outcome) == OUTCOMES[outcome]


@pytest.mark.breaks_invariants("mails in every state, put in by hand")
def test_admins_hear_how_many_mails_wait_whatever_state_they_wait_in() -> None:
    world = World(MemoryStore())
    late: dict[str, Any] = {"next_at": world.clock.after_real(9_000)}
    fill(
        world.store, message(), message("m2", status="uncertain", **late), message("m3", status="sending", **late),
        message("m4", **late), message("m5", status="sent", next_at=None),
    )  # fmt: skip
    world.server.answers = [ServerTrouble(421, "later")] * 9
    world.run_for(5)
    [told] = all_mails(world.store, template="mail_trouble", recipient=ADMIN)
    assert told.context["waiting"] == 4
    assert told.context["case"]["process"] == message().context["case"]["process"]
    assert told.message_id.endswith(f"@{message().message_id.rpartition('@')[2]}")
    assert told.message_id.count(">") == 1


def test_the_secret_of_a_digest_goes_to_its_person_only() -> None:
    store = MemoryStore()
    digest = Digest("DG-1", "li@yongchang.example", "2026-03-02", MONDAY, [], nonce="n")
    with store.write() as tx:
        tx.insert(digest)
    mail = replace(message(), template=DIGEST, case="DG-1", context={"person": digest.person})
    with store.read() as reader:
        made = secret_of(reader, KEY, mail)
        assert made.text == digest_token(KEY, digest) == KEY.token("DG-1", digest.person, 1, "n")
        assert made.is_answerable
        assert true_message_id(reader, KEY, mail) == mail.message_id.replace("*", made.text)
        for other in ({"context": {"person": "x@yongchang.example"}}, {"case": "DG-2"}):
            without = secret_of(reader, KEY, replace(mail, **other))
            assert (without.text, without.is_answerable) == (UNASKED, False)


def test_the_secret_of_a_survey_stays_the_same_wherever_its_mail_is_sent_again() -> None:
    who = {"case": "CB-2026-00001", "customer": "C-A-0001", "tier": "A", "name": "陈", "email": "chen@customer.example"}
    times = {"asked_at": MONDAY, "closes_at": MONDAY}
    asked = SurveyInvitation("SU-1", **who, **times, language="zh", nonce="n", token_hash="h")  # type: ignore[arg-type]
    store = MemoryStore()
    with store.write() as tx:
        tx.insert(asked)
    with store.read() as reader:
        for to in (asked.email, "chen@elsewhere.example"):
            made = secret_of(reader, KEY, replace(message(), template=SURVEY, request="SU-1", recipient=to))
            assert (made.text, made.is_answerable) == (KEY.token("SU-1", asked.email, 1, "n"), True)
        gone = secret_of(reader, KEY, replace(message(), template=SURVEY, request="SU-2"))
        assert (gone.text, gone.is_answerable) == (UNASKED, False)


def test_a_mail_is_known_by_the_secret_of_every_revision_it_may_have_been_sent_for() -> None:
    store = MemoryStore()
    fill(store, message())
    with store.write() as tx:
        tx.update(Request, (REQUEST,), revision=3)

    def is_of(token: str, **columns: Any) -> bool:
        mail = replace(message(), **columns)
        with store.read() as reader:
            return was_sent_as(reader, KEY, mail, mail.message_id.replace("*", token))

    revisions = {n: KEY.token(REQUEST, APPROVER, n, "nonce") for n in range(5)}
    assert [n for n, token in revisions.items() if is_of(token)] == [1, 2, 3]
    assert not is_of(UNASKED)
    assert not is_of(KEY.token(REQUEST, ADMIN, 3, "nonce"))
    told = {"template": "escalation", "recipient": ADMIN}
    assert is_of(UNASKED, **told), "it asks nobody"
    assert not is_of(revisions[3], **told)
    door = Assignee(door_id(CASE), OWNER, CASE, "李明", "requester", "zh", "own", "door", MONDAY, is_active=False)
    with store.write() as tx:
        tx.insert(door)
    assert is_of(
        KEY.token(door.request, OWNER, 1, "own"),
        template="case_opened",
        request=door.request,
        recipient=OWNER,
        context={},
    )
    assert is_of(UNASKED, request=None)
    assert not is_of(revisions[3], request=None)


def test_the_code_of_a_sign_in_is_in_the_mail_and_nowhere_that_servers_log() -> None:
    store = MemoryStore()
    keys = {name: name for name in ("browser_hash", "address_key", "client_key")}
    times = dict.fromkeys(("asked_at", "expires_at", "counts_until"), MONDAY)
    asked = SignInCode("SI-1", APPROVER, **keys, nonce="n", **times)  # type: ignore[arg-type]
    with store.write() as tx:
        tx.insert(asked)
    with store.read() as reader:
        made = secret_of(reader, KEY, replace(message(), template=SIGN_IN, case="SI-1"))
        gone = secret_of(reader, KEY, replace(message(), template=SIGN_IN, case="SI-2"))
    assert (made.text, made.is_answerable, made.code, made.token) == (UNASKED, False, made.token, code_of(KEY, asked))
    assert (gone.text, gone.is_answerable, gone.token) == (UNASKED, False, None)


def test_the_secret_is_read_from_the_bytes_as_they_were_composed() -> None:
    mail = message()
    before, _, after = mail.message_id.partition("*")
    for left_with, secret in (("abc234", "abc234"), (UNASKED, None)):
        assert secret_in(f"{before}{left_with}{after}\r\n".encode(), mail) == secret
        assert secret_in(f"Message-ID: {before}{left_with}{after}\r\n".encode(), mail) == secret
    assert secret_in(b"Message-ID: <another@there.example>\r\n", mail) is None
    assert secret_in(f"{before}abc".encode(), mail) is None, "cut off"
    assert secret_in(f"{after} {before}abc".encode(), mail) is None
    assert secret_in(f"{before}a\u00e9{after}".encode(), mail) == "a\ufffd\ufffd"
