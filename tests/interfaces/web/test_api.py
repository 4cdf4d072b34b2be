"""The HTTP API: the same verbs, an idempotency key on every POST, refusals as one sentence."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.interfaces.web.world import World, all_that_happened
from tests.office import application, documents

MARKETING = "zheng.xiaodong@yongchang.example"


def post(world: World, path: str, body: Any, key: str = "k1", **headers: str) -> httpx.Response:
    return world.browser().post(f"/api/v1{path}", json=body, headers={"idempotency-key": key} | headers)


def test_a_supplier_is_vetted_through_the_api_alone(world: World) -> None:
    started = post(world, "/cases", {"process": "supplier-vetting", "input": application()})
    assert started.status_code == 201
    code = started.json()["case"]
    assert started.json()["url"].endswith(f"/cases/{code}")
    world.office.work()
    browser = world.browser()
    (item,) = browser.get(f"/api/v1/cases/{code}").json()["waiting_for"]
    files = [("files", (f.filename, f.content)) for f in documents()]
    handed = browser.post(
        f"/api/v1/requests/{item['id']}/files", data={"as": item["assignee"]["email"]}, files=files,
        headers={"idempotency-key": "papers"},
    ).json()  # fmt: skip
    assert (handed["complete"], handed["missing"], len(handed["accepted"])) == (True, [], 7)
    while (item := browser.get(f"/api/v1/cases/{code}").json()["waiting_for"][0])["kind"] == "task":
        address = item["assignee"]["email"]
        assert item["id"] in [own["id"] for own in browser.get("/api/v1/inbox", params={"as": address}).json()]
        task = browser.get(f"/api/v1/requests/{item['id']}").json()
        sent = post(world, f"/requests/{item['id']}/submit", {"as": address, "input": task["example"]}, item["id"])
        assert sent.status_code == 200
    (item,) = browser.get("/api/v1/inbox", params={"as": MARKETING}).json()
    shown = browser.get(f"/api/v1/requests/{item['id']}").json()
    assert (shown["kind"], shown["facts"][0]["value"]) == ("approval", "苏州澄岚精密轴承有限公司")
    decided = post(world, f"/requests/{item['id']}/decision", {"as": MARKETING, "decision": "approve"}).json()
    assert decided["effective"] is True
    assert browser.get(f"/api/v1/cases/{code}").json()["decisions"][-1]["channel"] == "api"
    assert [case["case"] for case in browser.get("/api/v1/cases", params={"text": "轴承"}).json()] == [code]


def test_a_repeated_request_does_nothing_twice_and_answers_the_same(world: World) -> None:
    body = {"process": "supplier-vetting", "input": application()}
    with ThreadPoolExecutor(4) as pool:
        codes = {a.json()["case"] for a in pool.map(lambda _: post(world, "/cases", body), range(4))}
    assert codes == {"SV-2026-00001"}
    other = post(world, "/cases", body | {"input": application(goods="别的")})
    assert other.status_code == 422
    assert "k1" in other.json()["error"]["sentence"]
    code = world.office.until_gate(application("over-limit"))
    request = world.office.waiting(code)["id"]
    answer = {"as": MARKETING, "decision": "approve", "comment": "好"}
    answers = [post(world, f"/requests/{request}/decision", answer) for _ in range(2)]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].json()["decision"] == answers[1].json()["decision"] == "approve"
    changed = post(world, f"/requests/{request}/decision", answer | {"decision": "reject"})
    assert changed.status_code == 422
    assert "已记录" in answers[1].json()["sentence"]
    late = post(world, f"/requests/{request}/decision", answer, key="k2")
    assert late.status_code == 409
    assert late.json()["error"]["decided_by"] == MARKETING
    assert "郑晓东" in late.json()["error"]["sentence"]


def test_repeated_papers_are_taken_once(world: World) -> None:
    code = world.office.start()
    request = world.office.waiting(code)["id"]
    answers = [
        world.browser().post(
            f"/api/v1/requests/{typed}/files", data={"as": "gu.wanqing@chenglan.example", "kind": "company_profile"},
            files=[("files", ("a.pdf", b"%PDF-1"))], headers={"idempotency-key": "once"},
        )
        for typed in (request.lower(), request)
    ]  # fmt: skip
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].json()["missing"] == answers[1].json()["missing"] != []
    assert len(world.office.view(code)["documents"]) == 1
    other = world.browser().post(
        f"/api/v1/requests/{request}/files", data={"as": "gu.wanqing@chenglan.example"},
        files=[("files", ("b.pdf", b"%PDF-2"))], headers={"idempotency-key": "once"},
    )  # fmt: skip
    assert other.status_code == 422
    assert "幂等键" in other.json()["error"]["sentence"]


def test_a_key_used_for_a_form_does_not_vouch_for_another_one(world: World) -> None:
    code = world.office.start()
    world.office.hand_in(code, documents())
    item = world.office.waiting(code)
    path = f"/requests/{item['id']}/submit"
    body = {
        "as": item["assignee"]["email"],
        "input": world.browser().get(f"/api/v1/requests/{item['id']}").json()["example"],
    }
    first, again = [post(world, path, body) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()["sentence"]) == (200, 200, first.json()["sentence"])
    other = post(world, path, body | {"input": body["input"] | {"employees": 7}})
    assert other.status_code == 422
    assert "幂等键" in other.json()["error"]["sentence"]


def test_a_file_comes_without_its_path_and_without_hidden_characters(world: World) -> None:
    code = world.office.start()
    request = world.office.waiting(code)["id"]
    world.browser().post(
        f"/api/v1/requests/{request}/files", data={"as": "gu.wanqing@chenglan.example"},
        files=[("files", ("../../etc/企业\u202e概况.pdf", b"%PDF-1"))], headers={"idempotency-key": "path"},
    )  # fmt: skip
    assert [d["filename"] for d in world.office.view(code)["documents"]] == ["企业概况.pdf"]


@pytest.mark.parametrize("word", ["", "lapsed", "submit", "开除"])
def test_a_word_that_is_no_answer_is_not_put_on_record_afterwards_either(world: World, word: str) -> None:
    code = world.office.until_gate(application())
    request = world.office.waiting(code)["id"]
    post(world, f"/requests/{request}/decision", {"as": MARKETING, "decision": "approve"})
    late = post(world, f"/requests/{request}/decision", {"as": MARKETING, "decision": word}, key="k2")
    assert late.status_code == 422
    told = [d["decision"] for d in world.office.view(code)["decisions"] if d["request"] == request]
    assert told == ["approve"]


@pytest.mark.parametrize("path", ["/cases", "/requests/x/decision", "/requests/x/submit", "/requests/x/files"])
def test_a_post_without_its_key_is_refused(world: World, path: str) -> None:
    answer = world.browser().post(f"/api/v1{path}", json={})
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["error"]["sentence"]


REQUEST = "SV-2026-00001-R1"


@pytest.mark.parametrize(
    ("path", "body", "status", "told"),
    [
        ("/cases", {"process": "nothing", "input": {}}, 404, "nothing"),
        ("/cases", {"process": "supplier-vetting", "input": {}}, 422, "company"),
        ("/cases", {"process": "supplier-vetting", "input": application(credit_code="1")}, 422, "credit_code"),
        ("/cases", {"process": "supplier-vetting", "input": application(extra=1)}, 422, "extra"),
        ("/cases", {"process": "supplier-vetting", "input": application(), "as": "x@y.example"}, 403, "x@y.example"),
        ("/cases", {"process": "supplier-vetting", "input": application(company="a\0b")}, 400, "cannot be read"),
        ("/cases", {"process": "supplier-vetting", "input": application(company="\ud800")}, 400, "cannot be read"),
        ("/cases", {"process": "supplier-vetting", "input": []}, 422, "input"),
        ("/cases", [], 422, "body"),
        ("/cases", "text", 422, "body"),
        (f"/requests/{REQUEST}/decision", {"as": "x@y.example", "decision": "approve"}, 403, REQUEST),
        (f"/requests/{REQUEST}/submit", {"as": "gu.wanqing@chenglan.example", "input": {}}, 422, REQUEST),
        ("/requests/nothing/decision", {"as": MARKETING, "decision": "approve"}, 404, "nothing"),
        ("/requests/SV-2026-00001-R99/submit", {"as": MARKETING, "input": {}}, 404, "R99"),
    ],
)
def test_bad_input_gets_one_sentence_and_changes_nothing(
    world: World, path: str, body: Any, status: int, told: str
) -> None:
    world.office.start()
    before = all_that_happened(world)
    text = json.dumps(body)
    answer = world.browser().post(
        f"/api/v1{path}", content=text, headers={"idempotency-key": "k", "content-type": "application/json"}
    )
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert told in error["sentence"]
    assert all_that_happened(world) == before


@pytest.mark.parametrize("text", ["", "{", "null", "[1", "\xff", '{"a":' * 2000])
def test_bodies_that_are_no_json_are_refused(world: World, text: str) -> None:
    answer = world.browser().post(
        "/api/v1/cases", content=text.encode("latin-1"),
        headers={"idempotency-key": "k", "content-type": "application/json"},
    )  # fmt: skip
    assert answer.status_code in (400, 422)
    assert answer.json()["error"]["sentence"]


def test_other_sites_cannot_post(world: World) -> None:
    body = {"process": "supplier-vetting", "input": application()}
    assert post(world, "/cases", body, origin="https://evil.example").status_code == 403
    assert world.office.engine.store is not None
    assert all_that_happened(world)["CaseRow"] == 0


@pytest.mark.parametrize("query", ["limit=0", "limit=99999", "offset=-1", "offset=99999999999999999999", "limit=x"])
def test_limits_are_bounded(world: World, query: str) -> None:
    assert world.browser().get(f"/api/v1/cases?{query}").status_code == 422


def test_cases_are_found_by_the_days_on_which_they_were_opened(world: World) -> None:
    code = world.office.start()

    def found(query: str) -> list[str]:
        return [case["case"] for case in world.browser().get(f"/api/v1/cases?{query}").json()]

    assert found("opened_from=2026-03-02&opened_to=2026-03-02") == [code], "both days are included"
    assert found("opened_from=2026-03-03") == found("opened_to=2026-03-01") == []
    assert found("overdue=false") == [code]
    assert found("overdue=true") == []


def test_a_case_is_found_by_its_code_in_small_letters(world: World) -> None:
    code = world.office.start()
    assert world.browser().get(f"/api/v1/cases/{code.lower()}").json()["case"] == code


def in_full_width(code: str) -> str:
    return code.translate({ord(sign): ord(sign) + 0xFEE0 for sign in code})


@pytest.mark.parametrize("typed", [str.lower, in_full_width, lambda written: f" {written} "])
def test_a_request_is_found_by_its_id_as_people_type_it(world: World, typed: Callable[[str], str]) -> None:
    request = world.office.waiting(world.office.until_gate(application()))["id"]
    path = f"/requests/{typed(request)}"
    assert world.browser().get(f"/api/v1{path}").json()["id"] == request
    decided = post(world, f"{path}/decision", {"as": MARKETING, "decision": "approve"}).json()
    assert (decided["request"], decided["effective"]) == (request, True)


def test_openapi_describes_every_address(world: World) -> None:
    described = world.browser().get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.")
    posts = {path: item["post"] for path, item in described["paths"].items() if "post" in item}
    assert set(posts) == {
        "/v1/cases", "/v1/cases/{code}/amendment",
        "/v1/requests/{request_id}/decision", "/v1/requests/{request_id}/submit",
        "/v1/requests/{request_id}/files", "/v1/requests/{request_id}/reassign",
        "/v1/requests/{request_id}/override",
    }  # fmt: skip
    for item in posts.values():
        key = [p for p in item["parameters"] if p["name"].lower() == "idempotency-key"]
        assert key[0]["required"] is True
    assert described["servers"] == [{"url": "/api"}]
    processes = {one["process"]: one for one in world.browser().get("/api/v1/processes").json()}
    assert set(processes) >= {"supplier-vetting", "supplier-certificate", "supplier-reevaluation"}
    process = processes["supplier-vetting"]
    assert process["input_schema"]["properties"]["company"]["title"] == "供应商名称 / Supplier"
