"""What the help calls the values to be given, in the language of the terminal. It must not change what is accepted."""

import re
from typing import Any, Final

from crm_workflows.interfaces.cli.language import told

NAMES: Final = {
    "ADDRESS": "邮箱", "ARGS": "参数", "CODE": "编号", "COMMAND": "命令", "DATE": "日期", "DECISION": "决定",
    "EMAIL": "邮箱", "FIELD": "字段", "FILE": "文件", "ID": "编号", "KIND": "种类", "LIST": "名单", "NAME": "名称",
    "NUMBER": "数字", "OPTIONS": "选项", "PACKAGE": "程序包", "PATH": "路径", "PERSON": "人员", "PROCESS": "流程",
    "ROUND": "计划", "RULE": "规则", "STATUS": "状态", "TEXT": "文字", "VALUE": "值", "VERSION": "版本",
}  # fmt: skip
KINDS: Final = {str: "TEXT", int: "NUMBER", float: "NUMBER"}
_CAPITALS: Final = re.compile(r"[A-Z]{2,}")


def name_values(command: Any) -> None:
    """Name what each parameter of the command takes; nothing for a switch, since it takes nothing."""
    for parameter in command.params:
        if parameter.param_type_name == "option":
            parameter.metavar = "" if getattr(parameter, "is_flag", False) else parameter.metavar or _kind(parameter)
        else:
            parameter.display_type_rich = lambda **_: ""  # its name stands before it
        if parameter.metavar:
            parameter.metavar = named(parameter.metavar)
        if getattr(parameter, "hidden", False):
            parameter.get_usage_pieces = lambda _: []
    for attribute in ("options_metavar", "subcommand_metavar"):
        if getattr(command, attribute, None):
            setattr(command, attribute, named(getattr(command, attribute)))


def named(metavar: str) -> str:
    """The metavar in the language of the terminal; words of no such list, as SV, stay."""
    chinese = _CAPITALS.sub(lambda found: NAMES.get(found[0], found[0]), metavar)
    return told(f"{chinese} / {metavar}")


def _kind(parameter: Any) -> str:
    return KINDS.get(getattr(getattr(parameter, "type_descriptor", None), "annotation", str), "PATH")
