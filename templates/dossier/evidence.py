"""Whether decisions, outcome, documents and deciding mails, as shown, are those on record; for check.py."""

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


def disagreements(here, case, links, there):
    """Of a whole dossier in the folder `here`, whose files have the hashes in `there`."""
    events = [(event, {"by": by, "at": at} | data) for _, _, at, event, by, data, *_ in links]
    names = ("request", "by", "decision", "channel", "on_behalf_of", "at", "said")
    recorded = {tuple(e[name] for name in names) for event, e in events if event == "decided"}
    told = [d for d in case["decisions"] if d["effective"] and d["channel"] != "silence"]
    outside = {by for _, by, *_ in recorded if by.startswith("sha256:")}  # who is not of the company stands as a hash
    told = [d | {"by": hidden(d["by"])} if hidden(d["by"]) in outside else d for d in told]
    told = [{"said": sha(canonical([d["comment"], d["answer"]]))} | d for d in told]  # said comes with what is masked
    for request, *_ in recorded ^ {tuple(d[name] for name in names) for d in told}:
        yield f"the decision on {request} is shown as it is not on record"
    other_ends = {"cancelled": "withdrawn", "undone": None, "reopened": None}
    ends = [other_ends.get(event, e.get("outcome")) for event, e in events if event in ("closed", *other_ends)]
    yield from () if case["outcome"] == (ends or [None])[-1] else ("the outcome shown is not the one on record",)
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
