#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What bash would offer at the end of a line; and that zsh and fish can read their files.
set -u
: "${MLTOOL:?the path of mltool}"
completions=$(cd "$(dirname "$0")/../../completions" && pwd)
PATH=$(dirname "$MLTOOL"):$PATH
# shellcheck source=completions/mltool.bash
. "$completions/mltool.bash"
status=0

offered() { # WORD... : the last one is being typed
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  _mltool
  printf '%s\n' "${COMPREPLY[*]}"
}

expect() { # WANT WORD...
  local want=$1 got
  shift
  got=$(offered "$@")
  [ "$got" = "$want" ] || { echo "$*: offered '$got', not '$want'"; status=1; }
}

expect 'fresh features' mltool f
expect 'fresh' mltool -s 4 -p 0 fre
expect '--params --params-from --port --percentile --plot --print-config --progress' mltool fresh --p
expect 'peach' mltool pe
expect 'select' mltool sel
expect '--target --target-file' mltool select --targ
expect 'stratified stratified-group' mltool split --cv str
expect 'by bh kx' mltool select --method ''
expect 'xval' mltool xv
expect 'best 1se' mltool xval --pick ''
expect '--random --race' mltool xval --ra
expect '' mltool select --target hur
expect 'stop continue' mltool peach --on-error ''
expect 'fresh' mltool peach --load fre
expect '' mltool peach --init mul
expect '--output' mltool fresh --o
expect 'auto always' mltool fresh --color a
expect 'always' mltool fresh --progress = al
expect 'minimal' mltool fresh --params mini
expect '' mltool fresh --id so
expect 'gaussian_nb' mltool models gauss
expect 'random_forest' mltool xval --model rand
expect 'balanced_accuracy' mltool xval --metric bal
expect 'r2,rmse r2,rmsle' mltool xval --metric r2,rms
expect 'poisson_deviance' mltool score --metric poi
expect 'standard' mltool xval --prep stan
expect 'impute=mean,select-corr= impute=mean,select impute=mean,select=' mltool train --prep impute=mean,sel
expect 'mean,standard,minmax' mltool train --prep impute = mean,standard,min
expect 'x,select-corr= x,select x,select=' mltool xval --prep impute = mean,one-hot = x,select
expect 'version' mltool help vers
expect 'quantile' mltool features quant
expect 'mean_abs_change' mltool fresh --features mean_abs_c
file=$(mktemp)
trap 'rm -f "$file"' EXIT
echo '{"schema": 1, "command": "predict"}' >"$file"
expect 'run' mltool run
expect '--proba --port --print-config --progress' mltool run "$file" --p
expect '--progress' mltool run --p
expect 'auto always' mltool -v run "$file" --color a

if command -v zsh >/dev/null; then zsh -n "$completions/_mltool" || status=1; fi
if command -v fish >/dev/null; then fish -n "$completions/mltool.fish" || status=1; fi
exit $status
