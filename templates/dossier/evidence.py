"""Whether subject, what silence decided, mails that decided, their senders and documents are those on record."""

import hashlib
import json


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def sha(content):
    return hashlib.sha256(content).hexdigest()


def hidden(address):
    is_erased = address.endswith("@erased.example")  # by law, and stands as the hash of before
    return "sha256:" + (address[7:23] if is_erased else sha(address.lower().encode())[:16])


def of_today(links):
    """The events of the record; of what named somebody who was erased by law, the hash that it has since."""
    events = [(event, {"by": by, "at": at} | data) for _, _, at, event, by, data, *_ in links]
    for old, new in [pair for event, e in events if event == "erased_person" for pair in e["said"]]:
        events = [(event, {name: new if old == value else value for name, value in e.items()}) for event, e in events]
    return events


def identity(file, message_id, sender):
    raw = file.read_bytes().replace(b"\r\n", b"\n") if file.exists() else b""
    body = raw.split(b"\n\n", 1)[-1] if message_id else raw
    plain = b"\n".join(line.rstrip() for line in body.splitlines()).strip()
    return sha(f"{message_id}|{sender}|{sha(plain)}".encode("utf-8", "surrogateescape"))[:20]


def unproven(here, case, events, there):
    """Of a dossier in the folder `here`, whose files have the hashes in `there`, and the events of its record."""
    about = [e["subject"] for event, e in events if event in ("opened_case", "amended")]
    if about[-1:] != [sha(json.dumps(case["subject"], sort_keys=True).encode())]:
        yield "what the case is said to be about is not what is on record"
    gates = [e for event, e in events if event == "lapsed" and e["decision"] not in ("rang", "lapsed")]
    silent = [d for d in case["decisions"] if d["effective"] and d["channel"] == "silence"]
    was, shown = ({(e["request"], e["decision"], e["at"]) for e in some} for some in (gates, silent))
    yield from (f"what silence did to {r}, as shown, is not what is on record" for r in {r for r, *_ in was ^ shown})
    by_mail = {e["evidence"] for _, e in events if e.get("channel") == "reply"}
    mails = {identity(here / f"received/{r['mail']}.eml", r["message_id"], r["from"]) for r in case["replies"]}
    mails |= {mail for mail in by_mail if f"received/{mail}.withheld.txt" in there}
    erased = [e for event, e in events if event == "erased_person"]
    mails |= {e["evidence"] for event, e in events if event == "erased"} | {m for e in erased for m in e["mails"]}
    yield from (f"the mail {mail} that decided is missing or another one" for mail in by_mail - mails)
    was = {(e["evidence"], *how) for _, e in events if "digest" not in e for how in e.get("authentication", {}).items()}
    shown = {(r["mail"], *how) for r in case["replies"] for how in (r["authentication"] or {}).items()}
    yield from (f"the sender of the mail {mail} was not vouched for as shown" for mail in {m for m, *_ in was - shown})
    papers = {file[1] for event, e in events if event == "documents" for file in e["files"]}
    papers -= {file for e in erased for file in e["files"]}
    papers ^= {hash_ for name, hash_ in there.items() if name.startswith("documents/")}
    yield from (f"the document with hash {paper} is not both here and on record" for paper in papers)
