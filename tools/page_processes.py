"""docs/processes.md: each process as a drawing, and every mail that it may send, by the shipped people and policy.

It must not hold anything of a process: the page is read from the procedures.
"""

from crm_workflows.adapters.configuration.config_files import parse_people, parse_policy
from crm_workflows.adapters.configuration.processes import load_processes
from crm_workflows.interfaces.catalogue import everywhere, page_of
from crm_workflows.shipped import shipped

HEAD = """# 流程与邮件 Processes and their mails

由 `make fix` 根据各流程程序和 `config/` 生成；`crmw catalogue` 按现行人员和政策打印，包括自己的流程。邮件内容见
[messages.md](messages.md)。虚线表示可能不经过。

Written from the procedures and `config/` by `make fix`; `crmw catalogue` prints it by the people and the policy in
force, your own processes too. What the mails say is in [messages.md](messages.md). A dotted line may not be taken.
"""


def processes() -> str:
    """The whole page; processes that other cases book come last."""
    people, policy = ((shipped("config") / f"{kind}.yaml").read_text(encoding="utf-8") for kind in ("people", "policy"))
    directory, rules = parse_people(people), parse_policy(policy)
    made = sorted(load_processes().values(), key=lambda one: (one.booked, one.name))
    return "\n\n".join([HEAD.rstrip(), *(page_of(one, directory, rules) for one in made), everywhere()]) + "\n"
