#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Parquet and SQL: the same bytes as from CSV, every type, and what is wrong. $MLTOOL and $QUERY (query.c) are programs;
# the library is brought to $FOLDER.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
library=$(sh "$here/library.sh" "${FOLDER:?}") || { echo "skipped: there is no DuckDB, and npm brings none"; exit 77; }
"$QUERY" "$library" "SELECT 1" 2>/dev/null || { echo "skipped: $library cannot be opened"; exit 77; }
export MLTOOL_DUCKDB=$library LC_ALL=C
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR"
cd "$scratch" || exit 1
status=0

fail() { echo "FAILED $*"; status=1; }
same() { cmp -- "$1" "$2" || fail "$3"; }

# expect NAME WANT COMMAND...: its output, with that of standard error, and its exit code
expect() {
  local name=$1 want=$2 got
  shift 2
  got=$("$@" 2>&1; echo "= $?")
  [ "$got" = "$want" ] || { fail "$name"; diff <(echo "$want") <(echo "$got"); }
}

fresh() { "$MLTOOL" -q fresh "$@"; }

# to_parquet CSV PARQUET [OPTION,...]: texts stay texts, numbers become DOUBLE or BIGINT
to_parquet() { "$QUERY" "$library" "COPY (FROM read_csv('$1', $3)) TO '$2' (FORMAT parquet)"; }

# ---- golden inputs: the same features ----

for name in edge multikind random; do
  gzip -dc "$root/tests/golden/inputs/$name.csv.gz" >in.csv
  to_parquet in.csv "$name.parquet" "header = true, all_varchar = true" || fail "$name to Parquet"
  fresh in.csv --params efficient -o want.csv
  fresh "$name.parquet" --params efficient -o got.csv && same got.csv want.csv "$name, texts"
  to_parquet in.csv "$name.parquet" "header = true" || fail "$name to Parquet"
  fresh "$name.parquet" --params efficient -o got.csv && same got.csv want.csv "$name, numbers"
  fresh --sql "FROM '$name.parquet'" --params efficient -o got.csv && same got.csv want.csv "$name, SQL"
done

# ---- features to Parquet and back ----

storms=$root/data/storms.csv
target="--target-file $root/data/storms_target.csv --target hurricane"
fresh "$storms" -o want.csv
fresh "$storms" -o out.parquet
select_from() { "$MLTOOL" -q select "$1" $target -o "$2" --relevance "$2.relevance.csv"; }
select_from want.csv selected.csv
select_from out.parquet again.csv
same again.csv selected.csv "select from Parquet"
same again.csv.relevance.csv selected.csv.relevance.csv "relevance from Parquet"
select_from out.parquet again.parquet
"$MLTOOL" -q xval selected.csv $target --model logistic --cv kfold:3 -o want.json
"$MLTOOL" -q xval again.parquet $target --model logistic --cv kfold:3 -o got.json
same <(sed 's/again.parquet/selected.csv/' got.json) want.json "xval from Parquet"
"$MLTOOL" -q xval --sql "FROM 'again.parquet'" $target --model logistic --cv kfold:3 -o got.json
same <(sed 's/"sql:[^"]*"/"selected.csv"/' got.json) want.json "xval from SQL"
fresh "$storms" -s 2 -p 0 -o workers.parquet
same workers.parquet out.parquet "the same bytes with workers"
fresh "$storms" --memory-limit 900M -o limit.parquet
same limit.parquet out.parquet "the same bytes with a limit"
to_parquet "$storms" storms.parquet "header = true"
fresh "$storms" --params minimal -o whole.csv
fresh storms.parquet --memory-limit 100M --params minimal -o limit.csv
same limit.csv whole.csv "a limit, from Parquet"
rm limit.csv
fresh --sql "FROM 'storms.parquet' ORDER BY hash(concat(id, time))" --memory-limit 100M --params minimal -o limit.csv
same limit.csv whole.csv "a limit, from SQL, scattered"
for half in 0 1; do
  "$QUERY" "$library" "COPY (FROM 'storms.parquet' WHERE hash(time) % 2 = $half) TO 'half-$half.parquet'"
done
for limit in "" "--memory-limit 100M"; do
  fresh 'half-*.parquet' $limit --params minimal -o halves.csv
  same halves.csv whole.csv "several files of Parquet $limit"
  rm -f halves.csv
done
for shard in 1 2 3; do fresh "$storms" --shard $shard/3 -o parts; done
"$MLTOOL" -q merge parts -o merged.parquet
same merged.parquet out.parquet "shards, merged to Parquet"
printf x | dd of="parts/part-1-of-3.npy" bs=1 seek=1000 conv=notrunc 2>/dev/null
expect "a damaged part" "mltool: parts/part-1-of-3.json: the part is damaged: its values are not those that were written
= 3" "$MLTOOL" merge parts -o damaged.parquet
[ ! -e damaged.parquet ] || fail "a damaged part was merged"
expect "too many columns" "mltool: Parquet of 3132 columns takes 554 MiB of memory at least, and may take 220 of the limit: allow more, or write .csv or .npy
= 1" "$MLTOOL" -q fresh "$storms" --memory-limit 300M -o out.few.parquet
expect "a stream" "mltool: rows that are written as they come are CSV or JSON lines: what is written as Parquet has all ids before the first row; see 'mltool fresh --help'
= 2" "$MLTOOL" fresh "$storms" --stream -o stream.parquet
fresh "$storms" --params minimal --names safe -o safe.parquet
[ "$(cut -d, -f1 safe.names.csv | sed 1d | head -n 1)" = lat__sum_values ] || fail "names beside Parquet"

# Types of the ids: what is read back is what was written.
ids() { # WANT ID...
  local want=$1 id
  shift
  echo id,time,value >in.csv
  for id; do echo "$id,1,2"; done >>in.csv
  fresh in.csv --features mean,variance -o out.csv
  fresh in.csv --features mean,variance -o ids.parquet
  "$QUERY" "$library" "COPY (SELECT column_type FROM (DESCRIBE FROM 'ids.parquet') LIMIT 1) TO 'type.csv' (HEADER false)"
  [ "$(cat type.csv)" = "$want" ] || fail "ids $*: $(cat type.csv)"
  "$MLTOOL" -q fresh --sql "SELECT id, 1 AS time, value__mean AS value FROM 'ids.parquet'" --features mean,variance -o again.csv
  same again.csv out.csv "ids $*"
}
ids BIGINT 1 -2 9223372036854775807
ids DOUBLE 1 2.5 1e300
ids VARCHAR 01 2
ids VARCHAR 1.0 2
ids VARCHAR 9223372036854775808 1
ids VARCHAR a 1

# NaN is a value and no null; infinities are what they are.
printf 'id,time,value\na,1,1\n' | fresh - --features skewness,mean -o nan.parquet
"$QUERY" "$library" "COPY (SELECT isnan(value__skewness), value__mean FROM 'nan.parquet') TO 'nan.csv' (HEADER false)"
[ "$(cat nan.csv)" = true,1.0 ] || fail "NaN: $(cat nan.csv)"

# A run in a folder can be run again from its file.
train() { "$MLTOOL" -q train --sql "FROM '$root/data/breast_cancer.csv'" --target y --model gaussian_nb --cv kfold:3 --run-dir "$@"; }
train kept && cp kept/model.json want.json && "$MLTOOL" -q run kept/config.json --run-dir again || fail "run again"
same again/model.json want.json "the model of a run again"
"$MLTOOL" -q predict kept/model.json "$root/data/breast_cancer.csv" -o want.csv
"$MLTOOL" -q predict kept/model.json --sql "FROM '$root/data/breast_cancer.csv'" --follow -o got.csv
same got.csv want.csv "predict --follow from SQL"

# ---- every type ----

cell() { # WANT SQL: a cell as it is read, as an id
  expect "$2" "id,value__mean
$1,2
= 0" "$MLTOOL" -q fresh --sql "SELECT $2 AS id, 1 AS time, 2 AS value" --features mean
}
cell true "true"
cell -128 "(-128)::TINYINT"
cell 32767 "32767::SMALLINT"
cell -2147483648 "(-2147483648)::INTEGER"
cell -9223372036854775808 "(-9223372036854775808)::BIGINT"
cell 255 "255::UTINYINT"
cell 65535 "65535::USMALLINT"
cell 4294967295 "4294967295::UINTEGER"
cell 18446744073709551615 "18446744073709551615::UBIGINT"
cell -170141183460469231731687303715884105728 "(-170141183460469231731687303715884105728)::HUGEINT"
cell 340282366920938463463374607431768211455 "340282366920938463463374607431768211455::UHUGEINT"
cell 0.10000000149011612 "0.1::FLOAT"
cell 0.1 "0.1::DOUBLE"
cell -0.05 "(-0.05)::DECIMAL(4,2)"
cell 12345.678 "12345.678::DECIMAL(9,3)"
cell -1234567890123.45 "(-1234567890123.45)::DECIMAL(18,2)"
cell 12345678901234567890123456789.000000001 "'12345678901234567890123456789.000000001'::DECIMAL(38,9)"
cell 7 "7::DECIMAL(4,0)"
cell 2020-01-02 "DATE '2020-01-02'"
cell 1969-12-31T23:59:59.999999 "TIMESTAMP '1969-12-31 23:59:59.999999'"
cell 2020-01-02T03:04:05 "'2020-01-02 03:04:05'::TIMESTAMP_S"
cell 2020-01-02T03:04:05.678 "'2020-01-02 03:04:05.678'::TIMESTAMP_MS"
cell 2020-01-02T03:04:05.123456789 "'2020-01-02 03:04:05.123456789'::TIMESTAMP_NS"
cell 2020-01-02T01:04:05 "'2020-01-02 03:04:05+02'::TIMESTAMPTZ"
cell '"with, comma and ""quotes"""' "'with, comma and \"quotes\"'"
cell "a text that is longer than twelve bytes" "'a text that is longer than twelve bytes'"
cell é "'é'"

# A null is a missing cell, and dates are times.
expect "null" 'mltool: query:2: "value": missing value (empty)
= 3' "$MLTOOL" fresh --sql "SELECT 1 AS id, i AS time, CASE WHEN i = 0 THEN 1.5 END AS value FROM range(2) t(i)"
expect "dates" "id,\"value__linear_trend_timewise__attr_\"\"slope\"\"\"
1,1
= 0" "$MLTOOL" -q fresh --sql "SELECT 1 AS id, TIMESTAMP '2020-01-01' + INTERVAL (i) HOUR AS time, i AS value FROM range(3) t(i)" \
  --params <(echo '{"linear_trend_timewise": [{"attr": "slope"}]}')

# ---- what is wrong ----

expect "interval" 'mltool: query: column "time" has the type INTERVAL, which no cell is made of; a query makes one: --sql "SELECT CAST(... AS VARCHAR) ..."
= 3' "$MLTOOL" fresh --sql "SELECT 1 AS id, INTERVAL 1 DAY AS time, 2 AS value"
expect "list" 'mltool: query: column "value" has the type LIST, which no cell is made of; a query makes one: --sql "SELECT CAST(... AS VARCHAR) ..."
= 3' "$MLTOOL" fresh --sql "SELECT 1 AS id, [1, 2] AS value"
expect "text" 'mltool: query:3: "value": expected a number, found "x"
= 3' "$MLTOOL" fresh --sql "SELECT 1 AS id, i AS time, if(i = 2, 'x', '1') AS value FROM range(5) t(i)"
expect "far date" 'mltool: query:1: "time": a time outside of the years 1678 to 2261
= 3' "$MLTOOL" fresh --sql "SELECT 1 AS id, TIMESTAMP '3000-01-01' AS time, 1 AS value"
expect "runtime" "mltool: query: DuckDB: Conversion Error: Could not convert string 'x' to INT32 when casting from source column s
= 3" "$MLTOOL" fresh --sql "SELECT 1 AS id, s::INTEGER AS value FROM (VALUES ('x')) t(s)"
expect "no file" "mltool: query: DuckDB: IO Error: No files found that match the pattern \"none.parquet\"
= 1" "$MLTOOL" fresh --sql "FROM 'none.parquet'"
expect "no SELECT" "mltool: --sql takes a SELECT, which changes nothing; see 'mltool fresh --help'
= 2" "$MLTOOL" fresh --sql "CREATE TABLE t (a INTEGER)"
expect "both" "mltool: --sql is read in place of FILE, and 'x.csv' is there; see 'mltool fresh --help'
= 2" "$MLTOOL" fresh x.csv --sql "SELECT 1"
expect "empty" "mltool: --sql has no query; see 'mltool fresh --help'
= 2" "$MLTOOL" fresh --sql " "
head -c 300 random.parquet >cut.parquet
expect "cut short" "mltool: cut.parquet: DuckDB: Invalid Input Error: No magic bytes found at end of file './cut.parquet'
= 3" "$MLTOOL" fresh cut.parquet
expect "pipe" "mltool: standard input: Parquet is read from files alone, not from a pipe: name the file
= 3" sh -c 'cat random.parquet | "$MLTOOL" fresh -'
expect "strange names" "id,value__mean
1,2
= 0" sh -c '"$QUERY" "$MLTOOL_DUCKDB" "COPY (SELECT 1 AS id, 2 AS value) TO '"'a[*]''b.parquet'"' (FORMAT parquet)" && "$MLTOOL" -q fresh "a[*]'"'"'b.parquet" --features mean'

# Memory that is bounded, and what does not fit in it.
"$QUERY" -m 67108864 "$library" "COPY (SELECT current_setting('memory_limit')) TO 'limit.csv' (HEADER false)"
[ "$(cat limit.csv)" = "64.0 MiB" ] || fail "memory limit: $(cat limit.csv)"

# No half-written file when the disk is full, or the output is none.
(ulimit -f 64; "$MLTOOL" fresh "$storms" -o full.parquet) 2>/dev/null && fail "full"
[ -e full.parquet ] && fail "full: the file is there"
expect "standard output" "mltool: link.parquet: Parquet is written to a file, not to a device or a pipe
= 1" sh -c 'ln -s /dev/stdout link.parquet; "$MLTOOL" -q fresh "$1" --params minimal -o link.parquet | cat; exit 1' sh "$storms"

[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls "$TMPDIR")"
[ -z "$(find . -name '.*' ! -name .)" ] || fail "left behind: $(find . -name '.*')"
exit $status
