#!/usr/bin/env bash
# What the steps of action.yml run: `action.sh install`, then `action.sh run`.
# Inputs come by the environment alone (INPUT_*), and none is ever evaluated: a value is one argument, whatever is in it.
set -euo pipefail

complain() {
  printf '::error title=xsim::%s\n' "$1"
  exit 2
}

python=$(command -v python || command -v python3) || complain "no Python on this runner: set the input python-version"

# Fills `lines` with the non-empty lines of a text, without the blanks around them. Bash of macOS has no mapfile.
lines=()
split_lines() {
  local line
  lines=()
  while IFS= read -r line || [ -n "$line" ]; do
    line="${line//$'\r'/}"
    line="${line#"${line%%[![:space:]]*}"}"
    line="${line%"${line##*[![:space:]]}"}"
    if [ -n "$line" ]; then lines+=("$line"); fi
  done <<<"$1"
}

single_line() { # name, value
  case "$2" in *$'\n'* | *$'\r'*) complain "input $1: one line is expected" ;; esac
}

install() {
  local wanted="${INPUT_VERSION:-}"
  if [ -z "$wanted" ]; then # the version that `uses:` named
    "$python" -m pip install --quiet --disable-pip-version-check "$ACTION_PATH"
  elif [[ "$wanted" =~ ^[0-9][0-9A-Za-z.+!]*$ ]]; then
    "$python" -m pip install --quiet --disable-pip-version-check "xsim==$wanted"
  else
    complain "input version: expected a version such as 0.1.0, or nothing for that of the Action itself"
  fi
  if [ -n "${INPUT_REQUIREMENTS:-}" ]; then
    single_line requirements "$INPUT_REQUIREMENTS"
    cd -- "${INPUT_WORKING_DIRECTORY:-.}" || complain "input working-directory: no such folder"
    "$python" -m pip install --quiet --disable-pip-version-check --requirement "$INPUT_REQUIREMENTS"
  fi
}

give() { # name, value: an output of the step
  if [ -n "${GITHUB_OUTPUT:-}" ]; then printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; fi
}

report_to() { # input, format, path
  single_line "$1" "$3"
  if [ -n "$3" ]; then
    mkdir -p -- "$(dirname -- "$3")"
    arguments+=(--output "$2:$3")
  fi
}

option() { # option, value
  if [ -n "$2" ]; then arguments+=("$1=$2"); fi
}

run() {
  local line status=0 verdict
  cd -- "${INPUT_WORKING_DIRECTORY:-.}" || complain "input working-directory: no such folder"
  arguments=(suite)
  option --shard "${INPUT_SHARD:-}"
  option --fail-on "${INPUT_FAIL_ON:-}"
  option --baseline "${INPUT_BASELINE:-}"
  report_to junit junit "${INPUT_JUNIT:-}"
  report_to sarif sarif "${INPUT_SARIF:-}"
  split_lines "${INPUT_ARGS:-}"
  for line in ${lines[@]+"${lines[@]}"}; do
    # "--cycles 20" are two arguments, "--param name=two words" too.
    if [[ "$line" == -*[[:space:]]* && "${line%%[[:space:]]*}" != *=* ]]; then
      arguments+=("${line%%[[:space:]]*}" "${line#*[[:space:]]}")
    else
      arguments+=("$line")
    fi
  done
  split_lines "${INPUT_PATHS:-.}"
  "$python" -m xsim "${arguments[@]}" -- ${lines[@]+"${lines[@]}"} || status=$?
  case "$status" in
    0) verdict=passed ;;
    1) verdict=failed ;;
    3) verdict=undecided ;;
    *) verdict=error ;;
  esac
  give verdict "$verdict"
  give exit-code "$status"
  # A report that was not written (bad input) is no output: a later step would fail on it a second time.
  if [ -s "${INPUT_JUNIT:-}" ]; then give junit "$(absolute "$INPUT_JUNIT")"; fi
  if [ -s "${INPUT_SARIF:-}" ]; then give sarif "$(absolute "$INPUT_SARIF")"; fi
  exit "$status"
}

absolute() {
  case "$1" in /* | [A-Za-z]:*) printf '%s' "$1" ;; *) printf '%s/%s' "$PWD" "$1" ;; esac
}

case "${1:-}" in
  install) install ;;
  run) run ;;
  *) complain "action.sh: expected install or run" ;;
esac
