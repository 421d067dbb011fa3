# For scripts that set things up: `source` it, then `install_packages NAME...`.

fail() {
    echo "Error: $1" >&2
    shift
    printf '%s\n' "$@" >&2
    exit 1
}

# Installs Debian packages, or fails with what the user has to do: $without, if set, is what to do instead.
install_packages() {
    [ $# -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "These system packages are missing: $*" \
            "Install them (Debian, Ubuntu: sudo apt-get install --no-install-recommends $*) and repeat${without:+,}" \
            ${without:+"$without"}
    fi
    echo "Installing system packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    local log
    log=$(mktemp)
    if ! { apt-get update -q && apt-get install -q -y --no-install-recommends "$@"; } >"$log" 2>&1; then
        tail -n 15 "$log" >&2
        fail "apt-get could not install: $*" "Mend what it says above and repeat. Full log: $log"
    fi
    rm -f "$log"
}
