# Owns: running numbered steps with progress on one line each, their log, and the sentence after a failure.
# Knows nothing of: what the steps do. Needs common.sh; `total` is the number of steps.

log=build/setup.log
number=0
total=0
ticker=

# On a terminal the seconds run; elsewhere the line ends with them.
start_ticker() {
  [ -t 2 ] || return 0
  # Ends by itself when the set-up was killed, and does not hold the set-up's lock (descriptor 9).
  (
    exec 9>&-
    while sleep 1 && kill -0 $$ 2>/dev/null; do
      printf '\r%s ... %s s' "$title" "$(($(date +%s) - started))" >&2
    done
  ) &
  ticker=$!
}
stop_ticker() {
  [ -n "$ticker" ] || return 0
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  ticker=
}

# step TITLE COMMAND...: a failure ends the set-up.
step() {
  number=$((number + 1))
  title="[$number/$total] $1"
  shift
  started=$(date +%s)
  printf '%s ...' "$title" >&2
  printf '\n== %s\n' "$title" >>"$log"
  start_ticker
  if "$@" >>"$log" 2>&1 </dev/null; then
    stop_ticker
    [ ! -t 2 ] || printf '\r%s ...' "$title" >&2
    printf ' %s s\n' "$(($(date +%s) - started))" >&2
    return 0
  fi
  stop_ticker
  printf ' failed\n' >&2
  tail -n 20 "$log" | sed 's/^/    /' >&2
  die "$(advice)"
}

# One sentence for what goes wrong most often; the log has the rest.
advice() {
  end=$(tail -n 60 "$log")
  case $end in
    *EAI_AGAIN* | *ENOTFOUND* | *ECONNREFUSED* | *ETIMEDOUT* | *ENETUNREACH* | *'Temporary failure resolving'* | \
      *'Could not resolve'* | *'Could not connect'* | *'Network is unreachable'* | *'Unable to locate package'* | *'network connectivity'*)
      echo "the package servers cannot be reached, and set-up needs them once: connect this machine and start again (log: $log)" ;;
    *ENOSPC* | *'No space left on device'*)
      echo "the disk is full: set-up needs about 500 MB; make room and start again (log: $log)" ;;
    *'Could not get lock'*)
      echo "another package installation is running: wait for it and start again (log: $log)" ;;
    *'internal compiler error'* | *'Killed signal'* | *'cannot allocate memory'* | *'Cannot allocate memory'*)
      echo "the compiler ran out of memory: start again with JOBS=1 (log: $log)" ;;
    *)
      echo "set-up stopped at this step; it goes on from here at the next start (the whole log: $log)" ;;
  esac
}
