"""What a dossier takes out of the house while a case is still open: nothing by which somebody could decide."""

from crm_workflows.engine.dossier import dossier
from crm_workflows.testing import MemoryStore
from tests.office import Office


def taken_out(office: Office, code: str) -> dict[str, bytes]:
    return dict(dossier(office.engine, code, lambda _: ""))


def test_a_reply_that_still_decides_is_withheld_until_its_request_is_decided() -> None:
    office = Office(MemoryStore())
    code = office.until_gate()
    asked = office.asking(code)
    office.reply(asked, "嗯")
    secret = office.token(asked).encode()
    before = taken_out(office, code)
    assert [name for name in before if name.startswith("received/") and name.endswith(".withheld.txt")]
    assert not [name for name, content in before.items() if secret in content]
    office.reply(asked, "同意")
    after = taken_out(office, code)
    assert len([name for name in after if name.startswith("received/") and name.endswith(".eml")]) == 2
