"""Whether a mail is from whom it says: what a trusted server found out (RFC 8601), or a signature that we checked.

It must not ask name servers (`adapters.sender_check` does) or decide what follows.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from crm_workflows.domain.text import bilingual

_LONGEST: Final = 10_000
_WORD: Final = r"[\w.+-]{1,200}"
_RESULT: Final = re.compile(rf"\s*({_WORD})(?:\s*/\s*\d{{1,3}})?\s*=\s*({_WORD})(.*)", re.DOTALL)
_PROPERTY: Final = re.compile(rf"({_WORD})\s*\.\s*({_WORD})\s*=\s*(\"[^\"]{{0,300}}\"|[^\s;\"]{{1,300}})")
_SERVER: Final = re.compile(rf"\s*\"?({_WORD})\"?(?:\s+\d{{1,3}})?\s*(?=;|$)")


@dataclass(frozen=True, slots=True)
class Authentication:
    """What is known of a sender: `method` is internal, results (the word of the server `by`) or dkim (signed by `by`).

    `why` is a label of one sentence, to be told where it has not passed.
    """

    method: str
    passed: bool
    by: str = ""
    why: str = ""

    def to_json(self) -> dict[str, object]:
        """As it is kept beside the mail."""
        return {"method": self.method, "passed": self.passed, "by": self.by, "why": self.why}


INTERNAL: Final = Authentication("internal", True)


@dataclass(frozen=True, slots=True)
class _Finding:
    method: str
    result: str
    properties: dict[str, str]


def judged_by_results(topmost: str, trusted: Collection[str], address: str) -> Authentication:
    """What the topmost Authentication-Results of a mail says of the sender at `address`.

    Only that one counts, and only of a server in `trusted`: whoever writes the mail can add more of them below.
    """
    found = list(_parts(_without_comments(topmost[:_LONGEST])))
    server = _SERVER.fullmatch(found[0]) if found else None
    if server is None:
        zh = "收信服务器没有写明发件人是否可信"
        return _failed(zh, "the mail server did not say whether the sender is who they say")
    if server[1].lower() not in {name.lower() for name in trusted}:
        zh = f"发件人由未受信任的服务器 {server[1]} 验证"
        return _failed(zh, f"the sender was checked by {server[1]}, a server that is not trusted here")
    findings = list(_findings(found[1:]))
    if _passes(findings, address.rpartition("@")[2]):
        return Authentication("results", True, server[1].lower())
    zh = f"邮件服务器 {server[1]} 未能确认这封邮件确实来自 {address}"
    en = f"the mail server {server[1]} could not confirm that the mail is from {address}"
    return _failed(zh, en, server[1].lower())


def _failed(chinese: str, english: str, by: str = "") -> Authentication:
    return Authentication("results", False, by, bilingual(chinese, english))


def is_aligned(domain: str, sender_domain: str) -> bool:
    """Whether whoever answers for `domain` answers for the sender's: the same, or one above it (RFC 7489 §3.1).

    A domain below or beside the sender's, which DMARC may accept, is left to a server that judges by DMARC. That
    `com.cn` could vouch is no gap (docs/decisions/0029): whoever has keys in that zone could give the domain away.
    """
    domain, sender_domain = domain.lower().rstrip("."), sender_domain.lower().rstrip(".")
    return domain == sender_domain or ("." in domain and sender_domain.endswith(f".{domain}"))


def _passes(findings: Collection[_Finding], domain: str) -> bool:
    """DMARC decides where it has an answer; else a signature or a return path that is aligned with the sender."""
    dmarc = [one for one in findings if one.method == "dmarc" and one.result != "none"]
    if dmarc:
        return all(one.result == "pass" and _of_sender(one, domain) for one in dmarc)
    return any(one.result == "pass" and is_aligned(_domain(one), domain) for one in findings)


def _of_sender(finding: _Finding, domain: str) -> bool:
    return finding.properties.get("header.from", domain).rpartition("@")[2].lower() == domain.lower()


def _domain(finding: _Finding) -> str:
    """For which domain a method vouches; empty for one that we do not know."""
    names = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",)}.get(finding.method, ())
    found = next((finding.properties[name] for name in names if name in finding.properties), "")
    return found.rpartition("@")[2]


def _findings(parts: Collection[str]) -> Iterator[_Finding]:
    for part in parts:
        found = _RESULT.fullmatch(part)
        if found:
            properties = {
                f"{kind}.{name}".lower(): value.strip('"') for kind, name, value in _PROPERTY.findall(found[3])
            }
            yield _Finding(found[1].lower(), found[2].lower(), properties)


def _parts(text: str) -> Iterator[str]:
    """The parts between semicolons that are not quoted."""
    part: list[str] = []
    quoted = False
    for char in text:
        quoted ^= char == '"'
        if char == ";" and not quoted:
            yield "".join(part)
            part = []
        else:
            part.append(char)
    yield "".join(part)


def _without_comments(text: str) -> str:
    """Comments (RFC 5322 §3.2.2), nested ones too, as one blank each: they are written by people and strangers."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for char in text:
        if escaped:
            escaped = False
            continue
        if char == "\\" and (depth or quoted):
            escaped = True
            continue
        quoted ^= char == '"' and not depth
        if char in "()" and not quoted:
            depth = max(0, depth + (1 if char == "(" else -1))
            kept.append(" ")
        elif not depth:
            kept.append(char)
    return "".join(kept) if not depth else ""
