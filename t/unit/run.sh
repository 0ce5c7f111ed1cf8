#!/bin/sh
# t/unit/run.sh PROGRAM...: runs cmocka programs, by RUN if that is set; prints
# one line for each, what failed of it, and the totals.  A program that dies, or
# that runs fewer tests than it announced, has failed.

set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS="detect_leaks=1:${ASAN_OPTIONS:-}"

passed=0 failed=0

for program in "$@"; do
    rc=0
    # shellcheck disable=SC2086  # a command and its words, or nothing
    ${RUN:-} "$program" >"$program.out" 2>&1 || rc=$?

    plan=$(sed -n 's/^1\.\.\([0-9][0-9]*\)$/\1/p' "$program.out" | head -n 1)
    ok=$(grep -c '^ok ' "$program.out")
    bad=$(grep -c '^not ok ' "$program.out")

    if [ -z "$plan" ] || [ $((ok + bad)) -ne "${plan:-0}" ]; then
        bad=$((bad + 1))
    elif [ $rc -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
    fi

    printf '%-36s %3d passed, %d failed\n' "${program##*/}" "$ok" "$bad"

    if [ "$bad" -ne 0 ]; then
        grep -v '^ok ' "$program.out" | head -n 60 | sed 's/^/    /'
        echo "    (exit $rc; all of it in $program.out)"
    fi

    passed=$((passed + ok)) failed=$((failed + bad))
done

echo "unit: $passed passed, $failed failed"

[ $failed -eq 0 ] && [ $passed -gt 0 ]
