"""The shipped proxies: their programs take the files, and in front of real pages they let in links and no more."""

import datetime
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crm_workflows.interfaces.web.serving import server_for
from tests.deploy.programs import run
from tests.deploy.test_deploy import DEPLOY
from tests.interfaces.web.world import World, filled
from tests.parts import require

NAME = "crm.yongchang.example"
PATIENCE = 20.0
CLOSED = (
    "/",
    "/cases",
    "/inbox",
    "/admin",
    "/mailbox",
    "/api/openapi.json",
    "/metrics",
    "/health/ready",
    "/r",
    "//cases",
)
FORGED = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def pages(world: World) -> Iterator[int]:
    """The company's pages on a port of this machine."""
    port = free_port()
    server = server_for(world.app, world.opened.settings, port)
    thread = threading.Thread(target=server.run, name="pages", daemon=True)
    thread.start()
    yield port
    server.should_exit = True
    thread.join(PATIENCE)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A folder with fullchain.pem and privkey.pem for the name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(begin).not_valid_after(begin + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (tmp_path / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "privkey.pem").write_bytes(key.private_bytes(*plain))
    return tmp_path


@contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """The program, once it listens."""
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    try:
        pause = threading.Event()
        for _ in range(int(PATIENCE / 0.05)):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "proxy.log").read_text("utf-8")
            pause.wait(0.05)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def nginx(pages: int, port: int, folder: Path, file: str = "nginx.conf") -> list[str]:
    """nginx on a shipped file, which keeps its rules and gets ports and places of this machine."""
    program = require("nginx")
    text = (DEPLOY / "proxy" / file).read_text("utf-8")
    own = f"pid {folder}/pid; daemon off; http {{"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    for old, new in {
        "http {": own + "".join(f" {kind}_temp_path {folder}/{kind};" for kind in kinds),
        "/var/log/nginx": str(folder),
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "127.0.0.1:8000": f"127.0.0.1:{pages}",
        "/etc/nginx/tls": str(folder),
    }.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(text, "utf-8")
    command = [program, "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"]
    assert "test is successful" in run(*command, "-t")
    return command


def caddy(pages: int, port: int, folder: Path, file: str = "Caddyfile") -> list[str]:
    """Caddy on a shipped file, likewise."""
    program = require("caddy")
    text = (DEPLOY / "proxy" / file).read_text("utf-8").replace("127.0.0.1:8000", f"127.0.0.1:{pages}")
    (folder / "shipped").write_text(text, "utf-8")
    assert "Valid configuration" in run(program, "validate", "--adapter", "caddyfile", "--config", f"{folder}/shipped")
    own = f"{{\n\tadmin off\n\tauto_https off\n\tstorage file_system {folder}/caddy\n"
    tls = f"{NAME}:{port} {{\n\ttls {folder}/fullchain.pem {folder}/privkey.pem\n"
    for old, new in {r"^{\n": own, rf"^{NAME} {{\n": tls}.items():
        text, changed = re.subn(old, new, text, flags=re.MULTILINE)
        assert changed == 1
    (folder / "Caddyfile").write_text(text, "utf-8")
    return [program, "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_links_are_answered_through_the_proxy_and_nothing_else_is_reached(
    proxy: Callable[[int, int, Path], list[str]], world: World, pages: int, certificate: Path
) -> None:
    link = world.link(world.office.until_gate())
    port = free_port()
    command = proxy(pages, port, certificate)
    trusted = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    with running(command, port, certificate), httpx.Client(verify=trusted, trust_env=False) as browser:
        asked: dict[str, Any] = {"headers": {"Host": NAME}, "extensions": {"sni_hostname": NAME}}
        at = f"https://127.0.0.1:{port}"
        for path in CLOSED:
            assert browser.get(at + path, **asked).status_code == 404, path
        for letter in "rtds":  # the pages themselves say that there is no such link
            assert "referrer-policy" in browser.get(f"{at}/{letter}/{'a' * 32}", **asked).headers, letter
        shown = browser.get(at + link, **asked)
        assert shown.status_code == 200
        assert shown.headers["strict-transport-security"]
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert browser.get(f"{at}/style.css", **asked).status_code == 200
        form = filled(shown.text, decision="approve")
        own = {"Host": NAME, "Origin": "null", "Sec-Fetch-Site": "same-origin"}
        foreign = browser.post(at + link, data=form, headers=own | FORGED, extensions=asked["extensions"])
        assert foreign.status_code == 403
        answered = browser.post(at + link, data=form, headers=own, extensions=asked["extensions"])
        assert answered.status_code == 303
        assert answered.headers["location"].startswith(link)


@pytest.mark.parametrize("file", ["nginx.conf", "nginx-signed-in.conf", "Caddyfile", "Caddyfile-signed-in"])
def test_no_proxy_writes_down_a_link_that_it_could_not_pass_on(file: str, certificate: Path) -> None:
    port = free_port()
    command = (caddy if file.startswith("Caddy") else nginx)(free_port(), port, certificate, file)
    trusted = ssl.create_default_context(cafile=str(certificate / "fullchain.pem"))
    with running(command, port, certificate), httpx.Client(verify=trusted, trust_env=False) as browser:
        link, more = f"https://127.0.0.1:{port}/r/{'s3cret' * 6}", {"sni_hostname": NAME}
        asked = browser.get(link, headers={"Host": NAME, "Referer": link}, extensions=more)
        assert asked.status_code == 502, "nobody listens behind it"
    said = "".join(path.read_text("utf-8") for path in certificate.glob("*.log"))
    assert "s3cret" not in said
