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
CALLS_JSON='yyjson_(alc_pool_init|read_(opts|number)|val_write_opts)|
            unsafe_yyjson_ptr_getx'
CALLS_PATTERN='pcre2_[a-z0-9_]+_8'
CALLS_CRYPTO='(ASN1_TIME|BN|CRYPTO|EC|ECDSA_SIG|ERR|EVP|OPENSSL|SHA256|X509)_[A-Za-z0-9_]+|
    OSSL_PARAM_[A-Za-z0-9_]+|PEM_read_bio(_[A-Za-z0-9_]+)?|
    BIO_(ctrl_pending|free|new_mem_buf)|
    [di]2[di]_[A-Za-z0-9_]+'
CALLS_REDIS='redis(FormatSdsCommandArgv|FreeSdsCommand|FormatCommandArgv|
    FreeCommand|Reader[A-Za-z]+)|freeReplyObject|sds[a-z]*|inet_(ntop|pton)'

# The only users of libcrypto.
CRYPTO='certificate|key|family(_[a-z0-9]+)?|signature'
CRYPTO="$CRYPTO|keyring(_certificate|_read|_jwks|_pem|_pkey|_private)?"
CRYPTO="healthcode_($CRYPTO|holder|digest|tls_files)"


# files NAME...: what there is of the project, tracked by git or not yet.
files() {
    find "$@" -type f ! -path '*/.*' ! -path "./$BUILD/*" ! -path "$BUILD/*" \
        ! -path '*/corpus/*' 2>/dev/null | sort
}

c_files() { files "$module" tools t bench | grep -E '\.[ch]$'; }

page_files() { files "$module/pages" tools/demo/pages t/browser |
    grep -E '\.(css|html|js|mjs)$'; }

script_files() { files util t bench tools redis-scripts |
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

# It hashes a client certificate, and reads none.
CRYPTO="(healthcode_bound|$CRYPTO)"

# It takes numbers of OpenSSL from its headers, and calls nothing.
NUMBERS='healthcode_tls'

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
            grep -vE "/($CRYPTO|$NUMBERS)\.[ch]:" |
            found "libcrypto is for keys, certificates, signature, holder and digest alone"
        includes 'yyjson' $core $redis | grep -vE '/healthcode_json\.[ch]:' |
            found "include healthcode_json.h, which reads strictly"
        includes 'pcre2' $core $redis |
            grep -vE '/healthcode_pattern\.c:' |
            found "PCRE2 is for healthcode_pattern.c alone"
    }
}


# The wings of the glue, and what each may use besides itself and the types in
# ngx_http_healthcode.h: conf/ reads keys and sets up zones, gate/ asks all but
# conf/.  nginx/*.c, the index, uses them all.
WINGS='conf gate source answer seen request keys store'
ARROWS='conf:keys conf:store
    gate:source gate:answer gate:seen gate:request gate:keys gate:store
    source:request answer:request request:keys
    seen:answer seen:request seen:keys seen:store'

# Wings in which no two files use each other, not even by way of a third.
NO_CIRCLE=$WINGS

# wing_of FILE: its wing; nothing for the index.
wing_of() { echo "$1" | sed -nE 's,(.*/)?(nginx|addon)/([a-z]+)/[^/]*$,\3,p'; }

# may_use FILE WING OTHER WHAT: a finding if there is no such arrow.
may_use() {
    [ "$2" = "$3" ] && return
    # shellcheck disable=SC2086
    case " $(echo $ARROWS) " in
    *" $2:$3 "*) ;;
    *) say "$1:$(line_of "${1%%:*}" "$4")" \
           "uses $4 of $3/; the arrows of the wings are: $ARROWS" ;;
    esac
}

# The files of a wing with their objects of the last build; nothing of a file
# that is gone, whose object make leaves there.
built_of() {
    for f in $(files "$module/nginx/$1" | grep '\.c$'); do
        o=$BUILD/nginx/addon/$1/$(basename "$f" .c).o
        [ ! -e "$o" ] || echo "$f $o"
    done
}

# By includes, and by what the objects of the last build call.
check_wings() {
    graph=$objects/graph
    : >"$graph"

    for f in $(files "$module/nginx" | grep -E '\.[ch]$'); do
        wing=$(wing_of "$f")
        [ -n "$wing" ] || continue
        sed -nE 's,^#include "(\.\./)+([a-z]+)/(ngx_http[^"]*)",\2 \3,p' "$f" |
            while read -r other header; do
                may_use "$f" "$wing" "$other" "$header"
            done
    done

    for wing in $WINGS; do
        built_of "$wing" | while read -r f o; do
            "$NM" -g --defined-only "$o" |
                awk -v o="$wing/$(basename "$o" .o)" '{ print $3, o }'
        done
    done | sort >"$graph.defined"

    for wing in $WINGS; do
        built_of "$wing" | while read -r f o; do
            "$NM" -u "$o" | awk '{ print $2 }' | sort | join - "$graph.defined" |
                while read -r symbol other; do
                    may_use "$f" "$wing" "${other%/*}" "$symbol"
                    echo "$wing/$(basename "$o" .o) $other"
                done
        done
    done >"$graph"

    for wing in $NO_CIRCLE; do
        grep -E "^$wing/[^ ]* $wing/" "$graph" | sort -u |
            tsort 2>&1 >/dev/null |
            sed -nE "s,^tsort: ($wing/.*)\$,\1,p" |
            while read -r name; do
                say "$module/nginx/$name.c:1" \
                    "is in a circle of files that use each other"
            done
    done
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


# Lines: 80 columns in C and 100 in scripts and pages, tabs, trailing blanks; in C
# // outside strings and comments.
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
    ' $(c_files) $(script_files) $(page_files) >>"$report"
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


# What the header of a file may say that the file does not know, as in
# "Knows no: request, clock.", and what its code, without comments, then may
# not have (a regular expression of Perl; more rows of a word add to it).
KNOWS_NO='
claims         \bhealthcode_claims?_
clock          \b(clock|clock_gettime|ftime|gettimeofday|time)\s*\(|healthcode_clock
clock          \bngx_(cached_\w*time|current_msec|gettimeofday|time|timeofday)\b
configuration  \bngx_(command|conf)_t\b|_conf_t\b
connection     \bngx_(peer_)?connection_t\b|\bngx_(close|free|get)_connection\b
connection     \bngx_event_connect_peer\b
crypto         \b(BN|CRYPTO|EC|ECDSA|EVP|OPENSSL|RSA|SHA\d+)_|openssl/
file           \b(fopen|lstat|open|openat|opendir|stat)\s*\(
file           \bngx_(fd_info|file_info|open_\w*file|open_dir|read_file|write_file)\b
header         \bngx_table_elt_t\b|\bheaders_(in|out)\b
hiredis        \bredis(Append|Command|Connect|Context|Format|Free|Reader|Reply)
hiredis        \bfreeReplyObject\b|hiredis/
holder         holder
issuer         issuer
JSON           yyjson
key            \bhealthcode_(bundle|key|keyring)_
location       \b\w*loc_conf_t\b|\bclcf\b|\blcf\b|NGX_HTTP_LOC_CONF
log            \bngx_(conf_)?log_(debug|error)
memory         \b(calloc|malloc|realloc|strdup)\s*\(|\bngx_(p?n?c?alloc|pool_t|slab_)
nginx          \b(ngx|NGX)_
process        \bfork\s*\(|\bngx_(pid|process|worker)
request        \bngx_http_request_t\b|\bngx_http_healthcode_record_
shared memory  \bngx_(shm_zone_t|shared_memory_add|slab_)
signature      \bhealthcode_signature_
socket         \b(accept|bind|connect|getaddrinfo|listen|recv|recvmsg|send)\s*\(
socket         \b(sendmsg|socket)\s*\(|->(recv|send)(_chain)?\b
socket         \bngx_(event_connect_peer|handle_(read|write)_event|socket)\b
store          \bngx_http_healthcode_(client_\w+|store_t)\b
thread         \b(ngx_thread|pthread)_
timer          \bngx_(event_)?(add|del)_timer\b
token          \bhealthcode_token_
verdict        \bhealthcode_verdict
'

# The wings each file of which says so, with these words at least.
KNOWS_NO_WINGS='conf:request conf:connection keys:location keys:verdict
    store:request'

check_knows() {
    # shellcheck disable=SC2046
    KNOWS_NO=$KNOWS_NO KNOWS_NO_WINGS=$KNOWS_NO_WINGS perl -0777 -ne '
        BEGIN {
            /^(.+?)  +(.+)/ and push @{$no{$1}}, $2
                for split /\n/, $ENV{KNOWS_NO};
            /(.+):(.+)/ and push @{$least{$1}}, $2
                for split " ", $ENV{KNOWS_NO_WINGS};
        }

        $head = m{\A/\*(.*?)\*/}s ? $1 : "";
        $head =~ s/\n \*//g;
        %said = $head =~ /Knows no: ([^.]*)\./
                ? map { s/\s+/ /gr => 1 } split /,\s*/, $1 : ();

        s{("(?:\\.|[^"\\\n])*"|\x27(?:\\.|[^\x27\\\n])*\x27)|/\*.*?\*/}
         {$1 // $& =~ tr/\n//cdr}gse;
        @lines = split /\n/;

        for (sort keys %said) {
            $no{$_} or print "$ARGV:1: \"Knows no: $_\": no such word in",
                             " KNOWS_NO of util/style.sh\n" and next;
            $regex = join "|", @{$no{$_}};
            for $n (0 .. $#lines) {
                $lines[$n] =~ $regex and
                    print "$ARGV:", $n + 1, ": has \"$&\", but its header",
                          " says: Knows no: $_\n";
            }
        }

        %said or $ARGV !~ m{/(core|redis)/[^/]*$} or
            print "$ARGV:1: the header of each file of $1/ says what the file",
                  " does not know, as in \"Knows no: clock, request.\"\n";

        $wing = $ARGV =~ m{/nginx/(\w+)/[^/]*$} ? $1 : "";
        $said{$_} or print "$ARGV:1: the header of each file of $wing/ says:",
                           " Knows no: $_\n" for @{$least{$wing}};
    ' $(c_files) >>"$report"
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


util/mutants.pl --stale >>"$report" || :
util/phrases.pl >>"$report" || :

check_layers
check_wings
check_includes
check_json
check_verdict
check_lines
check_headers
check_knows
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
