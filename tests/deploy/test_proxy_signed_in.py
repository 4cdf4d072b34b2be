"""The shipped proxies where people sign in: real pages behind real TLS, and no way round it."""

import re
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from crm_workflows.domain.records import SignInCode
from crm_workflows.engine.access import codes
from crm_workflows.interfaces.web.serving import server_for
from tests.deploy.test_proxy import NAME, PATIENCE, caddy, certificate, free_port, nginx, running
from tests.interfaces.web.conftest import migrated as migrated
from tests.interfaces.web.world import World, filled, world_at

__all__ = ["certificate"]
WANG = "wang.fang@yongchang.example"


@pytest.fixture
def public(migrated: Path, tmp_path: Path) -> Iterator[tuple[World, int]]:
    """The company's pages behind a declared proxy, on a port of this machine."""
    (tmp_path / "crm.db").write_bytes(migrated.read_bytes())
    settings = {"sign_in": True, "public_url": f"https://{NAME}", "smtp_host": "mail.example.com"}
    with world_at(f"sqlite:///{tmp_path}/crm.db?timeout=10", tmp_path, **settings) as world:
        port = free_port()
        server = server_for(world.app, world.opened.settings, port)
        thread = threading.Thread(target=server.run, name="pages", daemon=True)
        thread.start()
        yield world, port
        server.should_exit = True
        thread.join(PATIENCE)


@pytest.mark.parametrize(("proxy", "file"), [(nginx, "nginx-signed-in.conf"), (caddy, "Caddyfile-signed-in")])
def test_people_sign_in_through_the_proxy_and_by_no_other_way(
    proxy: Callable[[int, int, Path, str], list[str]], file: str, public: tuple[World, int], certificate: Path
) -> None:
    world, pages = public
    port = free_port()
    command = proxy(pages, port, certificate, file)
    trusted = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    with running(command, port, certificate), httpx.Client(verify=trusted, trust_env=False) as browser:
        base, own = f"https://127.0.0.1:{port}", {"Host": f"{NAME}:{port}", "Origin": f"https://{NAME}:{port}"}
        sni = {"sni_hostname": NAME}

        def get(path: str, **more: str) -> httpx.Response:
            return browser.get(base + path, headers=own | more, extensions=sni)

        assert get("/cases").headers["location"] == "/sign-in?next=%2Fcases"
        forged = {"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "http"}
        asking = filled(get("/sign-in").text, address=WANG)
        asked = browser.post(f"{base}/sign-in", data=asking, headers=own | forged, extensions=sni)
        assert asked.headers["location"] == "/sign-in/code"
        with world.office.engine.store.read() as reader:
            (row,) = reader.find(SignInCode)
        assert row.client_key == world.office.engine.secrets.sign("sign-in client", "127.0.0.1"), "not as it pleases"
        kept = _cookie(asked, "__Host-crmw_signing_in")
        typed = filled(get("/sign-in/code", Cookie=kept).text, code=codes.code_of(world.office.engine.secrets, row))
        done = browser.post(f"{base}/sign-in/code", data=typed, headers=own | {"Cookie": kept}, extensions=sni)
        assert done.status_code == 303
        session = _cookie(done, "__Host-crmw_session")
        assert get("/cases", Cookie=session).status_code == 200
        plain = httpx.get(f"http://127.0.0.1:{pages}/cases", headers={"Host": NAME, "Cookie": session}, trust_env=False)
        assert plain.status_code == 421, "past the proxy, in the clear"


def _cookie(answer: httpx.Response, name: str) -> str:
    """What the browser sends back of a cookie that was set for TLS alone."""
    line = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(name))
    assert "Secure" in line
    return re.split(";", line)[0]
