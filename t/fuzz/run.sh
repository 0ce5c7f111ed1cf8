#!/bin/sh
# t/fuzz/run.sh OUT SECONDS JOBS TARGET...: fuzzes each target for so many
# seconds with libFuzzer, JOBS at a time; prints a line for each, then totals.
# Inputs that reach new code are kept in OUT/corpus/TARGET.  One that breaks
# something is kept in corpus/TARGET, where every replay runs it, and printed.

set -u
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
export LC_ALL=C

LIMIT=3000      # the most bytes of an input that are printed

# show FILE: the input, so that it can be made again from a log.
show() {
    size=$(wc -c <"$1")
    echo "    input t/fuzz/$1, $size bytes; base64 -d <<END > t/fuzz/$1"
    head -c $LIMIT "$1" | base64 -w 76
    [ "$size" -le $LIMIT ] && echo END || echo "... (the first $LIMIT bytes)"
    head -c 640 "$1" | od -A d -t x1z
}

# fuzz OUT SECONDS TARGET: 0 if nothing was found.
fuzz() {
    program=$1/fuzz-$3 log=$1/run/$3.log found=$1/corpus/$3 crash=$1/crash/$3
    rm -rf "$crash"
    mkdir -p "$crash" "$found" "corpus/$3"
    began=$(date +%s)

    timeout -k 10 $(($2 + 300)) "$program" -max_total_time="$2" -timeout=10 \
        -rss_limit_mb=3000 -max_len=16384 -dict="$program.dict" \
        -print_final_stats=1 -artifact_prefix="$crash/" "$found" "corpus/$3" \
        >"$log" 2>&1
    status=$?
    took=$(($(date +%s) - began))
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")

    if [ $status -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
        printf '%-16s %4d s %10d runs, %6d edges, %4d new inputs\n' "$3" \
            "$took" "$runs" \
            "$(sed -n 's/^#.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)" \
            "$(sed -n 's/^stat::new_units_added: *//p' "$log")"
        return 0
    fi

    echo "$3: FAILED after $took s, ${runs:-0} runs (status $status); why:"
    grep -vE '^(#[0-9]|INFO|Dictionary|stat::|NEW_FUNC|MS:|0x|Base64|artifact_prefix)' \
        "$log" | tail -n 50 | cut -c 1-160 | sed 's/^/    /'

    for file in "$crash"/*; do
        [ -f "$file" ] || continue
        cp "$file" "corpus/$3/"
        show "corpus/$3/${file##*/}"
    done

    return 1
}

# A target's lines come out at once, so that two do not mix.
if [ "$1" = one ]; then
    shift
    lines=$(fuzz "$@") && touch "$1/run/$3.passed"
    printf '%s\n' "$lines"
    exit 0
fi

out=$1 seconds=$2 jobs=$3
shift 3

case $seconds.$jobs in
*[!0-9.]* | .* | *. | 0* | *.0*)
    echo "fuzz: SECONDS and JOBS are whole numbers from 1 on" >&2
    exit 2 ;;
esac

rm -rf "$out/run"
mkdir -p "$out/run"

printf '%s\n' "$@" | xargs -P "$jobs" -n 1 ./run.sh one "$out" "$seconds"

passed=$(find "$out/run" -name '*.passed' | wc -l)
echo "fuzz: $passed passed, $(($# - passed)) failed"

[ "$passed" -eq $# ] && [ "$passed" -gt 0 ]
