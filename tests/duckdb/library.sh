# SPDX-License-Identifier: GPL-3.0-or-later
# Say where DuckDB's library is: that of MLTOOL_DUCKDB, or of a package that npm brings to FOLDER once.
#   library.sh FOLDER    fails when there is none
set -u
version=1.5.6-r.1
folder=${1:?a folder}
[ -n "${MLTOOL_DUCKDB:-}" ] && { echo "$MLTOOL_DUCKDB"; exit; }
library=$folder/$version/package/libduckdb.so
[ -f "$library" ] && { echo "$library"; exit; }
[ "$(uname -sm)" = "Linux x86_64" ] && command -v npm >/dev/null || exit 1
mkdir -p "$folder"
scratch=$(mktemp -d "$folder/XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
npm_config_cache=$scratch/cache timeout 120 npm pack --silent --fetch-retries=0 \
  "@duckdb/node-bindings-linux-x64@$version" >/dev/null 2>&1 || exit 1
tar -xzf ./*.tgz package/libduckdb.so || exit 1
mkdir -p "$folder/$version" && mv -T package "$folder/$version/package" || [ -f "$library" ] || exit 1
echo "$library"
