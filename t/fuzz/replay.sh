#!/bin/sh
# t/fuzz/replay.sh OUT TARGET...: runs each target's replay program over its
# corpus; prints a line for each, the input that killed it, and the totals.  A
# target without a corpus has failed.

set -u
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
out=$1
shift
passed=0 failed=0

for target in "$@"; do
    log=$out/replay-$target.out

    if n=$("$out/replay-$target" "corpus/$target" 2>"$log"); then
        printf '%-16s %5d inputs hold\n' "$target" "$n"
        passed=$((passed + 1))
    else
        printf '%-16s failed; its last lines:\n' "$target"
        tail -n 30 "$log" | sed 's/^/    /'
        failed=$((failed + 1))
    fi
done

echo "fuzz: $passed passed, $failed failed"

[ $failed -eq 0 ] && [ $passed -gt 0 ]
