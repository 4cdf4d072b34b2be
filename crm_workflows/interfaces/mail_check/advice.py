"""What to change when a mail server refuses, by what it said and whose server it is. It must not connect to anything.

The sentences are those of servers and libraries in use; where none is known, the advice is to look at the basics.
"""

import re
from typing import Final, Literal

from crm_workflows.domain.text import LANGUAGES, bilingual, in_language

Way = Literal["smtp", "imap"]
PORTS: Final = {
    "smtp": "SSL 465，STARTTLS 587 / ssl 465, starttls 587",
    "imap": "SSL 993，STARTTLS 143 / ssl 993, starttls 143",
}
CODE: Final = bilingual(
    "密码处须填授权码：登录网页邮箱，在“设置”里开启 IMAP/SMTP 并生成授权码",
    "the password must be an authorisation code: log in to the web mail, switch IMAP/SMTP on there and make one",
)
PROVIDERS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        r"(^|\.)exmail\.qq\.com$",
        bilingual(
            "开启了安全登录的腾讯企业邮箱须填客户端专用密码，且管理员须允许 IMAP/SMTP",
            "Tencent Exmail with safe login wants a client password, and an admin must allow IMAP/SMTP",
        ),
        "qq-exmail",
    ),
    (r"(^|\.)qq\.com$", CODE, "qq-exmail"),
    (r"(^|\.)(163|126|yeah)\.(com|net)$", CODE, "163"),
    (
        r"(^|\.)(aliyun\.com|mxhichina\.com)$",
        bilingual(
            "阿里邮箱须由管理员允许三方客户端，并填三方客户端安全密码",
            "Alibaba Mail wants third-party clients allowed by an admin, and their security password",
        ),
        "aliyun",
    ),
    (
        r"(^|\.)(gmail|google|googlemail)\.com$",
        bilingual(
            "Gmail 须填应用专用密码，或设 CRMW_SMTP_TOKEN_COMMAND 和 CRMW_IMAP_TOKEN_COMMAND",
            "Gmail wants an app password, or CRMW_SMTP_TOKEN_COMMAND and CRMW_IMAP_TOKEN_COMMAND",
        ),
        "gmail",
    ),
    (
        r"(^|\.)(office365|outlook|office)\.com$",
        bilingual(
            "Exchange 365 不接受密码：请设 CRMW_SMTP_TOKEN_COMMAND 和 CRMW_IMAP_TOKEN_COMMAND",
            "Exchange 365 takes no password: set CRMW_SMTP_TOKEN_COMMAND and CRMW_IMAP_TOKEN_COMMAND",
        ),
        "exchange-365",
    ),
)
"""(host, what the login wants, guide under docs/mail)"""
CAUSES: Final[tuple[tuple[str, str], ...]] = (
    ("mixed", r"WRONG_VERSION_NUMBER|wrong version number|record layer|UNEXPECTED_EOF|unexpected eof|packet length"),
    ("name", r"Hostname mismatch|doesn't match|not valid for"),
    ("untrusted", r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|self.signed|not trusted"),
    ("no_starttls", r"STARTTLS extension not supported|does not support the kind of encryption"),
    ("no_login", r"AUTH extension not supported|[Nn]o suitable authentication method|LOGINDISABLED|PRIVACYREQUIRED"),
    ("not_logged_in", r"not logged in|[Rr]elay(?:ing)? (?:access )?(?:denied|not permitted)|[Uu]nable to relay"),
    ("sender", r"[Ss]ender address rejected|to send as this sender|[Mm]ail from (?:address )?must"),
    ("unknown_host", r"Name or service not known|getaddrinfo|nodename|No address associated|name resolution"),
    ("refused", r"Connection refused"),
    ("silent", r"timed? ?out|did not answer in time|Network is unreachable|No route to host"),
    ("dropped", r"Connection unexpectedly closed|Connection reset|socket error|EOF occurred|Broken pipe"),
    ("folder", r"Mailbox doesn't exist|NONEXISTENT|has no folder|Unknown Mailbox|folder not exist"),
    ("login", r"refuses the login|\b53[045]\b|AUTHENTICATIONFAILED|[Aa]uthenti\w+ (?:failed|unsuccessful|required)"),
    ("unsafe", r"Unsafe Login"),
)


ADVICE: Final[dict[str | None, tuple[str, str]]] = {
    "mixed": (
        "端口与 CRMW_{way}_SECURITY 不配：通常 {ports}；改其中之一",
        "port and CRMW_{way}_SECURITY do not fit: usually {ports}; change one of them",
    ),
    "name": (
        "证书不是发给 {host} 的：CRMW_{way}_HOST 请用服务商公布的名称，不要用 IP 或别名",
        "the certificate is not for {host}: set CRMW_{way}_HOST to the name that the provider publishes",
    ),
    "untrusted": (
        "本机不信任其证书：安装公司的根证书（环境变量 SSL_CERT_FILE 指明其文件），或让服务器换用公认的证书",
        "this machine does not trust its certificate: name your authority's in SSL_CERT_FILE, or use a public one",
    ),
    "no_starttls": (
        "服务器不提供 STARTTLS：把 CRMW_{way}_SECURITY 设为 ssl，端口 465/993；仅内网可用 none",
        "the server offers no STARTTLS: set CRMW_{way}_SECURITY to ssl with port 465 or 993; none only in the house",
    ),
    "no_login": (
        "未加密时服务器不让登录：CRMW_{way}_SECURITY 设为 starttls 或 ssl（{ports}）；无需登录的，CRMW_{way}_USER 留空",
        "it offers no login here: set CRMW_{way}_SECURITY to starttls or ssl ({ports}), or leave CRMW_{way}_USER empty",
    ),
    "not_logged_in": (
        "服务器要求先登录：请设 CRMW_{way}_USER 和 CRMW_{way}_PASSWORD",
        "the server wants a login first: set CRMW_{way}_USER and CRMW_{way}_PASSWORD",
    ),
    "unknown_host": (
        "没有这个主机名：核对 CRMW_{way}_HOST 和本机的 DNS",
        "there is no host of this name: check CRMW_{way}_HOST, and the DNS of this machine",
    ),
    "refused": (
        "该端口无服务：核对 CRMW_{way}_PORT，通常 {ports}",
        "nothing listens on that port: check CRMW_{way}_PORT, usually {ports}",
    ),
    "silent": (
        "没有应答：端口与 CRMW_{way}_SECURITY 不配（通常 {ports}），或被防火墙挡住（云主机常封 25 端口）",
        "no answer: port and CRMW_{way}_SECURITY do not fit (usually {ports}), or a firewall (clouds block port 25)",
    ),
    "dropped": (
        "服务器断开连接：核对 CRMW_{way}_PORT 与 CRMW_{way}_SECURITY；仍断开则询问服务商是否限制本机地址",
        "the server hung up: check CRMW_{way}_PORT and CRMW_{way}_SECURITY; else ask whether it blocks this machine",
    ),
    "folder": (
        "核对 CRMW_IMAP_FOLDER；垃圾邮件文件夹可写 \\Junk",
        "check CRMW_IMAP_FOLDER; the folder of junk mail can be written \\Junk",
    ),
    "sender": (
        "服务器不接受发件人：CRMW_MAIL_FROM 的地址须与登录账号相同，或是其别名",
        "the server does not take our sender: the address in CRMW_MAIL_FROM must be the account's, or its alias",
    ),
    "unsafe": (
        "网易须先识别客户端：请在网页邮箱里开启 IMAP 并用授权码登录",
        "NetEase wants to know its clients: switch IMAP on in the web mail and log in by authorisation code",
    ),
    None: (
        "核对 CRMW_{way}_HOST、端口（{ports}）、账号和密码",
        "check CRMW_{way}_HOST, the port ({ports}), user and password",
    ),
}
"""By cause; `way` is SMTP or IMAP."""


def remedy(way: Way, host: str, text: str, code: int = 0) -> str:
    """What to change, a label; `text` is what server or library said, `code` that of SMTP where there is one."""
    cause = "login" if code in (334, 530, 534, 535, 538) else cause_of(text)
    if cause is None and code in (501, 550, 553, 554):
        cause = "sender"
    if cause == "login":
        return _login(way, host)
    zh, en = ADVICE.get(cause, ADVICE[None])
    ports = [in_language(PORTS[way], language) for language in LANGUAGES]
    known = {"way": way.upper(), "host": host}
    return bilingual(zh.format(ports=ports[0], **known), en.format(ports=ports[1], **known))


def is_about_us(text: str) -> bool:
    """Whether a refused recipient was refused for who we are."""
    return cause_of(text) in ("not_logged_in", "sender")


def cause_of(text: str) -> str | None:
    """Which of CAUSES a sentence of a server or library names; None for none."""
    return next((cause for cause, words in CAUSES if re.search(words, text)), None)


def _login(way: Way, host: str) -> str:
    for pattern, wanted, guide in PROVIDERS:
        if re.search(pattern, host.lower()):
            zh, en = (in_language(wanted, language) for language in LANGUAGES)
            return bilingual(f"{zh}；见 docs/mail/{guide}.md", f"{en}; see docs/mail/{guide}.md")
    zh = f"核对 CRMW_{way.upper()}_USER（多为完整邮箱地址）和密码；开启两步验证的须填专用密码或授权码"
    en = f"check CRMW_{way.upper()}_USER (mostly the whole address) and password; with two-step login an app password"
    return bilingual(zh, en)
