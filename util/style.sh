#!/bin/sh
# util/style.sh: the rules of the house that a machine can check; says
# file:line and what to do.  Layers: nginx/ -> redis/ -> core/, never back,
# read off the includes and, with nm, off what the objects call.
#
#     make style        BUILD=build, DEPS=.deps, CC=gcc

set -u
export LC_ALL=C

cd "$(dirname "$0")/.." || exit 1

BUILD=${BUILD:-build}
DEPS=${DEPS:-.deps}
CC=${CC:-gcc}
NM=${NM:-nm}

module=ngx_http_healthcode_module
objects=$BUILD/style
report=$objects/report

mkdir -p "$objects"
: >"$report"

# What core/ may call; another name needs a reason, and a line here.
CALLS='mem(chr|cmp|cpy|move|set)|str(chr|cmp|ncmp|len|str|spn|cspn|rchr)|
    malloc|calloc|realloc|free|snprintf|__(snprintf|mem[a-z]+)_chk|
    __stack_chk_fail|_GLOBAL_OFFSET_TABLE_|healthcode_[a-z0-9_]+'
CALLS_JSON='yyjson_(alc_pool_init|read_(opts|number)|val_write_opts)'
CALLS_PATTERN='pcre2_[a-z0-9_]+_8'
CALLS_CRYPTO='(BN|CRYPTO|EC|ECDSA_SIG|ERR|EVP|OPENSSL|SHA256)_[A-Za-z0-9_]+|
    OSSL_PARAM_[A-Za-z0-9_]+|PEM_read_bio|BIO_(ctrl_pending|free|new_mem_buf)|
    [di]2[di]_[A-Za-z0-9_]+'
CALLS_REDIS='redis(FormatSdsCommandArgv|FreeSdsCommand|FormatCommandArgv|
    FreeCommand|Reader[A-Za-z]+)|freeReplyObject|sds[a-z]*'

# The only users of libcrypto.
CRYPTO='key(_jwk|_private|_thumbprint)?|keyring(_read|_private)?|signature'
CRYPTO="healthcode_($CRYPTO|holder|digest)"


# files NAME...: what there is of the project, tracked by git or not yet.
files() {
    find "$@" -type f ! -path '*/.*' ! -path "./$BUILD/*" ! -path "$BUILD/*" \
        ! -path '*/corpus/*' 2>/dev/null | sort
}

c_files() { files "$module" tools t | grep -E '\.[ch]$'; }

script_files() { files util t tools redis-scripts |
    grep -E '\.(sh|lua|pl|pm|awk)$'; }

# say FILE:LINE TEXT: one finding.
say() { printf '%s: %s\n' "$1" "$2" >>"$report"; }

# found TEXT: makes a finding of each line FILE:LINE:... of the input.
found() {
    while IFS= read -r line; do
        rest=${line#*:}
        say "${line%%:*}:${rest%%:*}" "$1"
    done
}


# includes PATTERN FILE...: FILE:LINE:... of includes that match.
includes() {
    pattern=$1
    shift
    [ $# -eq 0 ] || grep -nHE "^ *# *include *[<\"]($pattern)" "$@"
}

check_layers() {
    core=$(files "$module/core" | grep -E '\.[ch]$')
    redis=$(files "$module/redis" | grep -E '\.[ch]$')
    others=$(files tools t/unit t/fuzz | grep -E '\.[ch]$')

    # shellcheck disable=SC2086
    {
        includes '(.*/)?ngx_[a-z0-9_]*\.h|.*nginx\.h' $core |
            found "core/ knows no nginx; move this to nginx/"
        includes '(.*/)?(hiredis|redis|nginx|tools)/|hiredis' $core |
            found "core/ includes core/ alone; move this to redis/ or nginx/"
        includes '(time|sys/.*|unistd|fcntl|signal|pthread|netdb|poll)\.h' \
            $core | found "core/ has no clock and no I/O; take it as argument"
        includes '(.*/)?ngx_[a-z0-9_]*\.h|(.*/)?nginx/' $redis |
            found "redis/ knows no nginx; move this to nginx/"
        includes '(time|sys/.*|unistd|fcntl|netdb|poll)\.h' $redis |
            found "redis/ is a codec, without clock and I/O"
        includes 'hiredis/(async|net|adapters|sockcompat)' $redis |
            found "redis/ is a codec, without clock and I/O"
        includes '(.*/)?ngx_[a-z0-9_]*\.h|(.*/)?nginx/' $others |
            found "tools/ and t/ use core/ and redis/ alone, not nginx/"
        includes '.*\.c[">]' $core $redis $others |
            found "include headers, not .c files"
        includes 'openssl/' $core $redis |
            grep -vE "/$CRYPTO\.[ch]:" |
            found "libcrypto is for key, keyring, signature, holder and digest alone"
        includes 'yyjson' $core $redis | grep -vE '/healthcode_json\.[ch]:' |
            found "include healthcode_json.h, which reads strictly"
        includes 'pcre2' $core $redis |
            grep -vE '/healthcode_pattern\.c:' |
            found "PCRE2 is for healthcode_pattern.c alone"
    }
}


# One order of includes in the glue: nginx's (ngx_config.h first, since it sets
# what the libc's headers look at, then ngx_core.h), the glue's, core/, redis/,
# the system's; by name in each.
check_includes() {
    # shellcheck disable=SC2046
    awk '
        FNR == 1 { last = "" }
        $1 == "#include" {
            kind = 5
            if ($2 ~ /^<ngx_/)                         { kind = 1 }
            if ($2 ~ /^"([a-z.]+\/)*ngx_http_health/)  { kind = 2 }
            if ($2 ~ /^"(\.\.\/)+core\//)              { kind = 3 }
            if ($2 ~ /^"(\.\.\/)+redis\//)             { kind = 4 }
            name = $2
            if (name == "<ngx_config.h>") { name = "0" }
            if (name == "<ngx_core.h>")   { name = "1" }
            if (kind == 1 && last == "" && name != "0") {
                print FILENAME ":" FNR ": include <ngx_config.h> first"
            }
            if (kind name < last) {
                print FILENAME ":" FNR ": " $2 " stands too late; the order" \
                    " is <ngx_*>, ngx_http_healthcode*, core/, redis/," \
                    " <system>, by name in each"
            }
            last = kind name
        }
    ' $(files "$module/nginx" | grep -E '\.[ch]$') >>"$report"
}


# A string of JSON is read where its type is asked for.
check_json() {
    # shellcheck disable=SC2046
    grep -nHE '(unsafe_)?yyjson_get_(str|len|sint|int)\b' $(c_files) |
        grep -vE '/core/healthcode_json\.[ch]:' |
        found "asks no type; use healthcode_json_text() or _whole()"
}


# One allow, in one place.
check_verdict() {
    verdict=$module/core/healthcode_verdict.c
    n=$(grep -cE 'allow = (true|1)' "$verdict")

    [ "$n" -eq 1 ] ||
        say "$verdict:1" "\"allow = true\" stands here $n times; once, please"

    # shellcheck disable=SC2046
    grep -nHE '(\.|->)allow *= *[^=]' \
        $(files "$module" | grep -E '\.[ch]$' | grep -vF "$verdict") |
        found "only healthcode_verdict.c says allow; read its verdict"
}


# Lines: 80 columns in C and 100 in scripts, tabs, trailing blanks; // outside strings and comments.
check_lines() {
    # shellcheck disable=SC2046
    awk '
        function say(what) { print FILENAME ":" FNR ": " what }

        FNR == 1      { comment = 0 }
        FNR == 1      { most = FILENAME ~ /\.[ch]$/ ? 80 : 100 }
        length > most { say(length " columns; at most " most) }
        /\t/          { say("a tab; use spaces") }
        /[ \t\r]$/    { say("a trailing blank; delete it") }

        FILENAME ~ /\.[ch]$/ {
            s = $0
            gsub(/\\./, "", s)
            gsub(/\047"\047/, "", s)
            out = ""

            while (s != "") {
                if (comment) {
                    i = index(s, "*/")
                    if (!i) { s = ""; break }
                    s = substr(s, i + 2)
                    comment = 0
                    continue
                }

                if (!match(s, /"|\/\*|\/\//)) { break }
                token = substr(s, RSTART, RLENGTH)
                s = substr(s, RSTART + RLENGTH)

                if (token == "//") {
                    say("a // comment; write /* */")
                    break
                }

                if (token == "/*") { comment = 1; continue }

                i = index(s, "\"")
                s = i ? substr(s, i + 1) : ""
            }
        }
    ' $(c_files) $(script_files) >>"$report"
}


# The comment at the top of a file, of three lines at least, says what it does
# and does not know, and where the documents speak of it.
check_headers() {
    for f in $(c_files); do
        awk -v docs="$(echo "$f" | grep -c "^$module/")" '
             NR == 1 && $0 != "/*" { exit }
             { n++ }
             /docs\/|README/ { docs = 0 }
             /^ \*\// { exit }
             END { exit n >= 4 && !docs ? 0 : 1 }' "$f" ||
            say "$f:1" "no header that says: what, what not, where in docs/"
    done

    for f in $(script_files); do
        awk '!/^(#|--|=)/ { exit } { n++ } END { exit n >= 3 ? 0 : 1 }' "$f" ||
            say "$f:1" "no header of three lines that says: what, how"
    done

    for f in $(files redis-scripts | grep '\.lua$'); do
        for word in KEYS RETURNS; do
            grep -q "^-- $word" "$f" ||
                say "$f:1" "no \"-- $word\" line in its header"
        done
    done
}


# Names at the start of a line are names of functions, in nginx's style.
check_names() {
    # shellcheck disable=SC2046
    {
        grep -nHE '^[a-z_][a-z0-9_]*\(' \
            $(files "$module/core" "$module/redis" | grep '\.c$') |
            grep -vE ':[0-9]+:healthcode_' |
            found "a function of core/ and redis/ is healthcode_STAGE_VERB"
        grep -nHE '^[a-z_][a-z0-9_]*\(' \
            $(files "$module/nginx" | grep '\.c$') /dev/null |
            grep -vE ':[0-9]+:ngx_http_healthcode_' |
            found "a function of nginx/ is ngx_http_healthcode_STAGE_VERB"
    }
}


# Compiles without position independence, so that constant tables are read-only
# data to nm and everything else in a data section is writable.
compile() {
    for f in $(files "$module/core" "$module/redis" | grep '\.c$'); do
        o=$objects/$(basename "$f" .c).o

        if [ ! "$o" -nt "$f" ] || [ -n "$newer_header" ]; then
            "$CC" -std=gnu11 -O1 -fno-pic -fno-pie -w \
                -isystem "$DEPS/hiredis/include" \
                -isystem "$DEPS/yyjson/include" -c -o "$o" "$f" ||
                { say "$f:1" "does not compile"; rm -f "$o"; }
        fi
    done
}

# line_of FILE NAME: the first line that has the name, or 1.
line_of() { grep -nwF -- "$2" "$1" | sed -n '1s/:.*//p;q' | grep . || echo 1; }

check_objects() {
    newer_header=$(find "$module/core" "$module/redis" -name '*.h' \
        -newer "$objects/stamp" 2>/dev/null)
    [ -e "$objects/stamp" ] || newer_header=all
    touch "$objects/stamp.new"
    compile

    for f in $(files "$module/core" "$module/redis" | grep '\.c$'); do
        name=$(basename "$f" .c)
        calls=$CALLS

        case $f in
        */core/healthcode_json.c)    calls="$calls|$CALLS_JSON" ;;
        */core/healthcode_pattern.c) calls="$calls|$CALLS_PATTERN" ;;
        */redis/*)                   calls="$calls|$CALLS_REDIS" ;;
        esac

        echo "$name" | grep -qE "^$CRYPTO$" && calls="$calls|$CALLS_CRYPTO"
        calls=$(printf '%s' "$calls" | tr -d ' \n')

        [ -e "$objects/$name.o" ] || continue

        "$NM" "$objects/$name.o" | awk 'NF == 2 { print $2 }' |
            grep -vxE "$calls" |
            while read -r symbol; do
                say "$f:$(line_of "$f" "${symbol%_8}")" \
                    "calls $symbol: no I/O, clock or foreign library here"
            done

        # nm's letters: b and d for data, c for common, s and g for small data
        "$NM" "$objects/$name.o" |
            awk 'NF == 3 && $2 ~ /^[BbDdCcSsGg]$/ { print $3 }' |
            while read -r symbol; do
                say "$f:$(line_of "$f" "${symbol%%.*}")" \
                    "$symbol is a writable global; pass it, or make it const"
            done

        "$NM" -g --defined-only "$objects/$name.o" |
            awk '{ print $3 }' | grep -vE '^healthcode_' |
            while read -r symbol; do
                say "$f:$(line_of "$f" "$symbol")" \
                    "$symbol is external; prefix healthcode_, or static"
            done
    done

    mv "$objects/stamp.new" "$objects/stamp"
}


# What the module as built shows to a process that loads it.
check_module() {
    so=$BUILD/$module.so
    [ -e "$so" ] || return 0

    "$NM" -D --defined-only "$so" | awk '{ print $3 }' |
        grep -vE '^(ngx_modules|ngx_module_names|ngx_module_order)$' |
        while read -r symbol; do
            say "$so:1" "shows $symbol to nginx; see exports.map"
        done
}


check_layers
check_includes
check_json
check_verdict
check_lines
check_headers
check_names
check_objects
check_module

if [ -s "$report" ]; then
    sort -t: -k1,1 -k2,2n -u "$report"
    echo "style: $(sort -u "$report" | wc -l) findings"
    exit 1
fi

echo "style: 1 passed, 0 failed ($(c_files | wc -l) C files," \
    "$(script_files | wc -l) scripts)"
