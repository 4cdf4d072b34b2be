"""Uploading papers: kinds by place or by name, limits, and what is said about each file."""

import asyncio
from typing import Any

import pytest

from crm_workflows.domain.papers import MOST_BYTES
from crm_workflows.domain.records import InboundMail
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.files import File
from tests.interfaces.web.world import World, all_that_happened, filled, text_of
from tests.office import application, documents

PDF = b"%PDF-1.4 "


def upload(world: World, link: str, files: list[tuple[str, tuple[str, bytes]]], **options: Any) -> Any:
    browser = world.browser(**options)
    form = filled(browser.get(link).text)
    return browser.post(link, data={name: value[0] for name, value in form.items()}, files=files)


def test_papers_chosen_by_place_and_by_name_complete_the_collection_in_one_go(world: World) -> None:
    code = world.office.start()
    link = world.link(code)
    by_name = [("files", (f.filename, f.content)) for f in documents() if "产品" not in f.filename]
    by_place = [
        ("file.product_guide", ("扫描件 1.pdf", PDF + b"guide")),
        ("file.product_catalogue", ("扫描件 2.pdf", PDF + b"catalogue")),
    ]
    page = upload(world, link, by_name + by_place, follow_redirects=True)
    assert page.status_code == 200
    assert "资料已收齐，谢谢！" in text_of(page.text)
    taken = {d["filename"]: d["kind"] for d in world.office.view(code)["documents"] if d["problem"] is None}
    assert taken["扫描件 1.pdf"] == "product_guide"
    assert taken["扫描件 2.pdf"] == "product_catalogue"
    assert len(taken) == 7
    assert {d["by"] for d in world.office.view(code)["documents"]} == {"gu.wanqing@chenglan.example"}
    assert world.office.waiting(code)["gate"] == "papers_check"


def test_the_page_says_what_is_here_what_is_missing_and_what_was_wrong(world: World) -> None:
    code = world.office.start()
    link = world.link(code)
    files = [
        ("files", ("企业沿革.docx", documents()[0].content)),
        ("files", ("企业概况.pdf", b"")),
        ("files", ("scan0001.pdf", PDF + b"what is it")),
        ("file.business_licence", ("执照.exe", b"MZ")),
        ("file.product_guide", ("..\\..\\etc\\产品指南.pdf", PDF + b"guide")),
    ]
    page = upload(world, link, files, follow_redirects=True)
    text = text_of(page.text)
    assert "产品指南 已收到 产品指南.pdf" in text
    assert "企业概况 缺" in text
    assert "资质证书 如有" in text
    for problem in (
        "企业概况.pdf ：文件是空的", "scan0001.pdf ：无法从文件名判断是所需的哪种资料", "执照.exe ：不接受“.exe”文件",
    ):  # fmt: skip
        assert problem in text
    assert world.office.waiting(code)["kind"] == "documents"
    again = upload(world, link, [("files", ("企业概况.pdf", PDF + b"profile"))], follow_redirects=True)
    assert "企业概况.pdf ：文件是空的" not in text_of(again.text), "mended problems are not shown for ever"


def test_an_outside_contact_sees_their_language_and_nothing_of_the_inside(world: World) -> None:
    code = world.office.start(application("over-limit"))
    page = world.browser(headers={"accept-language": "zh-CN"}).get(world.link(code))
    assert '<html lang="en">' in page.text
    assert "Please upload the papers below" in text_of(page.text)
    assert "Yongchang Precision Manufacturing" in text_of(page.text), "they read whose page it is"
    assert "客户关系流程" in text_of(world.browser().get("/inbox").text), "colleagues know where they work"
    for inner in ("/cases", "/inbox", "/admin", "/suppliers", "why_you"):
        assert f'href="{inner}' not in page.text
    done = upload(
        world, world.link(code), [("files", (f.filename, f.content)) for f in documents("over-limit")],
        follow_redirects=True,
    )  # fmt: skip
    assert "All papers are here, thank you!" in text_of(done.text)
    assert "@yongchang" not in done.text.replace("wang.fang@yongchang.example", ""), "nobody inside is named afterwards"


def test_nothing_chosen_is_told(world: World) -> None:
    code = world.office.start()
    before = all_that_happened(world)
    page = upload(world, world.link(code), [("files", ("", b""))])
    assert page.status_code == 422
    assert "请选择要上传的文件" in text_of(page.text)
    assert all_that_happened(world) == before


def test_the_owner_uploads_what_came_another_way(world: World) -> None:
    code = world.office.start()
    request = world.office.waiting(code)["id"]
    case_page = world.browser().get(f"/cases/{code}").text
    address = f"/inbox/{request}?as=wang.fang%40yongchang.example"
    assert address in case_page
    assert "代 顾晚晴 上传" in text_of(world.browser().get(address).text)
    upload(world, address, [("files", ("企业概况.pdf", PDF))])
    (document,) = world.office.view(code)["documents"]
    assert (document["by"], document["kind"]) == ("wang.fang@yongchang.example", "company_profile")
    stranger = f"/inbox/{request}?as=he.jing@yongchang.example"
    assert world.browser().get(stranger).status_code == 403


def test_a_file_over_25_mb_is_refused_and_nothing_is_taken(world: World) -> None:
    code = world.office.start()
    before = all_that_happened(world)
    large = PDF + b"x" * MOST_BYTES
    page = upload(world, world.link(code), [("files", ("企业概况.pdf", PDF)), ("files", ("产品目录.pdf", large))])
    assert page.status_code == 413
    assert "超过 25 MB" in text_of(page.text)
    assert all_that_happened(world) == before


def test_a_file_of_25_mb_is_taken(world: World) -> None:
    code = world.office.start()
    whole = PDF + b"x" * (MOST_BYTES - len(PDF))
    assert upload(world, world.link(code), [("files", ("产品目录.pdf", whole))]).status_code == 303
    assert world.office.view(code)["documents"][0]["size"] == MOST_BYTES


def read_by_app(
    world: World, path: str, headers: list[tuple[bytes, bytes]], chunk: bytes, chunks: int
) -> tuple[int, int]:
    """Status, and how many of the chunks the application has asked for before it answered."""
    asked, sent = 0, []

    async def receive() -> dict[str, Any]:
        nonlocal asked
        asked += 1
        return {"type": "http.request", "body": chunk, "more_body": asked < chunks}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000), "headers": [(b"host", b"127.0.0.1:8000"), *headers],
    }  # fmt: skip
    asyncio.run(world.app(scope, receive, send))
    return sent[0]["status"], asked


def test_a_body_that_announces_too_much_is_refused_before_any_of_it_is_read(world: World) -> None:
    link = world.link(world.office.start())
    kind = (b"content-type", b"multipart/form-data; boundary=b")
    announced = (b"content-length", str(200 * 1024 * 1024).encode())
    assert read_by_app(world, link, [kind, announced], b"x", 1) == (413, 0)


def test_a_file_that_does_not_announce_its_size_is_cut_off_at_the_limit(world: World) -> None:
    link = world.link(world.office.start())
    kind = (b"content-type", b"multipart/form-data; boundary=b")
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.pdf"\r\n\r\n'
    status, asked = read_by_app(world, link, [kind], head + b"x" * 1024 * 1024, 100)
    assert status == 413
    assert asked < 30


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("multipart/form-data", b"no boundary", 400),
        ("multipart/form-data; boundary=b", b"garbage", 400),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="a', 400),
        ("application/x-www-form-urlencoded", b"a=%ff%fe&b=\xff", 400),
        ("application/x-www-form-urlencoded", b"form_key=%00", 400),
        ("application/x-www-form-urlencoded", b"&".join([b"a=1"] * 1000), 400),
        ("application/json", b"{}", 415),
        ("text/plain", b"decision=approve", 415),
    ],
)
def test_a_body_that_is_no_form_is_refused_in_a_sentence(world: World, kind: str, body: bytes, status: int) -> None:
    link = world.link(world.office.start())
    before = all_that_happened(world)
    answer = world.browser().post(link, content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert "<h1>" in answer.text
    assert all_that_happened(world) == before


def test_a_form_over_one_megabyte_is_refused(world: World) -> None:
    code = world.office.until_gate()
    answer = world.browser().post(world.link(code), data={"comment": "x" * 1_100_000})
    assert answer.status_code == 413
    assert "太大" in text_of(answer.text)


def test_a_name_that_turns_the_reading_direction_is_kept_without_that(world: World) -> None:
    code = world.office.start()
    upload(world, world.link(code), [("files", ("企业概况\u202egnp.pdf", PDF + b"profile"))])
    assert [d["filename"] for d in world.office.view(code)["documents"]] == ["企业概况gnp.pdf"]


def test_the_upload_page_says_what_is_to_be_corrected_and_how_to_name_the_report(world: World) -> None:
    code = world.office.until("survey_quality")
    world.office.submit(code, gate="survey_quality", major_findings="成品无检验记录")
    text = text_of(world.browser().get(world.link(code, "correction") + "?lang=zh").text)
    assert "重大问题：质量管理 成品无检验记录" in text
    assert "“整改报告.pdf”" in text


@pytest.mark.breaks_invariants("mails put in by hand")
def test_late_files_stand_with_their_case_and_trouble_no_admin(world: World) -> None:
    code, engine = world.office.start(), world.office.engine
    world.office.hand_in(code)
    late, request = "gu.wanqing@chenglan.example", f"{code}-R1"
    papers.hand_in(engine, request, [File("晚到.pdf", "application/pdf", PDF)], by=late, channel="reply", evidence="m1")
    with engine.store.write() as tx:
        for identity, subject, asked in (("m1", "补一份资料", request), ("m2", "另一封来信", None)):
            at = engine.clock.now()
            tx.insert(InboundMail(identity, "x", identity, late, subject, at, 9, "", "refused", request=asked))
    listed = text_of(world.browser().get("/admin?lang=zh").text)
    assert "另一封来信" in listed
    assert "补一份资料" not in listed
    assert "晚到.pdf" in text_of(world.browser().get(f"/cases/{code}?lang=zh").text)
