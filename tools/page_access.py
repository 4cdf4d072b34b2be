"""docs/access.md: who may open what where people sign in, line by line as the wall reads it. It decides nothing."""

from crm_workflows.interfaces.web import access

HEAD = """# 页面与接口的权限 / Who may open what

由 `make fix` 根据 `crm_workflows/interfaces/web/access.py` 生成；仅在启用登录（[sign-in.zh.md](sign-in.zh.md)）时有效。
表中没有的一律拒绝。“公开”的地址或自身即为密钥（邮件链接），或不含业务内容。

Written from `crm_workflows/interfaces/web/access.py` by `make fix`; it holds where people sign in
([sign-in.md](sign-in.md)). What is not listed is refused. *Anyone* stands beside addresses that are a secret
themselves (links of mails) or show nothing of cases. Pages take sessions, the API takes tokens, `/metrics` takes both.

| | | staff 员工 | process owner 流程负责人 | admin 管理员 | auditor 审计员 |
|---|---|---|---|---|---|
"""


def matrix() -> str:
    """The page."""
    return HEAD + "".join(
        f"| {method} | `{path}` | {' | '.join(_cells(roles))} |\n" for method, path, roles in access.lines()
    )


def _cells(roles: access.Roles) -> list[str]:
    if roles == access.ANYONE:
        return ["公开 anyone"] * len(access.ROLES)
    held = {role: {role} if role == access.AUDITOR else {role, access.STAFF} for role in access.ROLES}
    return ["✓" if held[role] & roles else "–" for role in access.ROLES]
