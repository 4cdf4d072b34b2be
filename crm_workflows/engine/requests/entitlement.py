"""Who may answer a request: the person asked, or a dated deputy, never the requester (G-2, G-5). It only reads."""

from collections.abc import Iterable
from dataclasses import dataclass

from crm_workflows.domain.errors import NotEntitled
from crm_workflows.domain.records import Assignee, CaseRow, Request
from crm_workflows.domain.rules import carries_out
from crm_workflows.domain.text import bilingual
from crm_workflows.engine.context import Engine
from crm_workflows.engine.ports import Reader
from crm_workflows.engine.requests.apart import kept_apart
from crm_workflows.engine.requests.sitting import Sitting


@dataclass(frozen=True)
class Standing:
    """As whom somebody answers; `on_behalf_of` names the person they stand in for, `seat` whoever was asked."""

    person: str
    on_behalf_of: str | None = None
    seat: str = ""


@carries_out("G-2", "G-5")
def entitled(engine: Engine, row: CaseRow, request: Request, address: str, reader: Reader) -> Standing:
    """The standing of the person behind an address; raises NotEntitled with one sentence that says why not."""
    directory = engine.staff.directory()
    someone = directory.person(address)
    identity = directory.identity(address)
    # Somebody asked under an address that has become a further one of theirs is still the person asked.
    # What was passed on under such an address, and given back under the other, is theirs again.
    rows = sorted(reader.find(Assignee, request=request.id), key=lambda a: is_passed_on(request, a), reverse=True)
    asked = {directory.identity(a.person): a for a in rows}
    _check_barred(engine, row, request, identity)
    apart = kept_apart(engine, row, request, reader)
    if identity in apart:
        raise _needs_another(request)
    has_left = not someone.active if someone is not None else not getattr(asked.get(identity), "is_outside", True)
    if has_left:
        raise _not_asked(request)
    asked = {who: holder for who, holder in asked.items() if not is_passed_on(request, holder) or who == identity}
    if identity in asked:
        if is_passed_on(request, asked[identity]):
            raise _not_asked(request)
        return Standing(identity, asked[identity].deputy_for, asked[identity].person)
    for holder in asked.values():
        # Back from leave: whoever was asked in their place had it only for them.
        if holder.deputy_for and directory.identity(holder.deputy_for) == identity:
            return Standing(identity, seat=holder.person)
    stood_for = _whom_they_stand_in_for(engine, identity, asked.values())
    for who in stood_for:
        if directory.identity(who) not in apart:
            return Standing(identity, who, who)
    raise _needs_another(request) if stood_for else _not_asked(request)


def _whom_they_stand_in_for(engine: Engine, identity: str, asked: Iterable[Assignee]) -> list[str]:
    """The people asked whose deputy they are today."""
    today, deputies_of = engine.today(engine.clock.now()), engine.staff.directory().deputies_of
    stands_in = (one for one in asked if identity in {deputy.email for deputy in deputies_of(one.person, today)})
    return [one.person for one in stands_in if not one.is_outside]


def _check_barred(engine: Engine, row: CaseRow, request: Request, identity: str) -> None:
    """The requester must not answer an approval, whatever they were asked."""
    directory = engine.staff.directory()
    if (
        request.kind == "approval"
        and identity == directory.identity(row.requester)
        and not _decides_own(engine, row, request)
    ):
        zh = f"您是案件 {row.code} 的申请人，不能审批自己的申请（G-2）"
        raise NotEntitled(bilingual(zh, f"you requested case {row.code} and cannot decide your own request (G-2)"))


def entitled_by_mail(
    engine: Engine, row: CaseRow, request: Request, asked: Assignee, address: str, reader: Reader
) -> None:
    """As `entitled`, for an answer that carries the secret of `asked`: it must come from them or their deputy.

    Raises NotEntitled. Without this, one of several people asked could make it look as if another of them had decided.
    """
    standing = entitled(engine, row, request, address, reader)
    whose = engine.staff.directory().identity
    holders = {whose(asked.person), whose(asked.deputy_for or asked.person)}
    if not holders & {whose(who) for who in (standing.person, standing.on_behalf_of) if who}:
        zh = f"这封回复带有他人的答复凭证；请回复您自己收到的关于 {request.id} 的邮件"
        raise NotEntitled(
            bilingual(zh, f"the reply carries somebody else's secret; answer the mail that you got about {request.id}")
        )


def may_hand_in(engine: Engine, row: CaseRow, request: Request, address: str, reader: Reader) -> Standing:
    """Who may hand in documents: whoever was asked, and the owner or requester for what came another way (SV-3)."""
    directory = engine.staff.directory()
    someone = directory.person(address)
    if someone is not None and someone.active and {row.owner, row.requester} & set(someone.emails):
        return Standing(someone.email)
    return entitled(engine, row, request, address, reader)


def is_passed_on(request: Request, assignee: Assignee) -> bool:
    """Whether somebody else has been asked in this person's place since."""
    if request.status != "open" or assignee.is_active:
        return False
    sitting = Sitting.of(request)
    return sitting is None or assignee.person not in sitting.seats.people()


def _decides_own(engine: Engine, row: CaseRow, request: Request) -> bool:
    return bool(getattr(engine.procedure_of(row).element(request.name), "requester_decides", False))


def _needs_another(request: Request) -> NotEntitled:
    zh = f"事项 {request.id} 须由另一人办理：须与它分开办理的步骤已由您或您所代理的人办理；没有其他人选时，请管理员改派"
    en = f"request {request.id} needs another person: you, or whom you stand in for, did what it is kept apart from; "
    return NotEntitled(bilingual(zh, f"{en}if nobody else is asked, have an administrator reassign it"))


def _not_asked(request: Request) -> NotEntitled:
    zh = f"事项 {request.id} 没有请您答复，请由被征询人或其代理人答复"
    return NotEntitled(
        bilingual(zh, f"you were not asked about request {request.id}; whoever was asked, or a deputy, can answer")
    )
