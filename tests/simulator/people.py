"""The people around the company: they open cases, and answer what they are asked; late, twice, wrongly or never.

Each keeps what they were told: an answer that was confirmed must count for ever (`judge`).
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from crm_workflows.adapters.mail.smtp_listener import Envelope
from crm_workflows.domain.errors import OutsideFailure
from crm_workflows.domain.records import CaseRow, Request
from crm_workflows.domain.text import in_language
from crm_workflows.engine.decisions import answers
from crm_workflows.engine.decisions.answered import Answer, Answered
from crm_workflows.engine.requests import papers
from crm_workflows.engine.requests.files import File
from crm_workflows.engine.running import attention, opening
from crm_workflows.engine.views import views
from crm_workflows.interfaces import mailbox
from crm_workflows.interfaces.web import doors
from tests.simulator.company import DOMAIN, OWNERS, STRANGER
from tests.simulator.letters import Told, answering, supplier
from tests.simulator.post import Letter
from tests.simulator.procedures import GATES, PARTS, places_back
from tests.simulator.roles import MAIL, WEB, Roles
from tests.simulator.store import Killed
from tests.simulator.world import Process, World

CONTACT = "chen@supplier.example"
ADMIN = "liu.yang@yongchang.example"
REQUESTERS = (*OWNERS, "zheng.xiaodong@yongchang.example", "li.weimin@yongchang.example")
ASKS = frozenset({"approval_request", "task_request", "documents_request", "start_confirmation"})
WRONG_WORDS = ("嗯", "退回 T-9 改", "看看再说", "", "1-3 同意", "撤销")
MOST_HELP = 3
"""How often admins let a case go on before they give it up."""
How = tuple[str, int, bool, bool, float]
"""What somebody means to say: decision, to which place it goes back, wrongly, going back by a form, share of papers."""
SUPPLIERS = 0.04
"""Share of cases that are real ones of supplier vetting, each of which takes as long as ten others."""
HOUR, DAY = 3600.0, 86_400.0


class People:
    """Everybody outside the program."""

    willing: How = ("approve", 0, False, False, 1.0)

    def __init__(self, world: World, roles: Roles) -> None:
        self.world, self.roles, self.rng = world, roles, world.rng
        self.told = Told()
        self.helped: Counter[str] = Counter()
        self.called: defaultdict[str, set[str]] = defaultdict(set)
        """Calls to the outside: case and round -> the names under which they were made"""
        self._mails = 0
        self._asked: dict[tuple[str, str], Letter] = {}

    # -- cases --------------------------------------------------------------------------------------------------

    def open_cases(self, how_many: int) -> None:
        """Somebody starts a case every now and then in the first days."""
        for n in range(how_many):
            at = self.world.later(self.rng.uniform(0, 3 * DAY))
            process = "supplier-vetting" if self.rng.random() < SUPPLIERS else "sim-matter"
            subject = supplier(n) if process == "supplier-vetting" else self._matter(n)
            start = self._starting(process, f"k{n}", subject)
            self.world.at(at, self._web(), f"starts case {n}", start)
            if self.rng.random() < self.world.mood.twice:
                again = at + timedelta(seconds=self.rng.choice((0.1, 5, 3600)))
                self.world.at(again, self._web(), f"starts case {n} once more", start)

    def _matter(self, n: int) -> dict[str, Any]:
        share = self.rng.choice((0.0, 0.2, 0.4, 1.0))
        return {
            "what": f"事项 {n}", "owner": self.rng.choice(OWNERS), "gate": self.rng.choice(GATES),
            "parts": [part for part in PARTS if self.rng.random() < share], "contact": CONTACT,
        }  # fmt: skip

    def _starting(self, process_name: str, key: str, subject: dict[str, Any]) -> Callable[[Process], object]:
        requester, origin = self.rng.choice(REQUESTERS), self.rng.choice(("page", "api", "cli", "prefect"))

        def start(process: Process) -> str:
            begun = opening.start(
                self.roles.engine(process), process_name, subject, requester=requester, origin=origin,
                idempotency_key=key,
            )  # fmt: skip
            known = self.told.cases.setdefault(key, begun.code)
            if known != begun.code:
                raise AssertionError(f"key {key} led to {known} and to {begun.code}")
            if self.rng.random() < 0.03:
                self._later(DAY, self._web(), f"cancels {begun.code}", self._cancelling(begun.code, subject["owner"]))
            return begun.code

        return self._repeated(f"starts case {key} again", start)

    def _cancelling(self, code: str, owner: str) -> Callable[[Process], object]:
        return lambda process: opening.cancel(self.roles.engine(process), code, by=owner, reason="不再需要")

    def _repeated(self, what: str, do: Callable[[Process], object]) -> Callable[[Process], object]:
        """Whoever got no answer does it again, by any web process."""

        def again(process: Process) -> object:
            try:
                return do(process)
            except Killed:
                self._later(60, self._web(), what, again)
                raise

        return again

    # -- answers ------------------------------------------------------------------------------------------------

    def receive(self, letter: Letter) -> None:
        """A mail has come."""
        if letter.template == "approval_request":
            older, self._asked[letter.case, letter.to] = self._asked.get((letter.case, letter.to)), letter
            if older is not None and self.rng.random() < self.world.mood.wrong * 2:
                self._later(HOUR, *self._by_mail(older))  # the mail of an earlier round lies beside it
        if letter.template == "needs_attention":
            self._later(DAY, self._web(), f"lets {letter.case} go on", self.helps(letter.case))
        elif self._cares(letter):
            self._answer(letter)

    def _cares(self, letter: Letter) -> bool:
        if letter.template in ASKS:
            return self.rng.random() >= self.world.mood.silent
        return letter.template in ("reminder", "unclear") and bool(letter.token) and self.rng.random() < 0.7

    def _answer(self, letter: Letter) -> None:
        mood = self.world.mood
        longest = self.rng.choice((60.0, HOUR, 8 * HOUR)) if self.rng.random() >= mood.late else 8 * DAY
        times = 2 if self.rng.random() < mood.twice else 1
        for n in range(times):
            by_mail = self.rng.random() < mood.by_mail
            seconds = self.rng.uniform(1, longest) if n == 0 else self.rng.choice((0.1, 1, 30))
            do = self._by_mail(letter) if by_mail else self._by_link(letter)
            self._later(seconds if n == 0 else longest + seconds, *do)

    def _by_link(self, letter: Letter) -> tuple[str, str, Callable[[Process], object]]:
        wrong = self.rng.random() < self.world.mood.wrong
        by = self._somebody_else(letter) if wrong and self.rng.random() < 0.6 else None
        token = letter.token[::-1] if wrong and self.rng.random() < 0.2 else letter.token
        word = self.rng.choices(("approve", "reject", "send_back"), (75, 10, 15))[0]
        place, is_again = self.rng.randrange(4), self.rng.random() < 0.1
        share = 1.0 if self.rng.random() < 0.7 else 0.5

        def act(process: Process) -> object:
            engine = self.roles.engine(process)
            asked = doors._by_token(engine, token)
            door = doors.Door(asked, by or asked.assignee.person, "page" if by else "link", "/")
            doors.check_of_use(SimpleNamespace(office=SimpleNamespace(clock=self.world.clock)), door)  # type: ignore[arg-type]
            return self.act(engine, door.request, door.by, door.channel, (word, place, wrong, is_again, share))

        return self._web(), f"{letter.to} {word} {letter.request} by link", self._repeated(f"{letter.to} again", act)

    def _somebody_else(self, letter: Letter) -> str:
        """A deputy, on whatever day, a colleague, or who opened cases."""
        asked = self.roles.staff.people.person(letter.to)
        deputies = [line.email for line in asked.deputies] if asked else []
        return self.rng.choice(deputies * 4 + [STRANGER, *REQUESTERS])

    def act(self, engine: Any, request: Request, by: str, channel: str, how: How) -> str:
        """Answer a request as they mean to."""
        word, place, wrong, is_again, share = how
        if request.kind == "documents":
            files = self.files(engine, request, share, wrong=wrong)
            return str(papers.hand_in(engine, request.id, files, by=by, channel=channel).complete)
        if request.kind == "task":
            form = views.task_view(engine, request.id)["example"]
            form |= {"text": "again"} if is_again and "text" in form else {}
            given = Answer("submit", by, channel, form={} if wrong else form)
        else:
            places = places_back(engine, request)
            to = places[place % len(places)] if places and word == "send_back" else None
            given = Answer(word, by, channel, comment="" if wrong else "理由", to=to)
        return self._confirmed(answers.answer(engine, request.id, given))

    def _confirmed(self, done: Answered) -> str:
        if done.effective and done.decided_by:
            self.told.decisions.append((done.request, done.decided_by, done.decision))
        return f"{done.decision} effective={done.effective}"

    def files(self, engine: Any, request: Request, share: float, *, wrong: bool) -> list[File]:
        """The papers asked for, or some of them, or such as cannot be read."""
        with engine.store.read() as reader:
            row = reader.get(CaseRow, request.case)
        kinds = engine.procedure_of(row).element(request.name).asked(request.shows)
        wanted = kinds if share == 1.0 else kinds[:1]
        ending, content = ("exe", b"MZ") if wrong else ("pdf", b"%PDF-1 ")
        return [
            File(f"{in_language(p.title, 'zh')}.{ending}", "application/pdf", content + p.kind.encode()) for p in wanted
        ]

    # -- by mail ------------------------------------------------------------------------------------------------

    def _by_mail(self, letter: Letter) -> tuple[str, str, Callable[[Process], object]]:
        wrong = self.rng.random() < self.world.mood.wrong
        sender = self._somebody_else(letter) if wrong and self.rng.random() < 0.5 else letter.to
        near, far = ("SV-6", "SV-4") if letter.case.startswith("SV") else ("T-3", "T-2")
        word = self.rng.choices(("同意", "驳回 太贵", f"退回 {near} 请改", f"退回 {far} 请改"), (75, 10, 10, 5))[0]
        if letter.template == "documents_request" or wrong:
            word = self.rng.choice(WRONG_WORDS)
        is_automatic = wrong and self.rng.random() < 0.2
        self._mails += 1
        identity = f"<reply.{self._mails}@client.example>"
        self.told.about[identity] = letter.request

        def send(process: Process) -> object:
            engine = self.roles.engine(process)
            files: list[File] = []
            if letter.template == "documents_request":
                with engine.store.read() as reader:
                    request = reader.get(Request, letter.request)
                share = 1.0 if self.rng.random() < 0.7 else 0.5
                files = self.files(engine, request, share, wrong=wrong) if request else []
            raw = answering(identity, sender, letter, word, files, is_automatic=is_automatic)
            self._post(identity, sender, letter.token, raw)
            if self.rng.random() < self.world.mood.twice / 2:
                self._post(identity, sender, letter.token, raw)
            return identity

        what = f"{sender} answers {letter.request} by mail: {word}"
        return self._web(), what, self._repeated(f"{sender} again", send)

    def _post(self, identity: str, sender: str, token: str, raw: bytes) -> None:
        """Their server hands the mail in until it is taken; or it lies in our mailbox at once."""
        if self.world.mood.imap:
            self.roles.folder.mails.append(raw)
            self.told.taken[identity] = self.told.taken.get(identity, 0) + 1
            return
        envelope = Envelope(sender, (f"approvals+{token}@{DOMAIN}",), raw)

        def hand_in(process: Process) -> object:
            refusal = mailbox.take(self.roles.office(process), envelope)
            if refusal is None:
                self.told.taken[identity] = self.told.taken.get(identity, 0) + 1
            return refusal or "250"

        def until_taken(process: Process) -> object:
            try:
                return hand_in(process)
            except Killed:
                self._later(600, self.rng.choice(MAIL), f"hands {identity} in again", until_taken)
                raise

        self._later(5, self.rng.choice(MAIL), f"hands {identity} in", until_taken)

    # -- the world outside --------------------------------------------------------------------------------------

    def call(self, key: str) -> str:
        """A call to the outside: it fails, is slow, or the process dies under it."""
        case, round_, _ = key.split("/", 2)
        self.called[f"{case}/{round_}"].add(key)
        world, drawn = self.world, self.rng.random()
        if self.rng.random() < world.mood.wrong * 2:
            self._cancelled_meanwhile(case)
            drawn *= self.rng.choice((0, 1))  # often the call then fails
        if drawn < world.mood.outside / 2:
            if self.rng.random() < 0.5:
                world.pause("no answer", 10)
            raise OutsideFailure("外部没有答复 / no answer")
        if drawn < world.mood.outside:
            world.pause("outside", self.rng.choice((1, 5, 20)))
        if self.rng.random() < world.mood.kill * 5:
            world.die("outside")
        return key

    def _cancelled_meanwhile(self, code: str) -> None:
        """The owner gives the case up while the call takes its time."""
        with self.roles.observer.read() as reader:
            row = reader.get(CaseRow, code)
        if row is not None:
            self._later(2, self._web(), f"cancels {code}", self._cancelling(code, row.owner))
            self.world.pause("outside", 3)

    # -- admins -------------------------------------------------------------------------------------------------

    def helps(self, code: str) -> Callable[[Process], object]:
        """An admin removes the cause and lets the case go on, or gives it up."""
        self.helped[code] += 1

        def help_on(process: Process) -> None:
            if self.helped[code] > MOST_HELP:
                opening.cancel(self.roles.engine(process), code, by=ADMIN, reason="无法继续")
            else:
                attention.retry(self.roles.engine(process), code, ADMIN)

        return self._repeated(f"lets {code} go on again", help_on)

    def _web(self) -> str:
        return self.rng.choice(WEB)

    def _later(self, most: float, process: str, what: str, do: Callable[[Process], object]) -> None:
        self.world.at(self.world.later(self.rng.uniform(0.1, most)), process, what, do)
