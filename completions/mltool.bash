# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for mltool; it asks the program.

# The command among the words before the cursor. -s 4 -p 0: values are not commands.
_mltool_command() {
  local i names
  names=$("$1" --list-commands 2>/dev/null | cut -f1)
  for ((i = 1; i < COMP_CWORD; i++)); do
    grep -qxF -- "${COMP_WORDS[i]}" <<<"$names" && { printf '%s' "${COMP_WORDS[i]}"; return; }
  done
}

# `run FILE` has the options of the command in the file.
_mltool_options() { # TOOL COMMAND
  local i=${#COMP_WORDS[@]}
  if [[ $2 == run ]]; then
    for ((i = 1; i < COMP_CWORD; i++)); do [[ -f ${COMP_WORDS[i]} ]] && break; done
  fi
  if ((i < COMP_CWORD)); then
    "$1" run "${COMP_WORDS[i]}" --list-options 2>/dev/null
  else
    "$1" ${2:+"$2"} --list-options 2>/dev/null
  fi
}

_mltool_models() {
  "$1" models 2>/dev/null | sed -n 's/^\([a-z][a-z_]*\) .*/\1/p'
}

_mltool_metrics() {
  "$1" score --metrics 2>/dev/null | sed -n 's/^\([a-z][a-z0-9_]*\)[ =].*/\1/p'
}

# What the word before the cursor is a value of: bash breaks words at "=", those of values, too.
_mltool_option() {
  local -i i=COMP_CWORD-1
  while ((i > 1)) && [[ ${COMP_WORDS[i]} == = || ( ${COMP_WORDS[i+1]} == = && ${COMP_WORDS[i]} != -* ) ]]; do
    ((i--))
  done
  printf '%s' "${COMP_WORDS[i]}"
}

_mltool() {
  local tool=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before command options value
  COMPREPLY=()
  command=$(_mltool_command "$tool")
  options=$(_mltool_options "$tool" "$command")
  before=$(_mltool_option)
  value=$(awk -F '\t' -v o="$before" '$1 == o { print $2 }' <<<"$options")
  if [[ $before == --params ]]; then
    mapfile -t COMPREPLY < <(compgen -f -W 'comprehensive efficient minimal index time kx kx-strict' -- "$word")
  elif [[ $before == --features ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$tool" --list-features 2>/dev/null)" -- "$word")
  elif [[ $before == --cv ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$tool" split --list 2>/dev/null | sed '/^ /d; s/[:=].*//')" -- "$word")
  elif [[ $before == --model ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -W "$(_mltool_models "$tool")" -- "$word" | sort -u)
  elif [[ $before == --metric || $before == --prep ]]; then # the last of several
    local others='' offers='impute=mean impute=median standard minmax one-hot select-corr= select select= py:'
    [[ $word == *,* ]] && others=${word%,*},
    if [[ $before == --metric ]]; then offers=$(_mltool_metrics "$tool"); else compopt -o nospace 2>/dev/null; fi
    mapfile -t COMPREPLY < <(compgen -P "$others" -W "$offers" -- "${word##*,}")
  elif [[ $value == *'|'* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "${value//|/ }" -- "${word#=}")
  elif [[ $before == --load ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -W 'fresh xval py:' -- "$word" | sort -u)
  elif [[ -n $value && $value != FILE ]]; then
    return
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(cut -f1 <<<"$options")" -- "$word")
  elif [[ -z $command || $command == help ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$tool" --list-commands 2>/dev/null | cut -f1)" -- "$word")
  elif [[ $command == features ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$("$tool" --list-features 2>/dev/null)" -- "$word")
  elif [[ $command == models ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -W "$(_mltool_models "$tool")" -- "$word" | sort -u)
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
  fi
}
complete -F _mltool mltool
