#!/bin/sh
# util/commits.sh: whether messages of commits have the form that CONTRIBUTING.md,
# "Commits", asks for. Prints what is wrong and what to write; exit status 1 then.
#
#     util/commits.sh BASE..HEAD         each commit of a range
#     util/commits.sh --message FILE     one message; .githooks/commit-msg does so

set -u
unset CDPATH
export LC_ALL=C

list=$(dirname "$0")/prefixes
longest=72

usage() {
    echo "usage: util/commits.sh BASE..HEAD | --message FILE" >&2
    exit 2
}

# check NAME: judges the message that is the input; NAME begins each finding.
check() {
    awk -v name="$1" -v longest="$longest" -v list="$list" '
        function say(what) { print name ": " what; bad = 1 }

        BEGIN {
            while ((getline line < list) > 0) {
                split(line, word, " ")
                if (line !~ /^(#|$)/) { known[word[1]] = 1 }
            }
        }

        NR == 1 { subject = $0 }
        NR == 2 { second = $0 }

        END {
            prefix = subject
            sub(/:.*/, "", prefix)

            if (length(subject) > longest) {
                say("the subject has " length(subject) " columns; at most " \
                    longest)
            }
            if (subject !~ /^[^:]*: [^ ]/) {
                say("no \"Prefix: what changes.\" in \"" subject "\"")
            } else if (!(prefix in known)) {
                say("unknown prefix \"" prefix "\"; write one of util/prefixes")
            }
            if (subject !~ /[^.]\.$/) {
                say("the subject does not end with a full stop")
            }
            if (second != "") {
                say("the second line is not empty; the body begins on the third")
            }
            exit bad
        }'
}

# The message as git keeps it: without its comments, the text below a scissors
# line, and empty lines at the start.
clean() {
    sed -e '/^# -* >8 -*$/,$d' -e '/^#/d' "$1" | sed '/./,$!d'
}

case $# in
2)
    [ "$1" = --message ] && [ -f "$2" ] || usage
    # git itself replaces these when the history is put in order
    case $(clean "$2" | head -n 1) in
    'fixup! '* | 'squash! '* | 'amend! '*) exit 0 ;;
    esac
    clean "$2" | check commit-msg
    ;;
1)
    case $1 in
    ?*..?*) ;;
    *) usage ;;
    esac
    commits=$(git rev-list --no-merges --reverse "$1" --) || exit 2
    status=0
    for commit in $commits; do
        git show -s --format=%B "$commit" |
            check "$(git rev-parse --short "$commit")" || status=1
    done
    exit $status
    ;;
*)
    usage
    ;;
esac
