"""What people do in a case of the demonstration, told as it happens; what happens in which case is in `demo_scenes`.

It must not know how anything is carried out (`demo_company`) or looks on the screen (the teller).
"""

from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from crm_workflows.domain.text import bilingual, counted, in_language
from crm_workflows.interfaces.demo_company import Company, DidNotHappen, as_posted, link_in

ENGINE: Final = "crmw"
ZONE: Final = ZoneInfo("Asia/Shanghai")
SHOWN_IN_PREFECT_SECONDS: Final = 120.0


class Teller(Protocol):
    """Tells the story line by line."""

    def title(self, label: str) -> None:
        """A heading; bilingual."""
        ...

    def line(self, at: str | None, who: str, chinese: str, english: str) -> None:
        """What somebody did, in both languages: names and goods may hold what separates a label's."""
        ...


class Story:
    """One case; `tell` hears what happens, with the company's own time."""

    def __init__(self, company: Company, tell: Teller) -> None:
        self._company = company
        self._tell = tell
        self._held: list[tuple[str, str, str, str]] = []
        self._subject = ""
        self.code = ""
        self._told: set[tuple[str, str]] = set()

    def start(self, process: str, application: Path, chinese: str, english: str) -> None:
        """Somebody starts a case; the sentence says what they ask for."""
        self.goes_on(self._company.crmw("start", process, "--input", str(application))["case"])
        case = self._case()
        self._say(case["opened_at"], self._company.name(case["owner"]), chinese, english)

    def goes_on(self, code: str) -> None:
        """From here a case that is there already is told."""
        self.code = code
        self._tell.title(f"{code}  {self._case()['title']}")

    def say(self, at: str, who: str, chinese: str, english: str) -> None:
        """What happened elsewhere; told in its place, which may be after what comes next."""
        self._held.append((at, who, chinese, english))

    def hand_in(self, files: list[Path], words: str) -> list[str]:
        """Whoever is asked for papers answers the mail with these; returns the kinds that are still missing."""
        item = self._waits_for("documents")
        who = item["assignee"]
        mail = self._asked(item)
        answered = self._company.reply(mail, words, files)
        many, names = len(files), "、".join(file.name for file in files)
        self._say(None, self._name(who), f"回信，附上 {many} 个文件：{names}", f"answers with {many} files: {names}")
        self._receipt(who, answered)
        case = self._case()
        for document in (d for d in case["documents"] if d["problem"]):
            name, problem = document["filename"], document["problem"]
            zh, en = f"“{name}”：{in_language(problem, 'zh')}", f"{name}: {in_language(problem, 'en')}"
            self._say(document["at"], ENGINE, zh, en)
        return [kind for left in case["waiting_for"] for kind in left.get("missing", ())]

    def fill_in_forms(self, how_many: int) -> None:
        """The next forms: the second by command, which is slower to begin, all others on the page."""
        for n in range(how_many):
            self.fill_in_by_command() if n == 1 else self.fill_in_by_page()

    def fill_in_by_page(self, **changes: Any) -> None:
        """A form, on the page that the link of its mail leads to; as in its example, but for the changes."""
        item = self._waits_for("task")
        mail = self._asked(item)
        self._company.post(link_in(mail), as_posted(self._company.example(item["id"]) | changes))
        self._done(item, "在页面上填写", "fills in on the page")

    def fill_in_by_command(self) -> None:
        """A form, by `crmw submit`."""
        item = self._waits_for("task")
        self._asked(item)
        example = self._company.example(item["id"])
        self._company.crmw("submit", item["id"], "--as", item["assignee"]["email"], "--input", "-", typed=example)
        self._done(item, "用命令 crmw submit 提交", "hands in by crmw submit")

    def approve_by_reply(self) -> None:
        """One word on the first line decides, and a receipt confirms it."""
        item = self._waits_for("approval")
        answered = self._company.reply(self._asked(item), "同意")
        self._done(item, "回复邮件“同意”", "answers the mail with 同意 (approved)")
        self._receipt(item["assignee"], answered)

    def approve_by_link(self) -> None:
        """Opening the page decides nothing; posting its form does."""
        item = self._waits_for("approval")
        link = link_in(self._asked(item))
        self._company.get(link)
        if item["id"] not in [left["id"] for left in self._case()["waiting_for"]]:
            raise DidNotHappen(bilingual("打开页面不应作出决定", "opening the page must not decide, and did"))
        self._company.post(link, {"decision": ["approve"], "comment": ["价格有优势，同意"]})
        self._done(item, "打开链接，在页面上批准", "opens the link and approves on the page")

    def ends(self, outcome: str, chinese: str, english: str, row: str = "") -> None:
        """How it ended, with what stands in that row of the case, and that everybody was told."""
        what = bilingual("结案", "the end of the case")
        case = self._company.wait(what, lambda: self._if(lambda case: case["status"] == "closed"))
        if case["outcome"] != outcome:
            raise DidNotHappen(bilingual(f"案件结果是 {case['outcome']}", f"the case ended {case['outcome']}"))
        found = f" {case['rows'][row]}" if row else ""
        self._say(case["closed_at"], ENGINE, f"{chinese}{found}", f"{english}{found}")
        mails = self._company.wait(bilingual("全部邮件", "all mails"), self._all_sent)
        en = f"{counted(mails, 'mail was', 'mails were')} sent, and all of them arrived"
        self._say(None, "✉", f"共发出 {mails} 封邮件，全部送达", en)

    def linked(self, relation: str) -> str:
        """The code of the case that this one has opened."""

        def look() -> Any:
            return next((one["case"] for one in self._case()["linked"] if one["relation"] == relation), None)

        return str(self._company.wait(bilingual("关联案件", "the case that follows"), look))

    def told(self) -> None:
        """Tell what is still held back."""
        held, self._held = sorted(self._held, key=lambda line: _instant(line[0])), []
        for line in held:
            self._tell.line(*line)

    def waits(self, chinese: str, english: str) -> None:
        """What has come out so far, and for whom it is left: who, for what, until when."""
        self._say(None, ENGINE, chinese, english)
        for item in self._case()["waiting_for"]:
            who, title = self._name(item["assignee"]), item["title"]
            until = datetime.fromisoformat(item["due_at"]).astimezone(ZONE).strftime("%m-%d %H:%M")
            zh = f"等待 {who}，截止 {until}：{in_language(title, 'zh')}"
            self._say(None, "…", zh, f"waits for {who} until {until}: {in_language(title, 'en')}")

    def shown_in_prefect(self) -> int:
        """How many runs Prefect shows of this case, once it shows any."""
        return self._company.wait("Prefect", lambda: self._company.runs(self.code), SHOWN_IN_PREFECT_SECONDS)

    def _name(self, who: Any) -> str:
        return self._company.name(who["email"], who["name"])

    def _case(self) -> Any:
        return self._company.case(self.code)

    def _if(self, holds: Callable[[Any], bool]) -> Any:
        case = self._case()
        return case if holds(case) else None

    def _all_sent(self) -> int:
        statuses = [mail["status"] for mail in self._case()["mails"]]
        return len(statuses) if set(statuses) == {"sent"} else 0

    def _waits_for(self, kind: str) -> Any:
        """The first thing of this kind that the case waits for."""

        def look() -> Any:
            return next((item for item in self._case()["waiting_for"] if item["kind"] == kind), None)

        return self._company.wait(bilingual(f"{self.code} 的事项（{kind}）", f"{self.code} to ask ({kind})"), look)

    def _asked(self, item: Any) -> EmailMessage:
        """The mail that asks, once it has come; those that went out beside it are told with it, in their order."""
        new = [i for i in self._case()["waiting_for"] if i["assignee"] and _whom(i) not in self._told]
        for mail, other in sorted(((self._mail_to(one), one) for one in new), key=lambda pair: _sent_at(pair[0])):
            self._mailed(mail, self._name(other["assignee"]), other["title"])
            self._told.add(_whom(other))
        return self._mail_to(item)

    def _mail_to(self, item: Any) -> EmailMessage:
        who = item["assignee"]
        what = bilingual(f"给 {who['name']} 的邮件", f"the mail to {who['name']}")
        return self._company.mail(who["email"], what, lambda mail: mail["X-CRM-Request"] == item["id"])

    def _receipt(self, who: Any, answered: str) -> None:
        """Every answer is answered by one mail."""
        what = bilingual("回执", "a receipt")
        receipt = self._company.mail(who["email"], what, lambda m: m["In-Reply-To"] == answered)
        # It was on its way while the case went on.
        self.say(_sent_at(receipt), "✉", f"→ {self._name(who)}：回执", f"→ {self._name(who)}: receipt")

    def _mailed(self, mail: EmailMessage, name: str, title: str) -> None:
        zh, en = f"→ {name}：{in_language(title, 'zh')}", f"→ {name}: {in_language(title, 'en')}"
        if not self._subject:
            # All mails of a case have the same subject; it is shown once.
            self._subject = str(mail["Subject"])
            zh, en = f"{zh}（主题：{self._subject}）", f"{en} (subject: {self._subject})"
        self._say(_sent_at(mail), "✉", zh, en)

    def _say(self, at: str | None, who: str, chinese: str, english: str) -> None:
        """Tell a line, after those held back that happened before it; all of them before one without a time."""
        due = [held for held in self._held if at is None or _instant(held[0]) <= _instant(at)]
        self._held = [held for held in self._held if held not in due]
        for line in (*due, (at, who, chinese, english)):
            self._tell.line(*line)

    def _done(self, item: Any, chinese: str, english: str) -> None:
        """Wait until the answer is on record, and tell it with the time that stands there."""

        def look() -> Any:
            found = [d for d in self._case()["decisions"] if d["request"] == item["id"] and d["effective"]]
            return found[0] if found else None

        made = self._company.wait(bilingual(f"{item['id']} 的答复", f"an answer to {item['id']}"), look)
        title, rule = item["title"], item["rule"]
        zh = f"{chinese}：{in_language(title, 'zh')}（{rule}）"
        self._say(made["at"], self._name(item["assignee"]), zh, f"{english}: {in_language(title, 'en')} ({rule})")


def _sent_at(mail: EmailMessage) -> str:
    return parsedate_to_datetime(str(mail["Date"])).isoformat()


def _instant(at: str) -> datetime:
    """To the minute, as it is shown."""
    return datetime.fromisoformat(at).replace(second=0, microsecond=0)


def _whom(item: Any) -> tuple[str, str]:
    """Who is asked what: a request can ask several."""
    return item["id"], item["assignee"]["email"]
