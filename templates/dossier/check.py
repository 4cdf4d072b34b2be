"""Checks a dossier with plain Python 3.9 or later: `python3 -I check.py` in its folder. README.txt says what is what.

It shares no code with the program that wrote the files. Whether they are those that were signed, the record is whole,
and decisions and outcome are shown as they are on record: here. What they are about and rest on: evidence.py.
Take the three programs from where you trust them: who forges a dossier forges those in it (`check.py FOLDER`),
and without -I Python takes a planted json.py for its own.
Compare the public key that it prints with the one that you were given by another way, and whether case and time are
those that you want: another dossier, or an earlier one of the same case, holds as well.
"""

import json
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # which would be a file more in the dossier
sys.path.append(str(Path(__file__).resolve().parent))  # the other two; last, or a planted hashlib.py would be ours
from ed25519 import signed  # noqa: E402
from evidence import canonical, hidden, of_today, sha, unproven  # noqa: E402


def faults(here):
    names = ("manifest", "audit", "checkpoints", "case")
    manifest, links, seals, case = (json.loads((here / f"{name}.json").read_bytes()) for name in names)
    code, at, files, key = manifest[0]
    print(f"{code} as of {at}, signed by {key}")
    for content, signature in (manifest, *seals):
        if content[-1] != key or not signed(key, canonical(content), signature):
            yield f"what was sealed as {content[0]} does not bear a good signature by {key}"
    entries = [f for f in here.rglob("*") if f.is_symlink() or not f.is_dir()]  # a link may lead to a forged folder
    there = {f.relative_to(here).as_posix(): sha(f.read_bytes()) if f.is_file() else "" for f in entries}
    for name in sorted({name for name, _ in there.items() ^ files.items()} - {"manifest.json"}):  # not its own hash
        yield f"{name} " + ("is missing" if name not in there else "was changed" if name in files else "is not ours")
    hashes = [""]
    for n, link in enumerate(links):
        hashes.append(sha(canonical([*link[:6], hashes[-1]])))
        if [*link[:2], *link[6:]] != [code, n, *hashes[-2:]]:
            yield f"audit entry {n} was altered"
    heads = [(n, length, head) for (n, _, heads, _, _), _ in seals for of, length, head in heads if of == code]
    yield from () if heads else ("no checkpoint has sealed the record",)
    for n, length, head in heads:
        if hashes[length : length + 1] != [head]:
            yield f"the record does not agree with checkpoint {n}"
    yield from (*misstated(case, events := of_today(links)), *unproven(here, case, events, there))


def misstated(case, events):
    names = ("request", "by", "decision", "channel", "on_behalf_of", "at", "said")
    recorded = {tuple(e[name] for name in names) for event, e in events if event == "decided"}
    told = [d for d in case["decisions"] if d["effective"] and d["channel"] != "silence"]
    outside = {by for _, by, *_ in recorded if by.startswith("sha256:")}  # who is not of the company stands as a hash
    told = [d | {"by": hidden(d["by"])} if hidden(d["by"]) in outside else d for d in told]
    told = [{"said": sha(canonical([d["comment"], d["answer"]]))} | d for d in told]  # said comes with what is masked
    shown = {tuple(d[name] for name in names) for d in told}
    yield from (f"the decision shown for {r} is not the one on record" for r in {r for r, *_ in recorded ^ shown})
    other_ends = {"cancelled": "withdrawn", "undone": None, "reopened": None}
    ends = [other_ends.get(event, e.get("outcome")) for event, e in events if event in ("closed", *other_ends)]
    yield from () if case["outcome"] == (ends or [None])[-1] else ("the outcome shown is not the one on record",)


if __name__ == "__main__":
    try:
        found = list(faults(Path(*sys.argv[1:2])))
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        found = [f"this is no whole dossier any more: {error!r}"]
    sys.stdout.reconfigure(errors="backslashreplace")  # whatever letters a name has
    print("\n".join(found) or "every file and the record hold; what nobody can check here, README.txt says")
    sys.exit(bool(found))
