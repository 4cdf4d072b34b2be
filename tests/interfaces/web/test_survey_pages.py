"""The page of a survey: a link shows, only the form answers, the last answer counts and is shown."""

from email import message_from_bytes

import httpx

from crm_workflows.adapters.mail.mail_compose import Composer
from crm_workflows.adapters.mail.templates import Renderer
from crm_workflows.domain.records import Message, SurveyInvitation
from crm_workflows.engine.mail_out.outbox_secrets import secret_of, true_message_id
from crm_workflows.shipped import shipped
from tests.flows.customers import OWNER
from tests.flows.test_survey_of_customers import survey
from tests.interfaces.web.world import World, all_that_happened, answering_form, text_of


def invited(world: World) -> tuple[str, str]:
    """The case of a survey, and the path of the link in a mail of it."""
    code = survey(world.office, tier="B")
    (mail,) = world.office.mails("survey", case=code)
    with world.office.engine.store.read() as reader:
        secret = secret_of(reader, world.office.engine.secrets, mail)
        assert secret.text in true_message_id(reader, world.office.engine.secrets, mail)
    return code, f"/s/{secret.token}"


def kept(world: World) -> tuple[int | None, str, int]:
    with world.office.engine.store.read() as reader:
        (row,) = reader.find(SurveyInvitation)
    return row.answer, row.comment, row.answers


def sent(browser: httpx.Client, link: str, **fields: str) -> httpx.Response:
    return browser.post(link.rsplit("/", 1)[0] if link.count("/") > 2 else link,
                        data=answering_form(browser.get(link).text).fields | fields)  # fmt: skip


def test_a_machine_that_opens_every_link_answers_nothing(world: World) -> None:
    _, link = invited(world)
    browser, before = world.browser(), all_that_happened(world)
    for path in (link, *(f"{link}/{grade}" for grade in range(8))):
        for method in ("GET", "HEAD"):
            assert browser.request(method, path).status_code == 200, path
    assert (kept(world), all_that_happened(world)) == ((None, "", 0), before)


def test_the_grade_of_the_link_is_chosen_sent_by_one_tap_and_can_be_changed(world: World) -> None:
    _, link = invited(world)
    browser = world.browser()
    page = browser.get(f"{link}/4")
    assert answering_form(page.text).fields["answer"] == ["4"]
    assert "无锡云帆泵业有限公司" in text_of(page.text)
    assert 'href="/cases"' not in page.text, "nothing of us is shown to people outside"
    assert sent(browser, f"{link}/4", comment="交货准时").status_code == 303
    assert kept(world) == (4, "交货准时", 1)
    shown = browser.get(link)
    assert "您的答复已记录 4 · 满意 交货准时" in text_of(shown.text)
    assert sent(browser, f"{link}/5", comment="").status_code == 303
    assert kept(world) == (5, "", 2)
    assert "Very satisfied" in text_of(browser.get(f"{link}?lang=en").text)


def test_without_a_grade_from_another_form_or_after_the_end_nothing_is_kept(world: World) -> None:
    code, link = invited(world)
    browser = world.browser()
    form = answering_form(browser.get(link).text).fields
    assert "answer" not in form
    assert browser.post(link, data=form).status_code == 422
    assert browser.post(link, data=form | {"answer": "9"}).status_code == 422
    assert browser.post(link, data={"answer": "5"}).status_code == 400
    assert browser.post(link, data=form | {"answer": "5", "form_key": "x"}).status_code == 403
    assert browser.get("/s/" + "a" * 32).status_code == 404
    assert browser.get("/s/%00").status_code == 404
    with world.office.engine.store.read() as reader:
        (row,) = reader.find(SurveyInvitation, case=code)
    world.office.clock.move_to(row.closes_at)
    assert browser.post(link, data=form | {"answer": "5"}).status_code == 410
    assert "调查已结束" in text_of(browser.get(link).text)
    assert kept(world) == (None, "", 0)


def test_the_mail_has_a_link_for_each_grade_or_names_the_account_manager(world: World) -> None:
    code, link = invited(world)
    (mail,) = world.office.mails("survey", case=code)
    assert isinstance(mail, Message)
    renderer = Renderer(shipped("templates") / "emails", "http://127.0.0.1:8000", lambda _: "Asia/Shanghai")
    token = link.removeprefix("/s/")
    linked = renderer.render(mail, token=token, links=True)
    for grade in range(1, 6):
        assert f"http://127.0.0.1:8000{link}/{grade}\n" in linked.text
        assert f'href="http://127.0.0.1:8000{link}/{grade}"' in linked.html
    composer = Composer("crm@example.com", "reply.example.com")
    content = composer.compose(mail, linked, [], secret=token, is_answerable=True, at=mail.queued_at, to=mail.recipient)
    head = message_from_bytes(content)
    assert head["Reply-To"] == OWNER, "what somebody writes is read by their account manager"
    assert head["X-CRM-Request"] is None, "nothing waits for an answer"
    plain = renderer.render(mail, token=token, links=False)
    assert token not in plain.text + plain.html
    assert "请直接告诉您的客户经理：林小雨（lin.xiaoyu@yongchang.example）" in plain.text
