#!/usr/bin/env bash
# Sets up Apache Derby, which tests of Db2's driver speak to over the wire: a Java runtime and Derby's jars.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/packages.sh

missing=()
command -v java >/dev/null || missing+=(default-jre-headless)
[ -e /usr/share/java/derbynet.jar ] || missing+=(libderby-java)
[ -e /usr/share/java/derbytools.jar ] || missing+=(derby-tools)
install_packages "${missing[@]}"
