"""A setting that is misspelt or has a wrong value is told with its line and what was meant, in both languages."""

from pathlib import Path

import pytest

from crm_workflows.domain.errors import ConfigurationError
from crm_workflows.domain.text import in_language
from crm_workflows.settings import Settings

OF_CONTAINERS = (
    "CRMW_PORT",
    "CRMW_SERVICE_HOST",
    "CRMW_SERVICE_PORT_HTTP",
    "CRMW_PORT_8000_TCP_ADDR",
    "CRMW_REQUIRE_PARTS",
    "CRMW_SOAK_SEED",
)


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`config/settings.env` of this test; the environment has no settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRMW_HOME", raising=False)
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "settings.env"


def told() -> tuple[str, str]:
    """The first finding, in Chinese and English."""
    with pytest.raises(ConfigurationError) as wrong:
        Settings.load()
    return in_language(wrong.value.findings[0], "zh"), in_language(wrong.value.findings[0], "en")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CRMW_SMPT_HOST", "CRMW_SMTP_HOST"),
        ("CRMW_PUBLICURL", "CRMW_PUBLIC_URL"),
        ("CRMW_DATABASE", "CRMW_DATABASE_URL"),
        ("CRMW_IMAP3_PASWORD", "CRMW_IMAP3_PASSWORD"),
    ],
)
def test_a_misspelt_name_in_the_environment_is_no_silent_default(
    settings_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "x")
    assert told() == (f"没有设置 {name}，是否指 {meant}？", f"there is no setting {name}; did you mean {meant}?")
    assert not settings_file.exists()


def test_names_that_containers_and_tests_put_there_are_left_alone(
    settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in OF_CONTAINERS:
        monkeypatch.setenv(name, "tcp://10.0.0.1:8000")
    assert Settings.load().home == Path(".crmw"), settings_file


@pytest.mark.parametrize(
    ("line", "english"),
    [
        ("CRMW_SMPT_HOST=x", "there is no setting CRMW_SMPT_HOST; did you mean CRMW_SMTP_HOST?"),
        ("CRMW_PASSWORD_OF_MAIL=x", "there is no setting CRMW_PASSWORD_OF_MAIL; remove it"),
        ("SMTP_HOST=x", "there is no setting SMTP_HOST; did you mean CRMW_SMTP_HOST?"),
        ("export CRMW_SIGNIN=on", "there is no setting CRMW_SIGNIN; did you mean CRMW_SIGN_IN?"),
        ("CRMW_SMTP_HOST: x", "CRMW_SMTP_HOST is followed by = and its value"),
        ("CRMW_SMTP_PORT=mail", "CRMW_SMTP_PORT: it must be a whole number; correct the setting"),
        ("CRMW_SMTP_PORT=70000", "CRMW_SMTP_PORT: it must be at most 65535; correct the setting"),
        ("CRMW_SMTP_TIMEOUT=soon", "CRMW_SMTP_TIMEOUT: it must be a number; correct the setting"),
        ("CRMW_SPEED=0", "CRMW_SPEED: it must be more than 0; correct the setting"),
        ("CRMW_SIGN_IN=maybe", "CRMW_SIGN_IN: it must be on or off; correct the setting"),
        ("CRMW_SMTP_SECURITY=tls", "CRMW_SMTP_SECURITY: it must be 'none', 'starttls' or 'ssl'; correct the setting"),
        ("CRMW_NOW=tomorrow", "CRMW_NOW: it must be written as 2026-03-02T09:00:00+08:00; correct the setting"),
        ("CRMW_NOW=2026-03-02T09:00:00", "CRMW_NOW: it needs a zone, such as 2026-03-02T09:00:00+08:00; correct "),
        ("CRMW_PUBLIC_URL=crm", "CRMW_PUBLIC_URL: this is no address of a web server, such as https://crm.example.com"),
        ("CRMW_IMAP2_PORT=mail", "CRMW_IMAP2_PORT: it must be a whole number; correct the setting"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(settings_file: Path, line: str, english: str) -> None:
    settings_file.write_text(f"# ours\nTZ=Asia/Shanghai\n\n{line}\n", encoding="utf-8")
    zh, en = told()
    assert en.startswith(f"config/settings.env:4: {english}")
    assert zh.startswith("config/settings.env:4: ")
    assert any("\u4e00" <= letter <= "\u9fff" for letter in zh)


def test_choices_are_listed_in_either_language(settings_file: Path) -> None:
    settings_file.write_text("CRMW_TRACKING=sometimes\n", encoding="utf-8")
    assert "只能是 'auto'、'always'、'off' 之一" in told()[0]


def test_the_environment_goes_before_the_file_and_is_what_is_wrong_then(
    settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_file.write_text("CRMW_SMTP_PORT=25\n", encoding="utf-8")
    monkeypatch.setenv("CRMW_SMTP_PORT", "mail")
    assert told() == (
        "CRMW_SMTP_PORT：须为整数，请更正此设置",
        "CRMW_SMTP_PORT: it must be a whole number; correct the setting",
    )


def test_a_file_that_is_not_utf8_is_told_with_the_line(settings_file: Path) -> None:
    settings_file.write_bytes("CRMW_SMTP_PORT=25\nCRMW_MAIL_FROM=永昌 <crm@a.example>\n".encode("gb18030"))
    assert told()[1] == "config/settings.env:2: the file is not written in UTF-8; save it as UTF-8"


def test_every_setting_that_is_shipped_as_an_example_is_known(settings_file: Path) -> None:
    example = Path(__file__).resolve().parents[3] / "config" / "settings.env.example"
    shown = [line.removeprefix("# ") for line in example.read_text("utf-8").splitlines() if line.startswith("# CRMW_")]
    names = "".join(f"{line.partition('=')[0]}=\n" for line in shown)
    settings_file.write_text(names, encoding="utf-8")
    assert len(shown) > 40
    assert Settings.load().smtp_host == ""
