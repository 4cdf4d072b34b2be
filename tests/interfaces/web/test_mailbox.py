"""The mailbox of the local default: every mail readable, answered by a real reply over real SMTP."""

import email
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from functools import partial

import httpx
import pytest

from crm_workflows.adapters.mail.smtp_listener import Envelope, LoopbackMailServer
from crm_workflows.domain.records import CaseRow
from crm_workflows.engine.mail_in import intake
from crm_workflows.interfaces import mailbox
from crm_workflows.interfaces.up.mail_out import new_sender
from crm_workflows.interfaces.web.app import create_app
from crm_workflows.interfaces.web.mailbox_shown import NARROW, TALLEST, WIDE, height_of, with_pictures
from tests.interfaces.web.world import BASE, InProcess, World, answering_form, filled, forms, text_of
from tests.office import UNTIL_GATE, documents


class Post:
    """The world's mails on their way, over the loopback server."""

    def __init__(self, world: World, server: LoopbackMailServer) -> None:
        self.world, self.server = world, server
        app = create_app(
            world.opened, mailbox=mailbox.LocalMailbox(world.opened.store), post=mailbox.poster(server.port)
        )
        self.browser = httpx.Client(transport=InProcess(app), base_url=BASE)

    def send(self) -> None:
        """Send all that is due."""
        sender = new_sender(self.world.opened, BASE, self.server.port)
        try:
            while sender.send_due():
                pass
        finally:
            sender.close()

    def latest(self, to: str) -> str:
        """The id of the latest mail to somebody."""
        return str(self.browser.get("/mailbox.json", params={"to": to}).json()[0]["id"])

    def answer(self, identity: str, text: str, files: list[tuple[str, bytes]] | None = None) -> httpx.Response:
        """Answer on the page, and let intake do its work."""
        form = filled(self.browser.get(f"/mailbox/{identity}").text)
        data = {name: value[0] for name, value in form.items()} | {"text": text}
        answer = self.browser.post(
            f"/mailbox/{identity}", data=data, files=[("files", file) for file in files or [("", b"")]]
        )
        intake.process_new(self.world.office.engine)
        self.world.office.work()
        self.send()
        return answer


@pytest.fixture
def post(world: World) -> Iterator[Post]:
    """Mail that travels."""
    server = LoopbackMailServer("127.0.0.1", 0, partial(mailbox.take, world.opened))
    server.start()
    try:
        yield Post(world, server)
    finally:
        server.stop()


def test_the_mailbox_lists_the_latest_first(world: World, post: Post) -> None:
    world.office.until_gate()
    post.send()
    listed = post.browser.get("/mailbox.json").json()
    assert [set(mail) for mail in listed] == [{"id", "to", "from", "subject", "message_id", "at"}] * len(listed)
    assert [mail["id"] for mail in listed] == sorted((mail["id"] for mail in listed), reverse=True)
    assert {"zheng.xiaodong@yongchang.example", "gu.wanqing@chenglan.example"} <= {mail["to"] for mail in listed}
    assert all(mail["subject"].startswith("[SV-2026-00001]") for mail in listed)
    page = text_of(post.browser.get("/mailbox?lang=zh").text)
    assert "郑晓东 zheng.xiaodong@yongchang.example" in page
    only = post.browser.get("/mailbox?to=li.weimin@yongchang.example").text.partition("</form>")[2]
    assert "li.weimin" in only
    assert "zheng.xiaodong" not in only


def test_a_mail_is_shown_and_handed_out_byte_for_byte(world: World, post: Post) -> None:
    world.office.until_gate()
    post.send()
    identity = post.latest("zheng.xiaodong@yongchang.example")
    raw = post.browser.get(f"/mailbox/{identity}.eml")
    assert raw.headers["content-type"].startswith("message/rfc822")
    mail = email.message_from_bytes(raw.content, policy=default)
    link = re.search(rf"{BASE}/r/[a-z2-7]+", mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert link
    page = post.browser.get(f"/mailbox/{identity}?lang=zh")
    assert link.group() in page.text
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    html = post.browser.get(f"/mailbox/{identity}.html")
    assert "sandbox" in html.headers["content-security-policy"]
    assert 'target="_blank"' in html.text
    assert post.browser.get(link.group()).status_code == 200, "the link of the mail opens its request"


def test_papers_are_answered_with_attachments_and_a_request_with_a_word(world: World, post: Post) -> None:
    code = world.office.start()
    post.send()
    files = [(file.filename, file.content) for file in documents()]
    answered = post.answer(post.latest("gu.wanqing@chenglan.example"), "您好，资料见附件。", files)
    assert answered.status_code == 303
    assert "答复已作为真实邮件发出" in text_of(post.browser.get(answered.headers["location"] + "&lang=zh").text)
    kinds = {d["kind"] for d in world.office.view(code)["documents"] if d["problem"] is None}
    assert len(kinds) == 7
    for task in UNTIL_GATE:
        world.office.submit(code, gate=task)
    post.send()
    post.answer(post.latest("zheng.xiaodong@yongchang.example"), "同意")
    decision = world.office.view(code)["decisions"][-1]
    assert (decision["decision"], decision["channel"], decision["by"]) == (
        "approve", "reply", "zheng.xiaodong@yongchang.example",
    )  # fmt: skip
    receipt = post.latest("zheng.xiaodong@yongchang.example")
    raw = email.message_from_bytes(post.browser.get(f"/mailbox/{receipt}.eml").content, policy=default)
    assert raw["In-Reply-To"], "the answer was answered"


def test_an_empty_answer_is_not_sent(world: World, post: Post) -> None:
    world.office.start()
    post.send()
    answered = post.answer(post.latest("gu.wanqing@chenglan.example"), "  ")
    assert answered.status_code == 422
    assert "请写下答复或附上文件" in text_of(answered.text)
    assert "gu.wanqing@chenglan.example" not in {mail["from"] for mail in post.browser.get("/mailbox.json").json()}


def test_an_answer_the_mail_server_does_not_take_keeps_what_was_typed(world: World, post: Post) -> None:
    world.office.start()
    post.send()
    identity = post.latest("gu.wanqing@chenglan.example")
    page = post.browser.get(f"/mailbox/{identity}")
    post.server.stop()
    form = {n: v[0] for n, v in filled(page.text, text=["明天发送"]).items()}
    answered = post.browser.post(f"/mailbox/{identity}", data=form)
    assert answered.status_code == 502
    assert answering_form(answered.text).fields["text"] == ["明天发送"]


def test_answering_needs_the_form_of_that_mail(world: World, post: Post) -> None:
    world.office.until_gate()
    post.send()
    first, second = (mail["id"] for mail in post.browser.get("/mailbox.json").json()[:2])
    form = {n: v[0] for n, v in filled(post.browser.get(f"/mailbox/{first}").text, text=["同意"]).items()}
    assert post.browser.post(f"/mailbox/{second}", data=form).status_code == 403
    assert post.browser.post(f"/mailbox/{first}", data={"text": "同意"}).status_code == 400


def test_without_the_local_default_there_is_no_mailbox(world: World) -> None:
    browser = httpx.Client(transport=InProcess(create_app(world.opened)), base_url=BASE)
    for path in ("/mailbox", "/mailbox.json", "/mailbox/1", "/mailbox/1.eml", "/mailbox/1.html"):
        assert browser.get(path).status_code == 404
    assert "/mailbox" not in browser.get("/").text


def test_attached_files_are_opened_from_the_page_and_no_others(world: World, post: Post) -> None:
    world.office.until_gate()
    post.send()
    identity = post.latest("zheng.xiaodong@yongchang.example")
    page = post.browser.get(f"/mailbox/{identity}").text
    assert f'href="/mailbox/{identity}/files/1"' in page
    file = post.browser.get(f"/mailbox/{identity}/files/1")
    assert file.status_code == 200
    assert "供应商认定申请报告" in file.text
    assert "sandbox" in file.headers["content-security-policy"]
    for place in ("0", "2", "-1", "x", "9" * 40):
        assert post.browser.get(f"/mailbox/{identity}/files/{place}").status_code == 404


def test_a_mail_is_dated_as_people_write_dates(world: World, post: Post) -> None:
    world.office.until_gate()
    post.send()
    identity = post.latest("zheng.xiaodong@yongchang.example")
    text = text_of(post.browser.get(f"/mailbox/{identity}?lang=zh").text)
    assert "日期 2026年3月2日 周一 09:00" in text
    assert "+0000" not in text.partition("纯文本部分")[0]


def test_a_complaint_to_its_own_address_is_taken_in_also_as_a_blind_copy(world: World) -> None:
    for n, to in enumerate(("complaints@yongchang.example", "somebody@else.example")):
        raw = f"From: c{n}@x.example\r\nTo: {to}\r\nMessage-ID: <{n}@x>\r\n\r\nleaking\r\n".encode()
        envelope = Envelope(f"c{n}@x.example", ("Complaints@Yongchang.example",), raw)
        assert mailbox.take(world.opened, envelope) is None
    assert intake.process_new(world.opened.engine) == 2
    with world.opened.store.read() as reader:
        found = reader.find(CaseRow, process="complaint-resolution", order="code")
    assert sorted(row.subject["contact"]["email"] for row in found) == ["c0@x.example", "c1@x.example"]


def test_a_complaint_is_written_in_the_mailbox_and_taken_in_as_a_real_mail(world: World, post: Post) -> None:
    page = post.browser.get("/mailbox/new").text
    form = {name: value[0] for name, value in filled(page).items()}
    written = form | {"from": "王敏 <wang.min@kehu.example>", "subject": "漏油", "text": "水泵 PO-1 漏油"}
    assert "complaints@yongchang.example" in page
    for wrong in ({"from": "王敏"}, {"from": "a@王敏.example"}, {"text": ""}, {"to": "somebody@else.example"}):
        assert post.browser.post("/mailbox/new", data=written | wrong).status_code == 422
    sent = post.browser.post("/mailbox/new", data=written, files=[("files", ("a.jpg", b"leak", "image/jpeg"))])
    assert sent.headers["location"] == "/mailbox?written=1"
    assert "已送达" in text_of(post.browser.get("/mailbox?written=1&lang=zh").text)
    assert intake.process_new(world.opened.engine) == 1
    with world.opened.store.read() as reader:
        (row,) = reader.find(CaseRow, process="complaint-resolution")
    assert row.subject["contact"]["name"] == "王敏"
    assert "PO-1" in row.subject["what"]


def test_a_mail_without_a_date_that_can_be_read_is_shown_all_the_same(world: World, post: Post) -> None:
    raw = b"From: a@b.example\r\nTo: approvals@yongchang.example\r\nSubject: x\r\nDate: yesterday\r\n\r\nhello\r\n"
    assert mailbox.take(world.opened, Envelope("a@b.example", ("approvals@yongchang.example",), raw)) is None
    identity = post.browser.get("/mailbox.json").json()[0]["id"]
    assert "yesterday" in text_of(post.browser.get(f"/mailbox/{identity}").text)


def test_the_list_tells_what_each_mail_is_and_about_what(world: World, post: Post) -> None:
    world.office.until_gate()
    post.send()
    post.answer(post.latest("zheng.xiaodong@yongchang.example"), "同意")
    page = post.browser.get("/mailbox?lang=zh").text
    rows = [text_of(row) for row in re.findall(r'<a class="card item".*?</a>', page, re.DOTALL)]
    assert any(row.startswith("审批请求 · 供应商认定审批 [SV-2026-00001]") for row in rows), rows
    assert any(row.startswith("资料请求 · ") for row in rows)
    assert any(row.startswith("答复回执 · 供应商认定审批 ") for row in rows)
    assert any(row.startswith("答复 Re: [SV-2026-00001]") for row in rows), "an answer to us is called one"
    assert not [row for row in rows if row.startswith("[")], "nothing is named by its subject alone"


def test_one_recipient_is_chosen_on_the_page(world: World, post: Post) -> None:
    world.office.until_gate()
    post.send()
    post.answer(post.latest("zheng.xiaodong@yongchang.example"), "同意")
    page = post.browser.get("/mailbox?to=Zheng.Xiaodong@yongchang.example").text
    choice = next(form for form in forms(page) if form.method == "get")
    assert choice.action == "/mailbox"
    assert choice.fields["to"] == ["zheng.xiaodong@yongchang.example"]
    assert {"", "gu.wanqing@chenglan.example", "li.weimin@yongchang.example"} <= set(choice.offered["to"])
    assert not [address for address in choice.offered["to"] if address.startswith("approvals")]


def test_the_hint_of_the_answer_fits_what_is_asked(world: World, post: Post) -> None:
    world.office.until_gate()
    post.send()

    def hint(to: str) -> str:
        page = post.browser.get(f"/mailbox/{post.latest(to)}?lang=zh").text
        field = re.search(r'<textarea id="f-text"[^>]*>', page)
        assert field
        found = re.search(r'placeholder="([^"]*)"', field.group())
        return found.group(1) if found else ""

    assert hint("zheng.xiaodong@yongchang.example") == "第一行写邮件中所列的一句，例如：同意"
    assert hint("gu.wanqing@chenglan.example") == "附上文件即可，不需要写答复用语"
    post.answer(post.latest("zheng.xiaodong@yongchang.example"), "同意")
    assert hint("zheng.xiaodong@yongchang.example") == "", "a receipt wants no answer"


def test_the_frame_of_a_mail_grows_with_it(world: World, post: Post) -> None:
    world.office.until_gate()
    post.send()

    def height(to: str) -> int:
        page = post.browser.get(f"/mailbox/{post.latest(to)}").text
        found = re.search(r'class="wide-only" width="1" height="(\d+)"', page)
        assert found
        return int(found.group(1))

    asked = height("zheng.xiaodong@yongchang.example")
    assert asked > 1400, "a request with its facts and answering words fills more than a screen"
    post.answer(post.latest("zheng.xiaodong@yongchang.example"), "同意")
    assert height("zheng.xiaodong@yongchang.example") < asked


def test_a_picture_that_came_with_a_mail_is_shown_in_it() -> None:
    mail = EmailMessage()
    mail.set_content('<img src="cid:figures.png"><img src="cid:other">', subtype="html")
    mail.add_related(b"png", maintype="image", subtype="png", cid="<figures.png>")
    shown = with_pictures('<img src="cid:figures.png"><img src="cid:other">', mail)
    assert shown == '<img src="data:image/png;base64,cG5n"><img src="cid:other">'


def test_the_frame_of_a_mail_without_end_has_one() -> None:
    assert height_of("一行\n" * 100_000, WIDE) == TALLEST
    assert height_of("", WIDE) > 0


def test_the_frame_of_a_mail_is_higher_on_a_phone() -> None:
    line = "请您在本周五之前答复；如不答复，案件将转给您的上级处理，届时会另行通知您和申请人。"
    assert height_of(line, NARROW) == 64 + 3 * 23 + 14
    assert height_of(line, WIDE) == 144 + 2 * 22 + 15
