# Owns: TAP of node's test runner in, the lines that scripts/test.sh reads out: skipped, FAILED with its reason, the summary.
# Knows nothing of: what was tested. A suite that failed only with its tests is not named.

function unescape(text) { gsub(/\\#/, "#", text); return text }
function report(kind, text, mark,    at, reason) {
  at = index(text, mark)
  reason = substr(text, at + length(mark))
  sub(/^ +/, "", reason)
  print kind unescape(substr(text, 1, at - 1)) ": " (reason == "" ? "no reason given" : unescape(reason))
}

/^ *(not )?ok [0-9]+ - / {
  failing = ($1 == "not")
  reasons = quoting = 0
  name = $0
  sub(/^ *(not )?ok [0-9]+ - /, "", name)
  if (index(name, " # SKIP")) { report("skipped  ", name, " # SKIP"); failing = 0 }
  else if (index(name, " # TODO")) { report("skipped  ", name, " # TODO"); failing = 0 }
}
/^ *failureType: 'subtestsFailed'/ { failing = 0 }
# The reason is one line in quotation marks, or a block that is indented further than its key.
failing && /^ *error: / {
  indent = index($0, "error:")
  sub(/^ *error: */, "")
  quoting = ($0 ~ /^[|>]-?$/)
  if (!quoting) reason[reasons++] = $0
  next
}
quoting {
  if ($0 !~ /^ *$/ && match($0, /[^ ]/) <= indent) quoting = 0
  else if (reasons < 40) reason[reasons++] = substr($0, indent + 2)
}
/^ *\.\.\.$/ {
  if (failing) {
    print "FAILED   " unescape(name)
    for (at = 0; at < reasons; at++) print "          " reason[at]
  }
  failing = 0
}

/^# pass / { passed += $3 }
/^# (fail|cancelled) / { failed += $3 }
/^# (skipped|todo) / { skipped += $3 }
END {
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
  exit failed != 0
}
