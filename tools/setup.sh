#!/bin/sh
# Fills .venv from requirements.lock, with hashes: by uv (seconds), or by pip where uv cannot be had (minutes).
# It must not need root, touch anything outside the checkout, or leave a half-filled .venv that looks finished.
set -eu
cd "$(dirname "$0")/.."
venv=.venv
stamp=$venv/.installed-from-lock

say() { printf '%s\n' "$*" >&2; }

# A pyenv shim can exist and still not run, so each candidate is tried, not only looked up.
find_python() {
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "crm-workflows needs Python 3.11 or newer; 'python3' here is $(python3 --version 2>&1 || echo absent)." \
        "Install one, or name it: make PYTHON=/path/to/python3.12 …"
    return 1
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        say "$python cannot make a virtual environment: install Debian's package 'python3-venv'" \
            "(or your system's equivalent), then run make again."
        return 1
    fi
    say "Setting up $venv with $("$python" --version) ($python)"
    "$python" -m venv "$venv"
}

# The line of uv in the lock, with its hashes, so that the installer itself is pinned too.
lock_entry() { awk -v name="$1" '$0 ~ "^" name "==" {on = 1} on {print} on && !/\\$/ {exit}' requirements.lock; }

get_uv() {
    [ -x "$venv/bin/uv" ] && return
    "$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$venv/bin/python" -m ensurepip --upgrade >/dev/null
    entry=$venv/uv.lock-entry
    lock_entry uv >"$entry"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$entry"
}

# uv reads neither pip's configuration nor the system's certificates unless told; a company's mirror or proxy is in them.
as_pip_does() {
    export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
    index=$("$venv/bin/python" -m pip config get global.index-url 2>/dev/null || true)
    index=${PIP_INDEX_URL:-$index}
    if [ -n "$index" ] && [ -z "${UV_DEFAULT_INDEX:-}" ]; then
        export UV_DEFAULT_INDEX="$index"
    fi
}

install_by_uv() {
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --require-hashes -r requirements.lock &&
        "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
}

install_by_pip() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock &&
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
}

[ -x "$venv/bin/python" ] || make_venv
rm -f "$stamp"
if get_uv && as_pip_does && say "Installing the locked packages with uv …" && install_by_uv; then
    :
else
    say "uv did not manage; installing the locked packages with pip, which takes some minutes …"
    install_by_pip
fi
# Where Python may write no bytecode, every command of ours would compile a thousand modules anew. What a package holds
# as an example in other words of Python does not compile, and nobody imports it.
[ -z "${PYTHONDONTWRITEBYTECODE:-}" ] || "$venv/bin/python" -m compileall -qq -j 0 "$venv/lib" || :
touch "$stamp"
say "Ready: $venv/bin/crmw"
