"""docs/deploy against the program: every command, option, setting and metric it names exists; its files are valid."""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from crm_workflows.domain.records import Duty
from crm_workflows.interfaces.cli.main import build
from crm_workflows.settings import Settings
from tests.deploy.programs import run
from tests.interfaces.web.world import World
from tests.parts import require

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
PAGES = [path for path in FILES if path.suffix == ".md"]
MONITORING = [DEPLOY / "monitoring.md", DEPLOY / "monitoring.zh.md"]
MANIFESTS = [path for path in FILES if path.suffix in (".yaml", ".yml")]
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
IN_TEXT = re.compile(r"`((?:crmw|prefect) [^`]+)`")


def test_the_folder_is_read() -> None:
    assert len(PAGES) >= 6
    assert len(MANIFESTS) >= 7


# -- commands -----------------------------------------------------------------------------------------------------


def words(line: str) -> list[str] | None:
    """What follows `crmw` in a line of a shell, None where it is another program's."""
    found = re.search(r"(?:^|\s|bin/)crmw(?=\s)(.*?)(?:;|\)|&&|\||$)", line)
    return shlex.split(found[1], comments=True) if found else None


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every call of `crmw` with the file it stands in."""
    for path in PAGES:
        text = path.read_text("utf-8")
        lines = [line for block in SHELL.findall(text) for line in block.splitlines()]
        lines += [one for one in IN_TEXT.findall(text) if "@" not in one.split(" ", 2)[1]]
        yield from ((path.name, said) for line in lines if (said := words(line)))
    for path in (DEPLOY / "systemd").glob("*.service"):
        (line,) = re.findall(r"^ExecStart=(.*)$", path.read_text("utf-8"), re.MULTILINE)
        yield from ((path.name, said) for said in [words(line.replace("'", ""))] if said)
    for path in MANIFESTS:
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            yield from ((path.name, said) for said in _arguments(document))


def _arguments(document: Any) -> Iterator[list[str]]:
    """The arguments of our image in a manifest or a compose file."""
    if isinstance(document, dict):
        said = document.get("args") or document.get("command")
        if "crm-workflows" in str(document.get("image", "")) and said:
            yield said
        for value in document.values():
            yield from _arguments(value)
    elif isinstance(document, list):
        for value in document:
            yield from _arguments(value)


def wrong_with(said: list[str]) -> str | None:
    """Why the program would not understand these words, None when it would."""
    command: Any = typer.main.get_command(build())
    while said:
        word, *said = said
        name = word.partition("=")[0]
        if name.startswith("-"):
            options = [option for option in command.params if name in (*option.opts, *option.secondary_opts)]
            if not options:
                return f"no option {name} in {command.name}"
            if not options[0].is_flag and "=" not in word:
                said = said[1:]
        elif hasattr(command, "commands"):
            if word not in command.commands:
                return f"no command {word}"
            command = command.commands[word]
    return None


def test_every_command_and_option_is_one_of_the_program() -> None:
    found = list(commands())
    assert len(found) > 20
    assert {said[0] for _, said in found} >= {"up", "worker", "--home", "backup", "migrate", "mail"}
    wrong = [f"{file}: crmw {' '.join(said)}: {why}" for file, said in found if (why := wrong_with(said))]
    assert wrong == []


@pytest.mark.parametrize("said", ["upp", "worker --metric-port 1", "people chek x", "--hom x up"])
def test_what_the_program_would_refuse_is_noticed(said: str) -> None:
    assert wrong_with(said.split())


# -- settings, metrics, manifests ---------------------------------------------------------------------------------


def test_every_setting_is_one_of_the_program() -> None:
    ours = {f"CRMW_{name.upper()}" for name in Settings.model_fields}
    named = {name for path in FILES for name in re.findall(r"\bCRMW_[A-Z_]+\b", path.read_text("utf-8"))}
    assert named <= ours
    assert len(named) > 12


def test_processes_speak_chinese_until_somebody_wants_english() -> None:
    """Else the image, which has no language, answers whoever looks into it in English."""
    assert re.findall(r"^LANG=(.*)$", (DEPLOY / "systemd" / "crm.env").read_text("utf-8"), re.MULTILINE) == [
        "zh_CN.UTF-8"
    ]
    shared, *_ = yaml.safe_load_all((DEPLOY / "kubernetes" / "settings.yaml").read_text("utf-8"))
    assert shared["data"]["LANG"] == "zh_CN.UTF-8"


def test_every_setting_of_prefect_is_one_of_prefect() -> None:
    from prefect.settings import Settings as PrefectSettings
    from prefect.settings.legacy import _get_settings_fields

    theirs = set(_get_settings_fields(PrefectSettings))
    named = {name for path in FILES for name in re.findall(r"\bPREFECT_[A-Z_]+\b", path.read_text("utf-8"))}
    assert named <= theirs
    assert named


def test_every_metric_is_one_that_is_told(world: World) -> None:
    with world.office.engine.store.write() as tx:
        tx.insert(Duty("imap", "a", 1))
    browser = world.browser()
    browser.get("/health/live")
    told = set(re.findall(r"^(crmw_\w+)", browser.get("/metrics").text, re.MULTILINE))
    watched = [*MONITORING, *(DEPLOY / "prometheus").iterdir()]
    named = {name for path in watched for name in re.findall(r"\bcrmw_[a-z_]+\b", path.read_text("utf-8"))}
    assert {name for name in named if name not in told and not any(t.startswith(f"{name}_") for t in told)} == set()
    for page in MONITORING:
        explained = set(re.findall(r"\bcrmw_[a-z_]+\b", page.read_text("utf-8")))
        assert {_bare(name) for name in told} <= {_bare(name) for name in explained}, f"not explained in {page.name}"


def _bare(metric: str) -> str:
    return re.sub(r"_(bucket|count|sum|created|total)$", "", metric)


@pytest.mark.parametrize("page", MONITORING, ids=lambda page: page.name)
def test_every_alert_says_what_to_do(page: Path) -> None:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text("utf-8"))["groups"]
    alerts = {rule["alert"] for group in groups for rule in group["rules"]}
    assert alerts == set(re.findall(r"^\| (Crmw\w+) \|", page.read_text("utf-8"), re.MULTILINE))


def test_manifests_name_what_is_there() -> None:
    """Settings and secrets that a container reads, ports that a service leads to."""
    documents = [d for path in MANIFESTS for d in yaml.safe_load_all(path.read_text("utf-8")) if "kind" in d]
    have = {(d["kind"], d["metadata"]["name"]) for d in documents}
    assert {"Deployment", "Job", "Service", "Ingress", "ConfigMap", "Secret"} == {kind for kind, _ in have}
    text = "".join(path.read_text("utf-8") for path in (DEPLOY / "kubernetes").iterdir())
    for kind, name in re.findall(r"(configMap|secret)Ref: \{name: ([\w-]+)\}", text):
        assert (kind[0].upper() + kind[1:].replace("map", "Map"), name) in have
    made = re.findall(r"kubectl create configmap ([\w-]+)", (DEPLOY / "README.md").read_text("utf-8"))
    mounted = set(re.findall(r"configMap: \{name: ([\w-]+)\}", text))
    assert mounted == {"crm-config", "crm-proxy"} <= {*made, *(name for kind, name in have if kind == "ConfigMap")}
    (service,) = (d for d in documents if d["kind"] == "Service")
    ports = set(re.findall(r"\{name: (\w+), containerPort", text))
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_every_pod_runs_as_nobody_who_can_become_more() -> None:
    pods = 0
    for path in (DEPLOY / "kubernetes").iterdir():
        for document in yaml.safe_load_all(path.read_text("utf-8")):
            pod = document.get("spec", {}).get("template", {}).get("spec")
            if pod is None:
                continue
            pods += 1
            assert pod["securityContext"]["runAsNonRoot"], path.name
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, path.name
            for container in pod["containers"]:
                allowed = container["securityContext"]
                assert allowed == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}, path.name
    assert pods == 3


def test_no_page_points_to_a_file_that_is_not_there() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


# -- programs of others -------------------------------------------------------------------------------------------


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = require("systemd-analyze")
    here = str(Path(sys.executable).parent)
    shutil.copytree(DEPLOY / "systemd", tmp_path, dirs_exist_ok=True)
    units = [*tmp_path.glob("*.service"), *tmp_path.glob("*.timer")]
    for path in units:
        path.write_text(path.read_text("utf-8").replace("/opt/crm-workflows/bin", here), "utf-8")
    assert len(units) == 6
    said = run(program, "verify", "--man=no", *(str(path).replace("@.", "@1.") for path in units))
    assert [line for line in said.splitlines() if "crm" in line or "prefect" in line or "hardening" in line] == []


def test_every_unit_of_ours_is_one_of_those_that_are_hardened_together() -> None:
    folder = DEPLOY / "systemd" / "crmw-.service.d"
    together = {line.partition("=")[0] for line in (folder / "hardening.conf").read_text("utf-8").splitlines()}
    assert together >= {"ProtectSystem", "NoNewPrivileges", "SystemCallFilter", "ReadWritePaths"}
    for path in (DEPLOY / "systemd").glob("*.service"):
        own = {line.partition("=")[0] for line in path.read_text("utf-8").splitlines()}
        if "crmw" in path.name:
            assert path.name.startswith("crmw-"), "else the folder is not read for it"
            assert not own & (together - {"[Service]"}), "said twice"
        else:
            assert own >= {"ProtectSystem", "NoNewPrivileges"}
