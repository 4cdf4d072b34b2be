"""The server key: one per installation, kept private, and every secret derived from it."""

import os
import re
import secrets
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_workflows.adapters.keys import KEY_FILE, ServerKey, load_or_create_key
from crm_workflows.domain.errors import ConfigurationError

KEY = ServerKey(b"k" * 32)
WORD = st.text(max_size=8)


def test_created_once_and_found_again(tmp_path: Path) -> None:
    first = load_or_create_key(tmp_path / "home")
    again = load_or_create_key(tmp_path / "home")
    assert first.sign("x", "y") == again.sign("x", "y")
    assert load_or_create_key(tmp_path / "other").sign("x", "y") != first.sign("x", "y")


def test_only_the_owner_can_ever_read_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    load_or_create_key(tmp_path)
    assert caplog.text == "", "it was born open and had to be closed"
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    load_or_create_key(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    load_or_create_key(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_starting_together_ends_with_one_key(tmp_path: Path) -> None:
    start, found = threading.Barrier(8), []

    def one() -> None:
        start.wait(10)
        found.append(load_or_create_key(tmp_path).sign("x", "y"))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_key_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a power cut there is a whole key or none: half of one would refuse every start."""
    synced = []

    def look(file: int) -> None:
        synced.append((os.fstat(file).st_size, (tmp_path / KEY_FILE).exists()))

    monkeypatch.setattr(os, "fsync", look)
    load_or_create_key(tmp_path)
    assert synced == [((tmp_path / KEY_FILE).stat().st_size, False)]


@pytest.mark.parametrize("content", ["", "not hex", "00ff", "00" * 31])
def test_a_damaged_key_is_reported_and_never_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / KEY_FILE).write_text(content)
    with pytest.raises(ConfigurationError, match="backup"):
        load_or_create_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_text() == content


def test_a_configured_key_is_used_and_leaves_no_file(tmp_path: Path) -> None:
    configured = "correct horse battery staple, and a little more"
    assert load_or_create_key(tmp_path, configured).sign("x", "y") == ServerKey(configured.encode()).sign("x", "y")
    assert list(tmp_path.iterdir()) == []


def test_the_content_of_the_key_file_is_the_same_key_as_a_setting(tmp_path: Path) -> None:
    kept = load_or_create_key(tmp_path)
    pasted = load_or_create_key(tmp_path / "other", (tmp_path / KEY_FILE).read_text())
    assert pasted.public_key() == kept.public_key()
    half = "0f" * 16
    assert load_or_create_key(tmp_path, half).sign("x", "y") == ServerKey(half.encode()).sign("x", "y")


def test_a_short_configured_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="CRMW_SECRET_KEY"):
        load_or_create_key(tmp_path, "short")


def test_secrets_fit_addresses_and_links() -> None:
    assert re.fullmatch(r"[a-z2-7]{32}", KEY.token("r", "p@example.com", 1, KEY.nonce()))
    assert re.fullmatch(r"[a-z2-7]{32}", KEY.nonce())
    assert re.fullmatch(r"[a-z2-7]{52}", KEY.sign("form", "x"))
    assert KEY.nonce() != KEY.nonce()


@pytest.mark.parametrize("byte", range(32))
def test_a_secret_is_as_long_whatever_letter_it_ends_with(byte: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "token_bytes", lambda many: bytes([byte]) * many)
    assert len(KEY.nonce()) == 32


@given(st.tuples(WORD, WORD, st.integers(0, 99), WORD), st.tuples(WORD, WORD, st.integers(0, 99), WORD))
def test_a_token_is_for_one_person_one_request_one_revision(
    a: tuple[str, str, int, str], b: tuple[str, str, int, str]
) -> None:
    assert (KEY.token(*a) == KEY.token(*b)) == (a == b)


def test_purposes_do_not_mix() -> None:
    assert KEY.sign("form", "x") != KEY.sign("checkpoint", "x")
    assert KEY.sign("ab", "c") != KEY.sign("a", "bc")
    assert ServerKey(b"l" * 32).sign("form", "x") != KEY.sign("form", "x")


def test_secrets_are_what_earlier_versions_made_of_the_same_key() -> None:
    """Links and reply addresses on their way, and checkpoints that left the house, outlive every release."""
    key = ServerKey(b"k" * 32)
    assert key.token("SV-2026-00001-R1", "li@yongchang.example", 0, "n") == "krtlgx2qbktehxbv6vknt7i2f4b5pvvh"
    assert key.sign("reply", "x") == "g64xzbdatc2gmlqkivlnzcgzedz7ezb2kce6cgyk2j37e354fkfq"
    assert key.public_key() == "5fb4ba54ecd25d1adf23d1ca4bfd5e603ff530118c99b7f78c62dfef1ddbfea0"
    assert key.seal(b"content") == (
        "763cbd1cae31099eb86c5a53fa4603b4a9caccea96cde1c62335b02cdd4a128b"
        "bc385c7f7e66e9d78b98131fd589416c4b248d1495a481d11a8b8b1fd69c1f0a"
    )


def test_only_the_seal_of_this_content_by_this_key_is_one() -> None:
    seal, other = KEY.seal(b"content"), ServerKey(b"o" * 32).public_key()
    assert KEY.is_seal(KEY.public_key(), b"content", seal) is True
    for wrong in ((KEY.public_key(), b"other", seal), (other, b"content", seal), ("no key", b"content", seal)):
        assert KEY.is_seal(*wrong) is False


def test_the_home_is_made_with_all_above_it(tmp_path: Path) -> None:
    assert load_or_create_key(tmp_path / "a" / "b").nonce()
