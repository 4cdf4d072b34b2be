"""Whether the mails that decided, what was known of their senders, and the documents are those on record."""

import hashlib
import json


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def sha(content):
    return hashlib.sha256(content).hexdigest()


def hidden(address):
    return "sha256:" + sha(address.lower().encode())[:16]


def identity(file, message_id, sender):
    raw = file.read_bytes().replace(b"\r\n", b"\n") if file.exists() else b""
    body = raw.split(b"\n\n", 1)[-1] if message_id else raw
    plain = b"\n".join(line.rstrip() for line in body.splitlines()).strip()
    return sha(f"{message_id}|{sender}|{sha(plain)}".encode("utf-8", "surrogateescape"))[:20]


def unproven(here, case, events, there):
    """Of a dossier in the folder `here`, whose files have the hashes in `there`, and the events of its record."""
    by_mail = {e["evidence"] for _, e in events if e.get("channel") == "reply"}
    mails = {identity(here / f"received/{r['mail']}.eml", r["message_id"], r["from"]) for r in case["replies"]}
    mails |= {mail for mail in by_mail if f"received/{mail}.withheld.txt" in there}
    mails |= {e["evidence"] for event, e in events if event == "erased"}
    yield from (f"the mail {mail} that decided is missing or another one" for mail in by_mail - mails)
    was = {(e["evidence"], *how) for _, e in events if "digest" not in e for how in e.get("authentication", {}).items()}
    shown = {(r["mail"], *how) for r in case["replies"] for how in (r["authentication"] or {}).items()}
    yield from (f"the sender of the mail {mail} was not vouched for as shown" for mail, *_ in was - shown)
    papers = {file[1] for _, e in events for file in e.get("files", ())}
    papers ^= {hash_ for name, hash_ in there.items() if name.startswith("documents/")}
    yield from (f"the document with hash {paper} is not both here and on record" for paper in papers)
