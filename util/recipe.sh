#!/bin/bash
# util/recipe.sh: makes a change of one kind, a small one, in a copy of the tree,
# and counts the files that it touches outside tests and documents. The recipes of
# CONTRIBUTING.md, "How to add", are tried so, one at a time or all.
#
#     util/recipe.sh NAME...        applies, builds, counts; all without a NAME
#     util/recipe.sh --dry NAME...  applies and counts alone
#     KEEP=DIR                      the copy, which stays; else it is deleted
#
# util/recipes/NAME is a script with these commands. FILE is the name of one file
# without its folder, so a file may move; PATTERN is Perl's, and must match.
#
#     limit N                       files that it may touch
#     after FILE PATTERN            adds the input after the first such line
#     before FILE PATTERN           likewise, before it
#     swap FILE PATTERN TEXT        replaces the first match, over lines as well
#     create PATH                   writes a file, in ngx_http_healthcode_module/
#     copy FILE NAME FROM TO        a file beside FILE, with FROM replaced by TO

set -euo pipefail
unset CDPATH "${!GIT_@}"

root=$(cd "$(dirname "$0")/.." && pwd)
module=ngx_http_healthcode_module

fail() { echo "recipe: $name: $*" >&2; exit 1; }

limit() { most=$1; }

# the path of the only file of that name
path() {
    local found
    found=$(git ls-files --cached --others "$module" tools | grep -E "(^|/)$1\$") ||
        fail "there is no file $1"
    [ "$(wc -l <<<"$found")" = 1 ] || fail "several files are called $1"
    echo "$found"
}

# edit FILE PATTERN HOW TEXT
edit() {
    local file
    file=$(path "$1")
    HOW=$3 TEXT=$4 perl -0777 -i -pe '
        BEGIN { $pattern = shift @ARGV }
        my ($how, $text) = @ENV{qw(HOW TEXT)};
        my $at = $how eq "swap" ? qr/$pattern/m : qr/^[^\n]*(?:$pattern)[^\n]*\n/m;
        $done = s/$at/($how eq "after" ? $& : "") . $text . ($how eq "before" ? $& : "")/e;
        END { $? = $done ? 0 : 1 }' "$2" "$file" || fail "$file: no match for: $2"
}

after()  { local text; text=$(cat; echo .); edit "$1" "$2" after "${text%.}"; }
before() { local text; text=$(cat; echo .); edit "$1" "$2" before "${text%.}"; }
swap()   { edit "$1" "$2" swap "$3"; }
create() { [ -d "$(dirname "$module/$1")" ] || fail "no folder for $1"; cat >"$module/$1"; }

copy() {
    local from
    from=$(path "$1")
    sed "s/$3/$4/g" "$from" >"$(dirname "$from")/$2"
}

# A copy of what git has of this tree, also of what is not committed yet.
lay_out() {
    mkdir -p "$1"
    (cd "$root" && git ls-files -z --cached --others --exclude-standard ':!t' ':!docs' |
        tar -c --null --ignore-failed-read -T - 2>/dev/null) | tar -x -C "$1"
    cd "$1"
    git init -q
    git add -A
    git -c user.name=recipe -c user.email=recipe@localhost \
        -c core.hooksPath=/dev/null commit -q --no-verify -m 'Build: a copy.'
    [ -e .deps ] || ln -s "$root/.deps" .deps
    printf '/.deps\n/build\n' >>.git/info/exclude
}

try() {
    local files count
    most=0
    git reset -q --hard
    git clean -qfd
    # shellcheck source=/dev/null
    . "$root/util/recipes/$name"
    git add -A -N
    files=$(git diff --name-only HEAD -- | grep -vE '^(README|CONTRIBUTING)\.md$|^CHANGES$' || :)
    count=$(grep -c . <<<"$files" || :)
    [ -n "$dry" ] || git --no-pager diff --stat HEAD
    [ "$count" -gt 0 ] || fail "it changes nothing"
    [ "$count" -le "$most" ] || fail "$count files, at most $most: $files"
    if [ -z "$dry" ]; then
        make -s build >"$tmp/$name.log" 2>&1 || {
            tail -n 20 "$tmp/$name.log"
            fail "does not build"
        }
    fi
    echo "recipe: $name: $count files, at most $most${dry:+, not built}"
}

dry=
if [ "${1:-}" = --dry ]; then
    dry=1
    shift
fi

[ $# -gt 0 ] || set -- $(ls "$root/util/recipes")

if [ -n "${KEEP:-}" ]; then
    mkdir -p "$KEEP"
    tmp=$(cd "$KEEP" && pwd)
else
    tmp=$(mktemp -d "${TMPDIR:-/tmp}/healthcode-recipe-XXXXXXXX")
    trap 'rm -rf "$tmp"' EXIT
fi

lay_out "$tmp/tree"

bad=0
for name; do
    if [ ! -f "$root/util/recipes/$name" ]; then
        echo "recipe: no \"$name\"; write one of:" $(ls "$root/util/recipes") >&2
        exit 2
    fi
    set +e      # in a condition it would not hold inside
    (set -e; try)
    [ $? = 0 ] || bad=1
    set -e
done
exit $bad
