#!/bin/sh
# util/deps.sh build | demo | test | fuzz | bench | asan | deb |
# nginx-tests | interop | browser | monitoring | proxies | servers | roots: installs what that make
# target needs and is not here yet; silent and quick when nothing is missing.
#
# "libraries" makes hiredis and yyjson alone, with CC and AR.
#
# Packages of Debian, or of a distribution made from it, come by apt, with
# service starts blocked; those of "browser", "monitoring" and "proxies" alone may
# be out of reach, which is the exit status 77. The rest goes under .deps/ and needs no root:
#
#     hiredis/     include/hiredis/*.h  lib/libhiredis.a  (static, PIC)
#     yyjson/      include/yyjson.h     lib/libyyjson.a          (static, PIC)
#     test-nginx/  usr/share/perl5      (absent where Debian has Test::Nginx)
#     nginx/       configure  auto/  src/  (Debian's source, patched; asan)
#     interop/     node_modules/        (from npm, as t/interop/packages pins them)
#     browser/     node_modules/        (likewise, t/browser/packages)
#     valkey/      bin/redis-server     (runs Debian's valkey-server; redict/ likewise)
#     log/         the output of each step
#
# HIREDIS_DIR and YYJSON_DIR name a source tree or an installed prefix at hand.
# Without them, what is under .deps/ already is kept, wherever it came from.
#
# util/deps.sh why LOG: tells the cause that apt's words in LOG have.

set -eu
unset CDPATH
export LC_ALL=C

BUILD="gcc libc6-dev make dpkg-dev nginx nginx-dev libssl-dev libpcre2-dev"
DEMO="redis-server curl openssl"
# QR codes that the command draws, if it is built with these there.
QR="libqrencode-dev libpng-dev"
# What the helper of the demo links with.
HALL="$QR libmicrohttpd-dev libzbar-dev"
TEST="libcmocka-dev valgrind ca-certificates procps
    libtest-base-perl libtext-diff-perl libtest-longstring-perl
    liblist-moreutils-perl libhttp-message-perl liburi-perl libipc-run-perl
    libfaketime logrotate jq libxml2-utils"
FUZZ="clang libclang-rt-dev"     # its libFuzzer and sanitizers
ROOTS="git debootstrap util-linux tar gzip"
BENCH="wrk libnginx-mod-http-lua lua-resty-core lua-cjson lua-nginx-redis"
# Debian's modules, which nginx's own tests take for granted, and what else
# they do not skip then.
NGINX_TESTS="libnginx-mod-http-geoip libnginx-mod-http-image-filter
    libnginx-mod-http-perl libnginx-mod-http-xslt-filter libnginx-mod-mail
    libnginx-mod-stream libnginx-mod-stream-geoip libio-socket-ssl-perl
    libfcgi-perl libscgi-perl libgd-perl libprotocol-websocket-perl
    libcache-memcached-perl libcache-memcached-fast-perl memcached
    uwsgi-core uwsgi-plugin-python3"
# Implementations of JOSE that are not ours; npm itself unless it is here.
INTEROP="python3-jwcrypto python3-jwt python3-botan jose nodejs"
# A browser, and letters for both languages of a page.
BROWSER="chromium fonts-dejavu-core fonts-noto-cjk nodejs"
# With promtool and amtool.
MONITORING="prometheus prometheus-alertmanager"
# Proxies that ask a gate.
PROXIES="haproxy caddy"

# Servers of Redis' protocol that a release may have beside it.
SERVERS="valkey redict"

SERVICES="nginx redis-server memcached prometheus prometheus-alertmanager haproxy caddy"
DEBIAN=${HEALTHCODE_MIRROR:-}   # for what a derivative lacks
KEYS=/usr/share/keyrings/debian-archive-keyring.gpg
NEWER=trixie            # the release for what this one lacks or has too old
NEWEST=unstable         # the suite for what no release has: Test::Nginx
HIREDIS=1.1             # the least that will do
YYJSON=0.9
CFLAGS="-O2 -g -fPIC -fvisibility=hidden -fstack-protector-strong \
-D_FORTIFY_SOURCE=2"

root=$(cd "$(dirname "$0")/.." && pwd)
deps=$root/.deps
policy=/usr/sbin/policy-rc.d

say() { echo "deps: $*" || :; }

die() { echo "deps: $*" >&2; exit 1; }

# why LOG: each cause that apt tells in LOG, and in which words.
why() {
    while read -r row; do
        words=${row#* == }
        line=$(grep -m 1 -E "$words" "$1") || continue
        echo "the cause: ${row%% == *}"
        echo "    apt: $(echo "$line" | sed 's/^ *\(.: \)\{0,1\}//' | cut -c 1-200)"
    done <<'END'
this machine's disk is full == No space left|enough free space in
the mirror cannot be reached == (ould not|ailure|nable to) (resolv|connect)|unreachable
the certificate of the mirror is not trusted here == ertificate verif(y|ication) failed
a signature does not hold, or its key is not known here == is not signed
the clock of this machine is behind that of the mirror == is not valid yet
the mirror is half way through a change, try later == unexpected size|Hash Sum mismatch
the mirror has no such release == does not have a Release file
this release has no such package == nable to (locate|find a source)|installation candidate
the mirror has lost this file == ailed to fetch .* 404
the mirror's lists are past their date == is expired
END
}

# step NAME BY_HAND COMMAND...: runs it into .deps/log/NAME.log; if it fails,
# shows the end of that, the cause, and how to go on by hand. COMMAND runs
# outside of any condition, so that set -e holds in it; descriptor 3 is ours.
# Exit status 77, of both: what it takes cannot be reached from here.
step() {
    log=$deps/log/$1.log failed="step \"$1\" failed. To go on by hand: $2"
    shift 2
    mkdir -p "$deps/log"
    set +e
    (set -e; "$@") 3>&1 >"$log" 2>&1 </dev/null
    status=$?
    set -e
    [ $status -ne 0 ] || return 0
    echo "deps: the end of $log:" >&2
    tail -n 12 "$log" | sed 's/^/    /' >&2
    why "$log" | sed 's/^/deps: /' >&2
    [ $status -ne 77 ] || { echo "deps: $failed" >&2; exit 77; }
    die "$failed"
}

# absent PACKAGE...: those of them that are not installed.
absent() {
    have=" $(dpkg-query -W -f '${Package}=${db:Status-Status} ' "$@" \
        2>/dev/null || :)"
    for package; do
        case $have in
        *" $package=installed "*) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

# ---- Debian's packages ----

# blocked: whether a policy-rc.d of ours is in place.
blocked() { grep -qs '^# healthcode, new:' "$policy"; }

# Nothing may start a public nginx or Redis while we install, so policy-rc.d
# answers 101 to every start, stop and restart: what runs keeps running. One
# that was there is kept as a hard link and comes back as the same file. Ours
# names the new services, so that the run after a kill -9 can clean up too.
block_services() {
    rm -f "$policy.kept" "$policy.ours"
    # shellcheck disable=SC2086  # a list
    printf '#!/bin/sh\n# healthcode, new: %s\nexit 101\n' \
        "$(absent $SERVICES)" >"$policy.ours"
    chmod 755 "$policy.ours"
    if [ -e "$policy" ] || [ -L "$policy" ]; then
        ln -P "$policy" "$policy.kept"
    fi
    mv -fT "$policy.ours" "$policy"
}

# Puts policy-rc.d back. Debian also enables a new service at boot, and nobody
# who types "make demo" expects a web server on port 80 after the next one: the
# services that came with us are disabled, and we say so.
unblock_services() {
    new=$(sed -n 's/^# healthcode, new: //p' "$policy")
    mv -fT "$policy.kept" "$policy" 2>/dev/null || rm -f "$policy"
    for service in $new; do
        [ -z "$(absent "$service")" ] || continue
        deb-systemd-helper disable "$service.service" >/dev/null 2>&1 || :
        update-rc.d "$service" disable >/dev/null 2>&1 || :
        say "the new service $service stays off, now and at boot" \
            "(to turn it on: systemctl enable --now $service)"
    done
}

# One run at a time works on the system. apt inherits the lock (descriptor 8),
# so it outlives a killed run for as long as that run's apt does. Whatever is
# still blocked once we have it, that run left behind.
lock_system() {
    exec 8</var/lib/dpkg
    flock -n 8 || { say "waiting for apt to finish"; flock -w 600 8; } \
        || die "apt has not finished in 10 minutes"
    ! blocked || unblock_services
}

# Runs at every exit. After Ctrl-C apt may go on for a while: opening the lock
# anew waits for it, since nothing may be unblocked before.
cleanup() {
    trap '' HUP INT PIPE TERM
    [ -z "${installing:-}" ] || lock_system
}

# refresh: fetches the machine's lists of packages. Lists past their date are
# taken, once that is said: a mirror may lag, and their signature must hold as
# ever. A source that fails stops nothing that the others have.
refresh() {
    apt-get update -q >update.log 2>&1 || :
    cat update.log
    grep -q ' is expired ' update.log || return 0
    say "taking lists that are past their date; they are signed:" \
        "$(sed -n 's/.*Release file for \(.*\) is expired (\([^)]*\)).*/\1, \2/p' \
            update.log | sort -u | tr '\n' ' ')" >&3
    apt-get update -q -o Acquire::Check-Valid-Until=false || :
}

# apt_install PACKAGE...: refreshes apt's lists only if it cannot do without.
apt_install() {
    cd "$deps/log"
    export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
    # apt refuses to work until an interrupted dpkg has been finished
    [ -z "$(ls /var/lib/dpkg/updates)" ] || dpkg --configure -a
    set -- -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
        "$@"
    apt-get install "$@" || {
        refresh
        apt-get install "$@" || return "$(unreached)"
    }
}

# unreached: the exit status where apt has failed: $spared, if there is one and
# no mirror can be reached.
unreached() {
    why update.log | grep -q '^the cause: the mirror cannot be reached$' \
        && echo "${spared:-1}" || echo 1
}

# need PACKAGE...: installs those that are absent.
need() {
    want=$(absent "$@")
    [ -n "$want" ] || return 0
    by_hand="apt-get update && apt-get install --no-install-recommends $want"
    [ "$(id -u)" = 0 ] || die "missing: $want
As root: $by_hand
or, which also keeps new services from being started: $0 $target"
    say "installing $want"
    lock_system
    installing=yes
    block_services
    # shellcheck disable=SC2086  # a list
    step apt "as root, $by_hand" apt_install $want
    unblock_services
    installing=
    exec 8<&-
}

# offered PACKAGE: "VERSION URI SUITE COMPONENT" of what the machine's own apt
# would install, be it Debian or a distribution made from it; nothing for none.
offered() {
    apt-cache policy "$1" | awk '
        $1 == "Candidate:" { want = $2 }
        $NF != "Packages"  { at = $1 == "***" ? $2 : $1; next }
        at == want {
            n = split($3, part, "/")
            print want, $2, substr($3, 1, length($3) - length(part[n]) - 1), \
                part[n]
            exit
        }'
}

# ---- an apt of our own, under .deps/apt ----

# sources: "URI SUITE ORIGIN FILE:ENTRY" of each of the machine's own.
sources() {
    # shellcheck disable=SC2016  # apt's own variables
    apt-get indextargets 'Created-By: Packages' \
        --format '$(REPO_URI) $(RELEASE) $(ORIGIN) $(SOURCESENTRY)'
}

# debian: "URI" of the machine's own mirror of Debian; nothing if it has none.
debian() {
    sources | awk '$3 == "Debian" && $1 !~ /security/ { print $1; exit }'
}

# place PACKAGE LEAST SUITE: sets uri, suite and component: those of this
# machine's PACKAGE if that is LEAST or newer, so that what is linked static is
# what its distribution supports, else those of SUITE of Debian.
place() {
    wanted=$1 least=$2 suite=$3 component=main
    # shellcheck disable=SC2046  # four words
    set -- $(offered "$1")
    if [ -n "${4:-}" ] && dpkg --compare-versions "$1" ge "$least"; then
        uri=$2 suite=$3 component=$4
        return
    fi
    uri=$(debian)
    [ -n "$uri" ] || [ ! -f "$KEYS" ] || uri=$DEBIAN
    [ -n "$uri" ] || die "$(. /etc/os-release; echo "$PRETTY_NAME") has no" \
        "$wanted $least or newer; install debian-archive-keyring, and name a" \
        "mirror of Debian in HEALTHCODE_MIRROR"
}

# need_keys: a distribution made from Debian may have Debian's keys as a package,
# with which Debian's own sources can be taken for what it lacks.
need_keys() {
    [ -z "$(debian)" ] && [ ! -f "$KEYS" ] || return 0
    [ -z "$(offered debian-archive-keyring)" ] || need debian-archive-keyring
}

# signed_by FILE:ENTRY: the key that entry names, as a deb822 field (apt does
# not tell). Nothing if it names none; apt then uses the keys it trusts anyway.
signed_by() {
    case $1 in
    *.sources:*)        # the ENTRYth stanza; an inline key has several lines
        awk -v n="${1##*:}" '/^#/ { next }
            /^[ \t]*$/ { inside = 0; next }
            ! inside { inside = 1; stanza++ }
            /^[^ \t]/ { field = tolower($1) }
            stanza == n && field == "signed-by:"' "${1%:*}" ;;
    *)                  # the ENTRYth line, with [signed-by=FILE,FILE]
        sed -n "${1##*:}s/.*[[ ]signed-by=\([^] ]*\).*/Signed-By: \1/p" \
            "${1%:*}" | tr , ' ' ;;
    esac
}

# own_apt TYPE SUITE COMMAND...: an apt command that sees that one source,
# nothing of the machine's lists, pins and cache, and takes nothing unsigned.
# Lists past their date are taken: they are signed still, and a mirror may lag.
own_apt() {
    own=$deps/apt/$1-$2 command=$3
    shift 3
    "$command" -q \
        -o Dir::Etc::sourcelist="$own.sources" \
        -o Dir::Etc::sourceparts=- -o Dir::Etc::preferences=- \
        -o Dir::Etc::preferencesparts=- -o APT::Default-Release= \
        -o Dir::State::lists="$own/lists" \
        -o Dir::Cache="$own/cache" \
        -o Acquire::Languages=none -o APT::Update::Error-Mode=any \
        -o Acquire::Check-Valid-Until=false \
        -o Acquire::AllowInsecureRepositories=false \
        -o Acquire::AllowWeakRepositories=false \
        -o Acquire::AllowDowngradeToInsecureRepositories=false \
        -o APT::Get::AllowUnauthenticated=false "$@"
}

# own_lists TYPE: fetches the list of packages (TYPE deb) or of sources (deb-src)
# of the place that place() has found, once a run.
own_lists() {
    own=$deps/apt/$1-$suite
    [ ! -f "$own.done" ] || return 0
    mkdir -p "$own/lists/partial" "$own/cache/archives/partial"
    entry=$(sources | awk -v uri="${uri%/}/" '$1 == uri { print $4; exit }')
    cat >"$own.sources" <<END
Types: $1
URIs: $uri
Suites: $suite
Components: $component
Architectures: $(dpkg --print-architecture)
PDiffs: no
$([ -z "$entry" ] && echo "Signed-By: $KEYS" || signed_by "$entry")
END
    own_apt "$1" "$suite" apt-get update || return
    touch "$own.done"
}

# ---- the parts of .deps: each is made in .deps/tmp/out, then renamed ----

# ready NAME DIR: whether .deps/NAME is there, static, made with these flags
# and, if DIR is not empty, from DIR.
ready() {
    [ -f "$deps/$1/lib/lib$1.a" ] \
        && { read -r flags && read -r from; } 2>/dev/null <"$deps/$1/from" \
        && [ "$flags" = "$CFLAGS" ] && [ "${2:-$from}" = "$from" ]
}

# made_from NAME: where .deps/NAME comes from.
made_from() { sed -n 2p "$deps/$1/from"; }

# install_as NAME FROM: .deps/tmp/out becomes .deps/NAME.
install_as() {
    printf '%s\n' "$CFLAGS" "$2" >out/from
    [ ! -e "$deps/$1" ] || mv "$deps/$1" old
    mv out "$deps/$1"
}

# empty_tmp: goes to a new .deps/tmp.
empty_tmp() {
    rm -rf "$deps/tmp"
    mkdir -p "$deps/tmp/out/include" "$deps/tmp/out/lib"
    cd "$deps/tmp"
}

# can_link LIBRARY CODE: links CODE and the library into a shared object, which
# fails where an archive is not PIC or a library wants a newer libc.
can_link() {
    echo "$2" >link.c
    "${CC:-cc}" -shared -fPIC -Iout/include -o link.so link.c -Lout/lib \
        "-l$1" -Wl,-z,defs -Wl,--no-allow-shlib-undefined
}

# compile_hiredis DIR: by its own Makefile, which must not get the variables of
# the make that called us, in a copy of the sources.
compile_hiredis() {
    mkdir src out/include/hiredis
    cp "$1"/*.[ch] "$1"/Makefile src/
    env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C src libhiredis.a \
        CC="${CC:-cc}" AR="${AR:-ar}" OPTIMIZATION= DEBUG_FLAGS= WARNINGS= CFLAGS="$CFLAGS"
    (cd src && cp alloc.h async.h hiredis.h net.h read.h sds.h sockcompat.h \
        ../out/include/hiredis/)
    cp src/libhiredis.a out/lib/
}

# fetch_source SOURCE: brings the source package SOURCE of the place that place()
# has found into $dir and its name into $from; false if the mirror lacks it. One
# that has lost Debian's part still has the part of the authors, signed as well.
fetch_source() {
    own_lists deb-src || return
    from="$uri $suite"
    if own_apt deb-src "$suite" apt-get source --only-source "$1"; then
        dir=$(echo "$PWD/$1"-*/) from="$from $(echo "$1"_*.dsc)"
        return
    fi
    own_apt deb-src "$suite" apt-get source --only-source --tar-only "$1" \
        && mkdir "$1-authors" \
        && tar -xf "$1"_*.orig.tar.* -C "$1-authors" --strip-components=1 \
        || return
    dir=$PWD/$1-authors
    from="$from $(echo "$1"_*.orig.tar.*), without the patches of Debian"
}

# source_of SOURCE PACKAGE LEAST: fetch_source from where place() says. Lists of
# unstable age soon, and then name files that are gone: Debian $NEWER has others.
source_of() {
    place "$2" "$3" $NEWER
    fetch_source "$1" && return
    [ "$suite" != $NEWER ] || return
    place "$2" 9999 $NEWER
    fetch_source "$1"
}

# make_hiredis DIR: from DIR, or else from Debian's source package.
make_hiredis() {
    empty_tmp
    dir=$1 from=$1
    [ -n "$dir" ] || source_of hiredis libhiredis-dev $HIREDIS
    if [ -f "$dir/hiredis.c" ]; then
        compile_hiredis "$dir"
    else
        cp -RL "$dir/include/hiredis" out/include/
        find "$dir/lib" -name libhiredis.a -exec cp {} out/lib/ \;
    fi
    can_link hiredis '#include <hiredis/hiredis.h>
        #if HIREDIS_MAJOR < 1 || (HIREDIS_MAJOR == 1 && HIREDIS_MINOR < 1)
        #error hiredis 1.1 or newer is needed
        #endif
        void *f(void); void *f(void) { return redisReaderCreate(); }'
    install_as hiredis "$from"
}

# make_yyjson DIR: from DIR, or else from Debian's source package, as Debian's
# binary packages have no static library.
make_yyjson() {
    empty_tmp
    dir=$1 from=$1
    [ -n "$dir" ] || source_of yyjson libyyjson-dev $YYJSON
    [ ! -f "$dir/src/yyjson.c" ] || dir=$dir/src
    if [ -f "$dir/yyjson.c" ]; then
        cp "$dir/yyjson.h" out/include/
        # shellcheck disable=SC2086  # a list; empty, yyjson_api stays hidden
        "${CC:-cc}" $CFLAGS -Dyyjson_api= -c -o yyjson.o "$dir/yyjson.c"
        "${AR:-ar}" rcs out/lib/libyyjson.a yyjson.o
    else
        cp "$dir/include/yyjson.h" out/include/
        find "$dir/lib/" -name libyyjson.a -exec cp {} out/lib/ \;
    fi
    can_link yyjson '#include <yyjson.h>
        uint32_t f(void);
        uint32_t f(void) {
            return yyjson_version() + YYJSON_WRITE_NEWLINE_AT_END;
        }'
    install_as yyjson "$from"
}

# make_test_nginx: Debian's newer package, which is pure Perl, unpacked.
make_test_nginx() {
    empty_tmp
    place libtest-nginx-perl 0 $NEWEST
    own_lists deb
    own_apt deb "$suite" apt-get download libtest-nginx-perl
    dpkg-deb -x libtest-nginx-perl_*.deb out
    PERL5LIB=out/usr/share/perl5 perl -e 'use Test::Nginx::Socket ()'
    install_as test-nginx "$uri $suite $(echo libtest-nginx-perl_*.deb)"
}

# make_nginx: the source of the nginx that this machine installs, or of the one
# that its release began with where a mirror has lost that of the update.
make_nginx() {
    empty_tmp
    source_of nginx nginx 0
    case $from in
    *-security*" without "*)
        uri=$(debian) suite=${suite%-security}
        own_lists deb-src
        if own_apt deb-src "$suite" apt-get source --only-source nginx; then
            dir=$(echo "$PWD"/nginx-[0-9]*/) from="$uri $suite $(echo nginx_*.dsc)"
        fi ;;
    esac
    cp -a "$dir"/. out/
    [ -x out/configure ] && [ -f out/src/core/nginx.c ]
    install_as nginx "$from"
}

# make_server NAME PACKAGE: Debian's package with the libraries that this machine
# lacks, unpacked: nothing is installed, and no service starts. The program is
# called like that of Redis, so a PATH that begins with its folder has it used.
make_server() {
    empty_tmp
    mkdir -p debs/partial out/bin
    set -- "$1" "$2" -y -q --no-install-recommends --download-only --reinstall \
        -o Debug::NoLocking=true -o Dir::Cache::archives="$PWD/debs"
    name=$1 package=$2
    shift 2
    apt-get install "$@" "$package" || {
        refresh
        apt-get install "$@" "$package" || return "$(unreached)"
    }
    for deb in debs/*.deb; do dpkg-deb -x "$deb" out; done
    cat >out/bin/redis-server <<END
#!/bin/sh
here=\$(cd "\$(dirname "\$0")/.." && pwd)
LD_LIBRARY_PATH=\$here/usr/lib/$(uname -m)-linux-gnu exec "\$here/usr/bin/$package" "\$@"
END
    chmod 755 out/bin/redis-server
    out/bin/redis-server --version
    install_as "$name" "$(version_of "$package")"
}

# version_of PACKAGE: the one that this release offers, with its name; nothing if
# it has none.
version_of() {
    version=$(offered "$1")
    [ -z "$version" ] || echo "$1 ${version%% *}"
}

# make_npm NAME PINS: each of the packages that the list pins, if it is that one.
# A registry that answers, but has no such package, is an error.
make_npm() {
    empty_tmp
    grep -v '^#' "$2" >pins
    while read -r package version sha512; do
        mkdir pack
        npm_config_cache=$PWD/cache npm pack --loglevel error --ignore-scripts \
            --pack-destination pack "$package@$version" </dev/null \
            || { npm ping || return 77; return 1; }
        got=$(openssl dgst -sha512 -binary pack/*.tgz | base64 -w 0)
        if [ "$got" != "$sha512" ]; then
            echo "$package $version is not the one that $2 pins: $got"
            return 1
        fi
        mkdir -p "out/node_modules/$package"
        tar -xzf pack/*.tgz -C "out/node_modules/$package" --strip-components=1
        rm -r pack
    done <pins
    cp "$2" out/pins
    install_as "$1" "npm"
}

# pins NAME: the list of packages of npm in .deps/NAME.
pins() { echo "$root/t/$1/packages"; }

have_npm() { cmp -s "$(pins "$1")" "$deps/$1/pins"; }

# have_test_nginx: whether Test::Nginx is under .deps or installed.
have_test_nginx() {
    [ -f "$deps/test-nginx/usr/share/perl5/Test/Nginx/Socket.pm" ] \
        || [ -z "$(absent libtest-nginx-perl)" ]
}

# need_lists: some images come with packages but without apt's lists.
need_lists() {
    [ -z "$(sources)" ] && [ "$(id -u)" = 0 ] || return 0
    step lists "as root, apt-get update" refresh
}

need_hiredis() {
    ! ready hiredis "$hiredis_dir" || return 0
    say "building hiredis from ${hiredis_dir:-"a source package"}"
    step hiredis "without a network, set HIREDIS_DIR to hiredis $HIREDIS or newer, a source
tree or a prefix with include/hiredis and lib/libhiredis.a" \
        make_hiredis "$hiredis_dir"
    say "hiredis is from $(made_from hiredis)"
}

need_yyjson() {
    ! ready yyjson "$yyjson_dir" || return 0
    say "building yyjson from ${yyjson_dir:-"a source package"}"
    step yyjson "without a network, set YYJSON_DIR to yyjson $YYJSON or newer, a source tree or a
prefix with include/yyjson.h and lib/libyyjson.a" \
        make_yyjson "$yyjson_dir"
    say "yyjson is from $(made_from yyjson)"
}

need_nginx() {
    ! ready nginx '' || return 0
    say "taking nginx's source from a source package"
    step nginx "without a network, unpack Debian's source of nginx in .deps/nginx, with
.deps/hiredis/from beside its configure" make_nginx
    say "nginx is from $(made_from nginx)"
}

# need_server NAME: as this release offers it; none where it does not.
need_server() {
    version=$(version_of "$1-server")
    [ -n "$version" ] || { rm -rf "${deps:?}/$1"; return 0; }
    [ "$(sed -n 2p "$deps/$1/from" 2>/dev/null)" != "$version" ] || return 0
    say "unpacking $version"
    spared=77 step "$1" "as root, apt-get install $1-server, and begin PATH with a folder
in which redis-server leads to it" make_server "$1" "$1-server"
}

need_npm() {
    ! have_npm "$1" || return 0
    list=$(pins "$1")
    say "taking what $list pins from npm"
    step "$1" "unpack these packages of npm in .deps/$1/node_modules,
and copy $list to .deps/$1/pins" make_npm "$1" "$list"
}

need_test_nginx() {
    ! have_test_nginx || return 0
    [ -z "$(offered libtest-nginx-perl)" ] || need libtest-nginx-perl
    ! have_test_nginx || return 0
    say "taking Test::Nginx from Debian's package"
    step test-nginx "put Test/Nginx/Socket.pm and the other files of
Test::Nginx in .deps/test-nginx/usr/share/perl5" make_test_nginx
}

# directory PATH: it as an absolute path; nothing for nothing.
directory() {
    [ -n "$1" ] || return 0
    (cd "$1" 2>/dev/null && pwd) || die "no such directory: $1"
}

# ---- the run ----

test_nginx= nginx= npm= spare= servers=
target=${1:-}
case $target in
build) packages=$BUILD ;;
libraries) packages="gcc libc6-dev make dpkg-dev" ;;     # hiredis and yyjson
demo) packages="$BUILD $DEMO $HALL" ;;
test) packages="$BUILD $DEMO $HALL $TEST" test_nginx=yes ;;
fuzz) packages="$BUILD $FUZZ" ;;
deb) packages="$BUILD $QR build-essential" ;;
nginx-tests) packages="$BUILD $DEMO $NGINX_TESTS" ;;
interop) packages="$BUILD $DEMO $INTEROP" npm=interop ;;
browser) packages="$BUILD $DEMO $HALL" spare=$BROWSER npm=browser ;;
bench) packages="$BUILD $DEMO $TEST $BENCH" test_nginx=yes ;;
monitoring) packages="$BUILD $DEMO" spare=$MONITORING ;;
proxies) packages="$BUILD $DEMO" spare=$PROXIES ;;
servers) packages="$BUILD $DEMO $HALL $TEST" test_nginx=yes servers=$SERVERS ;;
asan) packages="$BUILD $DEMO $HALL $TEST" test_nginx=yes nginx=yes ;;
roots) packages=$ROOTS ;;
why) why "$2"; exit 0 ;;
*)
    echo "usage: util/deps.sh build | libraries | demo | test | fuzz | bench |" \
        "asan | deb | nginx-tests | interop | browser | monitoring |" \
        "proxies | servers | roots | why LOG" >&2
    exit 2 ;;
esac
[ -z "$npm" ] || command -v npm >/dev/null || packages="$packages npm"
hiredis_dir=$(directory "${HIREDIS_DIR:-}")
yyjson_dir=$(directory "${YYJSON_DIR:-}")
command -v apt-get >/dev/null \
    || die "no apt-get here; install these by hand, and hiredis $HIREDIS," \
        "yyjson $YYJSON and Test::Nginx: $packages"

trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

[ "$(id -u)" != 0 ] || ! blocked || { lock_system; exec 8<&-; }
# shellcheck disable=SC2086  # a list
need $packages
# shellcheck disable=SC2086
[ -z "$spare" ] || spared=77 need $spare
[ "$target" != roots ] || exit 0
if ready hiredis "$hiredis_dir" && ready yyjson "$yyjson_dir" \
    && { [ -z "$test_nginx" ] || have_test_nginx; } \
    && { [ -z "$nginx" ] || ready nginx ''; } \
    && [ -z "$servers" ] \
    && { [ -z "$npm" ] || have_npm "$npm"; }
then
    exit 0
fi

mkdir -p "$deps"
exec 9>"$deps/lock"     # one run at a time in this tree
flock -w 600 9 || die "another deps.sh has worked in this tree for 10 minutes"
rm -rf "$deps/apt"
need_lists
need_keys
need_hiredis
need_yyjson
[ -z "$test_nginx" ] || need_test_nginx
[ -z "$nginx" ] || need_nginx
[ -z "$npm" ] || need_npm "$npm"
for server in $servers; do need_server "$server"; done
rm -rf "$deps/apt" "$deps/tmp"
