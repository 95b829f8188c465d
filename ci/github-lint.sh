#!/usr/bin/env bash
# The script of action.yml: inputs come as INPUT_*, annotations go to stdout, a table of verdicts to the job's summary.
# bgdb is taken from PATH, or else from an image that is built from this repository's Dockerfile.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

bgdb() {
  if command -v bgdb >/dev/null; then
    command bgdb "$@"
    return
  fi
  docker build --quiet --tag bgdb-lint "$root" >&2
  docker run --rm --env GITHUB_ACTIONS --user "$(id -u):$(id -g)" --volume "$PWD:$PWD" --workdir "$PWD" \
    --entrypoint bgdb bgdb-lint "$@"
}

# An input of several lines -> arguments; no word is split, no pattern expanded.
lines() {
  local line
  while IFS= read -r line; do
    line=${line%$'\r'}
    if [ -n "$line" ]; then arguments+=("$line"); fi
  done <<<"$1"
}

arguments=(lint)
since=${INPUT_SINCE:-base}
if [ "$since" = base ]; then
  since=none
  if [ -n "${GITHUB_BASE_REF:-}" ]; then since=origin/$GITHUB_BASE_REF; fi
fi
arguments+=("--since=$since")
if [ -n "${INPUT_FAIL_ON:-}" ]; then arguments+=("--fail-on=$INPUT_FAIL_ON"); fi
if [ -n "${INPUT_PG_VERSION:-}" ]; then arguments+=("--pg-version=$INPUT_PG_VERSION"); fi
if [ -n "${INPUT_SARIF:-}" ]; then arguments+=("--format=sarif=$INPUT_SARIF"); fi
verdicts=$(mktemp "$PWD/.bgdb-verdicts-XXXXXX")
trap 'rm -f "$verdicts"' EXIT
arguments+=("--format=verdicts=$verdicts")
lines "${INPUT_ARGS:-}"
lines "${INPUT_PATHS:-}"

status=0
bgdb "${arguments[@]}" || status=$?
if [ -n "${GITHUB_OUTPUT:-}" ]; then echo "status=$status" >>"$GITHUB_OUTPUT"; fi
if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -s "$verdicts" ]; then
  { echo '### bgdb lint'; sed 's/^/    /' "$verdicts"; echo; } >>"$GITHUB_STEP_SUMMARY"
fi
exit "$status"
