"""The list of the mailbox when it is long."""

from crm_workflows.domain.records import MailboxMail
from crm_workflows.interfaces.web.mailbox_pages import PAGE_LENGTH
from tests.interfaces.web.world import World


def test_many_mails_are_turned_over_page_by_page(world: World) -> None:
    at = world.office.clock.now()
    with world.office.engine.store.write() as tx:
        for n in range(PAGE_LENGTH + 3):
            to = ["b@two.example"]
            tx.insert(MailboxMail(f"{n:08}", at, "a@one.example", to, f"第{n}封", f"<{n}@one>", 1, "0" * 64))
    first, second, beyond = (world.browser().get("/mailbox", params={"page": page}).text for page in ("", "2", "99"))
    assert (first.count('class="card item"'), second.count('class="card item"')) == (PAGE_LENGTH, 3)
    assert "第52封" in first
    assert "第2封" in second
    assert 'href="/mailbox?to=&amp;page=2"' in first
    assert 'href="/mailbox?to=&amp;page=1"' in second
    assert beyond.count('class="card item"') == 3, "the last one, where one asks for more"
