"""Checks a dossier by itself: run `python3 check.py` in its folder. Needs Python 3.9 or later and nothing else.

Every file must be as the manifest says that the company has signed; the record in audit.json must hold by itself, agree
with the checkpoints signed before by the same key, and name every document and every mail that was an answer; what
case.json shows as decided and as the outcome must be what is on record. It shares no code with the program that wrote
the files. Compare the public key that it prints with the one you were given by another way.
"""

import hashlib
import json
import re
import sys
from datetime import datetime
from pathlib import Path

P, D = 2**255 - 19, -121665 * pow(121666, 2**255 - 21, 2**255 - 19)  # the curve of Ed25519, RFC 8032
BASE = "5866666666666666666666666666666666666666666666666666666666666666"


def point(text):
    number = int.from_bytes(bytes.fromhex(text), "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        raise ValueError("no point of the curve")
    return (P - x if x & 1 != sign else x), y


def add(a, b):
    xx, yy = a[0] * b[0], a[1] * b[1]
    both = D * xx * yy
    x = (a[0] * b[1] + b[0] * a[1]) * pow(1 + both, P - 2, P) % P
    return x, (yy + xx) * pow(1 - both, P - 2, P) % P


def times(number, of):
    result = (0, 1)
    for bit in f"{number:b}":
        result = add(result, result)
        result = add(result, of) if bit == "1" else result
    return result


def signed(key, content, signature):
    try:
        r, s = signature[:64], int.from_bytes(bytes.fromhex(signature[64:]), "little")
        h = int.from_bytes(hashlib.sha512(bytes.fromhex(r + key) + content).digest(), "little")
        return times(s, point(BASE)) == add(point(r), times(h, point(key)))
    except ValueError:
        return False


def unsigned(folder):
    manifest = json.loads((folder / "manifest.json").read_bytes())
    key, files = manifest["public_key"], manifest["files"]
    content = json.dumps([manifest["case"], manifest["at"], files, key], ensure_ascii=False, sort_keys=True).encode()
    if not signed(key, content, manifest["signature"]):
        yield "the manifest does not bear a good signature"
    there = {
        f.relative_to(folder).as_posix(): f for f in folder.rglob("*") if f.is_file() and f.name != "manifest.json"
    }
    yield from (f"{name} is missing" for name in sorted(files.keys() - there))
    yield from (f"{name} does not belong to this dossier" for name in sorted(there.keys() - files.keys()))
    for name in sorted(files.keys() & there):
        if hashlib.sha256(there[name].read_bytes()).hexdigest() != files[name]:
            yield f"{name} was changed"


def disagreements(links, case):
    shown = {d["request"] + d["by"]: d for d in case["decisions"] if d["effective"] and d["channel"] != "silence"}
    recorded = {link[5]["request"] + link[4]: link for link in links if link[3] == "decided"}
    for key in sorted(shown.keys() ^ recorded.keys()):
        yield f"the decision on {key} is shown or on record, but not both"
    for key in sorted(shown.keys() & recorded.keys()):
        d, data = shown[key], recorded[key][5]
        said = json.dumps([d["comment"], d["answer"]], ensure_ascii=False, sort_keys=True)
        is_said = "••••" in said or hashlib.sha256(said.encode()).hexdigest() == data["said"]  # masked: cannot be told
        same = all(d[name] == data[name] for name in ("decision", "channel", "on_behalf_of"))
        if not (same and is_said and instant(d["at"]) == instant(recorded[key][2])):
            yield f"the decision on {d['request']} is shown as it is not on record"
    ends = [link[5].get("outcome", "withdrawn") for link in links if link[3] in ("closed", "cancelled")]
    if case["outcome"] != (ends[-1] if ends else None):
        yield "the outcome shown is not the one on record"


def unproven(folder, links, case):
    senders = {reply["mail"]: (reply["message_id"], reply["from"]) for reply in case["replies"]}
    for identity in sorted({link[5].get("evidence") or "" for link in links if link[5].get("channel") == "reply"}):
        file = folder / "received" / f"{identity}.eml"
        if file.with_suffix(".withheld.txt").exists():
            continue  # its secret still decides, so it comes once its request is closed
        if not file.exists():
            yield f"the mail {identity} that decided is not here"
            continue
        message_id, sender = senders.get(identity, ("", ""))
        raw = file.read_bytes()
        body = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[-1] if message_id else raw
        plain = b"\n".join(line.rstrip() for line in body.splitlines()).strip()
        said = f"{message_id}|{sender}|{hashlib.sha256(plain).hexdigest()}".encode("utf-8", "surrogateescape")
        if hashlib.sha256(said).hexdigest()[:20] != identity:
            yield f"the mail {identity} that decided is another one"


def instant(text):
    return datetime.fromisoformat(text)


def faults(folder):
    yield from unsigned(folder)
    names = ("audit.json", "checkpoints.json", "case.json", "manifest.json")
    links, checkpoints, case, manifest = (json.loads((folder / name).read_bytes()) for name in names)
    yield from disagreements(links, case)
    yield from unproven(folder, links, case)
    if not links or not checkpoints:
        yield "the record is empty" if not links else "no checkpoint has sealed the record"
    head, hashes = "", []
    for n, link in enumerate(links):
        content = json.dumps([*link[:6], head], ensure_ascii=False, sort_keys=True).encode()
        head = hashlib.sha256(content).hexdigest()
        hashes.append(head)
        if link[1] != n or link[6:] != [hashes[-2] if n else "", head]:
            yield f"audit entry {n} was altered"
    for n, at, heads, previous, key, hash_, signature in checkpoints:
        content = json.dumps([n, at, heads, previous, key], ensure_ascii=False, sort_keys=True).encode()
        if hashlib.sha256(content).hexdigest() != hash_ or not signed(key, content, signature):
            yield f"checkpoint {n} does not bear a good signature"
        if key != manifest["public_key"]:
            yield f"checkpoint {n} was signed by another key than the manifest"
        for case, length, sealed in heads:
            if links and case == links[0][0] and hashes[length - 1 : length] != [sealed]:
                yield f"the record does not agree with checkpoint {n}"
    known = {file[1] for link in links for file in link[5].get("files", [])}
    there = {hashlib.sha256(f.read_bytes()).hexdigest(): f.name for f in (folder / "documents").glob("*")}
    yield from (f"document {name} is not on record" for hash_, name in there.items() if hash_ not in known)
    yield from (f"the document with hash {hash_} is missing" for hash_ in known - set(there))


if __name__ == "__main__":
    here = Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
    here = here if here.is_dir() else here.parent
    try:
        found = list(faults(here))
        key = json.loads((here / "manifest.json").read_bytes())["public_key"]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        found, key = [f"this is no whole dossier any more: {error!r}"], ""
    print("\n".join(found) or f"every file and the record hold; signed by {key}")
    sys.exit(bool(found))
