"""A person at a browser who takes a supplier case from its form to its code, on a phone and on a desk.

`walk` needs nothing but the address of a running product with its mailbox.
"""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.office import SAMPLES, application

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
BUYER, MATERIALS = "wang.fang@yongchang.example", "li.weimin@yongchang.example"
TECHNIQUE, DESIGN = "zhou.haitao@yongchang.example", "wu.min@yongchang.example"
QUALITY = "sun.lihua@yongchang.example"
MARKETING, FINANCE = "zheng.xiaodong@yongchang.example", "qian.zhiyuan@yongchang.example"
SUPPLIER = "gu.wanqing@chenglan.example"


class Walk:
    """A person at a browser, who looks at every page before going on."""

    def __init__(self, page: Page, base: str, shots: Path) -> None:
        self.page, self.base, self.shots = page, base, shots
        self.faults: list[str] = []
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._stays_here)

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(path if path.startswith("http") else f"{self.base}{path}")

    def look(self, name: str) -> None:
        """Take a picture on the phone and on the desk; nothing may stick out, nor a word be broken, on either."""
        for size in (PHONE, DESK):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} is {wide} px wider than a window of {size['width']} px"
            small = self.page.evaluate(SMALL_TARGETS)
            assert small == [], f"{name} has targets that are hard to hit with a finger: {small}"
            broken = self.page.evaluate(BROKEN_WORDS)
            assert broken == [], f"{name} breaks words within at {size['width']} px: {broken}"
            self.page.screenshot(path=self.shots / f"{name}-{size['width']}.png", full_page=True)

    def submit(self) -> None:
        """Press the button of the page's form."""
        self.page.locator("main form[method=post] button[type=submit]").click()

    def newest_mail(self, to: str, holding: str) -> None:
        """Open the newest mail to somebody whose text holds something; it may still be on its way."""

        def opened() -> bool:
            self.go(f"/mailbox?to={to}&lang=zh")
            first = self.page.locator("a.item").first
            if first.count() == 0:
                return False
            first.click()
            return holding in (self.page.locator(".plain-text").text_content() or "")

        eventually(self.page, opened)

    def link_in_mail(self) -> str:
        """The first link of the mail's text to one of our pages."""
        self.page.locator("summary").click()
        link = self.page.locator(".plain-text a").first.get_attribute("href")
        assert link is not None
        return link

    def task(self, person: str, title: str) -> None:
        """Open something from somebody's inbox, once it is there."""

        def there() -> bool:
            self.go(f"/inbox?as={person}&lang=zh")
            return self.page.locator("a.item", has_text=title).count() > 0

        eventually(self.page, there)
        self.page.locator("a.item", has_text=title).first.click()

    def by_example(self, person: str, title: str, look: str = "") -> None:
        """Fill in somebody's form with its own example and submit it."""
        self.task(person, title)
        request = self.page.url.partition("/inbox/")[2].partition("?")[0]
        example = self.page.request.get(f"{self.base}/api/v1/requests/{request}").json()["example"]
        for name, value in example.items():
            if isinstance(value, bool):
                self.page.locator(f"#f-{name}").get_by_text("是" if value else "否", exact=True).click()
            elif self.page.locator(f"input[type=radio][name='{name}']").count():
                self.page.locator(f"label.option:has(input[name='{name}'][value='{value}'])").click()
            else:
                self.page.fill(f"#f-{name}", str(value))
        if look:
            self.look(look)
        self.submit()
        expect(self.page.locator(".outcome.good")).to_be_visible()

    def _stays_here(self, request: object) -> None:
        url = str(getattr(request, "url", ""))
        if not url.startswith((self.base, "data:", "about:")):
            self.faults.append(f"a page asked for {url}")


TARGETS = (
    "button, select, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), label.option, nav a, a.button, "
    "a.item"
)
SMALL_TARGETS = f"""
    [...document.querySelectorAll({TARGETS!r})]
        .filter(e => e.getBoundingClientRect().width > 0 && e.getBoundingClientRect().height < 44)
        .map(e => e.outerHTML.slice(0, 80))
"""
"""Less than 44 px high is hard to hit with a finger."""
BROKEN_WORDS = """() => {
    const broken = [], nodes = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    while (nodes.nextNode()) {
        const node = nodes.currentNode;
        if (node.parentElement.closest("thead, .sr")?.offsetWidth <= 1) continue;
        for (const found of node.data.matchAll(/(?<![^\\s(])[A-Za-z]{2,18}(?![^\\s,.:;?!)])/g)) {
            const range = document.createRange();
            range.setStart(node, found.index);
            range.setEnd(node, found.index + found[0].length);
            const lines = [...range.getClientRects()].filter(one => one.width > 0).map(one => Math.round(one.top));
            if (new Set(lines).size > 1) broken.push(found[0]);
        }
    }
    return broken;
}"""
"""Words of English that stand on two lines; addresses and names of files may be broken anywhere."""


def eventually(page: Page, there: object, tries: int = 100) -> None:
    """Try until it is so; the product works in the background."""
    for _ in range(tries):
        if there():  # type: ignore[operator]
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"still not so: {page.url}\n{page.inner_text('main')[:2000]}")


def walk(page: Page, base: str, shots: Path) -> Walk:
    """A supplier case from its form to its code."""
    w = Walk(page, base, shots)
    w.go("/?lang=zh")
    w.look("home-empty")
    start_case(w)
    hand_in_papers(w)
    fill_forms(w)
    approve_by_link(w)
    finish(w)
    return w


def start_case(w: Walk) -> None:
    """The request, first with mistakes."""
    w.page.get_by_role("link", name="供应商认定").click()
    subject = application()
    w.page.select_option("#f-owner", BUYER)
    w.page.fill("#f-company", subject["company"])
    w.page.fill("#f-credit_code", "91320500MAX0CL616A")
    w.submit()
    expect(w.page.locator("#errors")).to_contain_text("校验位不符")
    expect(w.page.locator("#errors")).to_be_focused()
    w.look("start-errors")
    assert w.page.input_value("#f-company") == subject["company"]
    w.page.fill("#f-credit_code", subject["credit_code"])
    for name in ("name", "email", "phone"):
        w.page.fill(f"[name='contact.{name}']", subject["contact"][name])
    w.page.fill("#f-goods", subject["goods"])
    w.page.get_by_text("零部件").click()
    w.page.fill("[name='yearly_amount.amount']", "480,000")
    w.page.fill("#f-reason", subject["reason"])
    w.page.locator("#f-no_conflict_of_interest").get_by_text("是", exact=True).click()
    w.submit()
    expect(w.page.locator("h1")).to_contain_text(subject["company"])
    w.faults = [fault for fault in w.faults if "422" not in fault]
    eventually(w.page, lambda: w.page.reload() and w.page.get_by_text("还缺").count())
    w.look("case-waiting-for-papers")


def hand_in_papers(w: Walk) -> None:
    """The supplier opens the link of its mail and uploads."""
    w.newest_mail(SUPPLIER, "/t/")
    expect(w.page.frame_locator(".mail-frame").locator("body")).to_contain_text("请您提供")
    w.look("mail")
    w.go(w.link_in_mail())
    w.look("papers")
    papers = sorted((SAMPLES / "good" / "documents").iterdir())
    w.page.set_input_files("#f-files", papers[:3])
    w.submit()
    expect(w.page.locator(".kinds")).to_contain_text("已收到")
    w.look("papers-some")
    w.page.set_input_files("#f-files", papers[3:])
    w.submit()
    expect(w.page.locator(".outcome")).to_contain_text("资料已收齐")
    w.look("papers-complete")


def fill_forms(w: Walk) -> None:
    """Owner and head of materials fill in their forms from the inbox."""
    w.task(BUYER, "资料确认")
    for name in ("papers_are_right", "was_profitable", "sufficient"):
        w.page.locator(f"#f-{name}").get_by_text("是", exact=True).click()
    for name, value in (("founded_in", "２００９"), ("legal_representative", "陈国栋"), ("employees", "180")):
        w.page.fill(f"#f-{name}", value)
    w.page.fill("[name='last_revenue.amount']", "86,000,000.00")
    w.page.fill("#f-certificate_expires_on", "2028-06-30")
    w.look("task")
    w.submit()
    expect(w.page.locator(".outcome")).to_contain_text("已提交")
    w.look("task-submitted")
    survey(w)
    w.task(MATERIALS, "六项原则评定")
    for field in w.page.locator("main form input:not([type=hidden])").all():
        is_score = field.get_attribute("inputmode") == "numeric"
        field.fill("86" if is_score else "符合要求")
    w.submit()
    w.task(BUYER, "认定申请")
    assert w.page.input_value("#f-goods") == application()["goods"], "drafted by the engine"
    w.look("task-drafted")
    w.submit()
    expect(w.page.locator(".outcome")).to_contain_text("已提交")


def survey(w: Walk) -> None:
    """Two talks, the overall judgement, and the survey on site of four departments."""
    w.by_example(QUALITY, "与供应商技术负责人商洽", look="task-talk")
    w.by_example(MATERIALS, "与供应商负责人面谈")
    w.by_example(MATERIALS, "总体判断", look="task-judgement")
    for person, part in ((MATERIALS, "资材"), (TECHNIQUE, "技术"), (DESIGN, "设计"), (QUALITY, "质量管理")):
        w.by_example(person, f"实地调查：{part}", look="task-survey" if person == QUALITY else "")


def sign(w: Walk) -> None:
    """The owner names the signers and uploads both contracts; materials and finance confirm."""
    w.by_example(BUYER, "合同签署人", look="task-signers")
    w.task(BUYER, "已签署的合同")
    w.look("contracts")
    w.page.set_input_files("#f-files", sorted((SAMPLES / "good" / "documents").glob("*合同.pdf")))
    w.submit()
    expect(w.page.locator(".outcome")).to_contain_text("资料已收齐")
    w.by_example(MATERIALS, "合同确认", look="task-contracts")
    w.by_example(BUYER, "银行账户")
    w.by_example(FINANCE, "银行账户确认", look="task-bank")


def approve_by_link(w: Walk) -> None:
    """The head of marketing opens the link of the mail, sends the page off too early, then approves."""
    w.newest_mail(MARKETING, "/r/")
    link = w.link_in_mail()
    w.go(link)
    assert w.page.locator("input[name=decision]:checked").count() == 0
    expect(w.page.locator("#f-to")).to_be_hidden()
    w.page.get_by_text("退回", exact=True).click()
    expect(w.page.locator("#f-to")).to_be_visible()
    w.submit()
    expect(w.page.locator("#errors")).to_contain_text("请选择退回到哪一步")
    w.look("request-errors")
    w.page.get_by_text("同意", exact=True).click()
    w.page.fill("#f-comment", "同意，作为第二来源。")
    w.look("request")
    w.submit()
    expect(w.page.locator(".outcome")).to_contain_text("已同意")
    w.look("request-decided")
    w.faults = [fault for fault in w.faults if "422" not in fault]
    w.go(f"{link}?lang=en")
    expect(w.page.locator(".outcome")).to_contain_text("Approved")
    w.look("request-decided-english")


def finish(w: Walk) -> None:
    """Finance fixes the terms; the case is closed and the supplier is in the register."""
    sign(w)
    w.task(FINANCE, "确定付款条件")
    w.page.get_by_text("银行转账").click()
    w.page.fill("#f-days", "60")
    w.submit()
    w.go("/cases?lang=zh&text=澄岚")
    w.look("cases")
    w.page.locator("td.code a").first.click()
    eventually(w.page, lambda: w.page.reload() and w.page.locator("h1 .badge.good").count())
    assert w.page.locator(".whole .node.done").count() == 30
    assert w.page.locator(".whole .node.current").count() == 0
    w.look("case-closed")
    w.page.get_by_text("English").click()
    expect(w.page.locator("h1")).to_contain_text("Approved")
    w.look("case-closed-english")
    w.go("/suppliers?lang=zh")
    expect(w.page.locator("table")).to_contain_text("S-CP-0001")
    for name in ("start/supplier-vetting", "suppliers", "customers", "mailbox", "inbox", "admin", ""):
        w.go(f"/{name}?lang=en")
        w.look(name.partition("/")[0] or "home")
