#!/usr/bin/env bash
# Sets up what `make` needs, from a bare machine, and does nothing when it is all there:
#   system   Python's venv module and the MariaDB server, from the system's packages
#   python   .venv with exactly the packages of requirements/dev.txt
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh

venv=.venv
stamp=$venv/.complete

# The user's own server is used when its URL is set, in the environment or in .env.
has_own_mysql() {
    [ -n "${SOFTCART_MYSQL_URL:-}" ] || grep -qsE '^SOFTCART_MYSQL_URL=.+' .env
}

find_python() {
    local name
    for name in python3.11 python3.12 python3; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "Python 3.11 or 3.12 is not on the PATH." "Install it (Debian 12: apt-get install python3 python3-venv) and repeat."
}

python=$(find_python)
missing=()
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=("$(basename "$(readlink -f "$python")")-venv")
if ! has_own_mysql; then
    command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || missing+=(mariadb-server-core)
    command -v mariadb >/dev/null || missing+=(mariadb-client-core)
fi
without="or start the servers with 'docker compose up -d' and set their URLs in .env (see .env.example)." \
    install_packages "${missing[@]}"

# The stamp is written last: an interrupted installation is simply done again.
wanted=$(cat requirements/dev.txt pyproject.toml scripts/setup.sh | sha256sum | cut -d' ' -f1)
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "Installing the locked Python packages into $venv"
    "$python" -m venv "$venv"
    uv=$(sed -nE 's/^(uv==[^ ]+).*/\1/p' requirements/dev.txt)
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$uv"
    # Compiled now, for where Python is told to write no bytecode: each dbt would compile it all again.
    "$venv/bin/uv" pip sync --quiet --compile-bytecode --python "$venv/bin/python" --require-hashes requirements/dev.txt
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation --editable .
    echo "$wanted" >"$stamp"
fi
