#!/bin/sh
# util/roots.sh [RELEASE[/ARCH]...]: runs commands of this project from a fresh
# clone in a clean root of each: bookworm, trixie and unstable unless named.
#
#     make roots                                  make demo, then make test
#     make roots R=trixie C="make test T=t/00-load.t"     something else
#
# A root is what debootstrap makes: Debian's smallest system with git, make and
# ca-certificates, the sources that debootstrap writes, no setting of this
# machine. Its tarball stays in HEALTHCODE_CACHE (/var/cache/healthcode) for a
# week. The current commit is cloned into it, without .deps and build. The
# command runs in namespaces of its own, with the network of this machine;
# when it ends, its processes and the root are gone.
#
#     C                   the command; several are parted by ";;". One with "?"
#                         before it prepares the release: a root in which it
#                         fails is named, and counts as not run
#     LOG                 name of the log, in place of the root's
#     HEALTHCODE_MIRROR   in place of debootstrap's own, also in the root's sources
#     http_proxy, https_proxy, no_proxy, PORT     passed on, nothing else is
#
# Needs root, debootstrap and util-linux. A root that cannot be made is named,
# with the reason, and nothing is run in it: exit status 77 if everything else
# passed, 1 if a command failed.

set -eu
unset CDPATH
export LC_ALL=C

COMMANDS='make demo;;make test'
NEEDED='git,make,ca-certificates'
WEEK=7                          # days that a tarball is good for
TMPFS=8                         # GB of free memory for a root in memory, of 5

project=$(cd "$(dirname "$0")/.." && pwd)
cache=${HEALTHCODE_CACHE:-/var/cache/healthcode}
mirror=${HEALTHCODE_MIRROR:-}
logs=$project/build/roots

say() { echo "roots: $*"; }

# unmade NAME REASON...: says that nothing was run there.
unmade() {
    name=$1
    shift
    say "$name: NOT RUN: $*"
    not_run=$((not_run + 1))
}


# ---- tarballs ----

# bootstrap RELEASE ARCH TARBALL: makes it anew, whole or not at all.
bootstrap() {
    made=$(mktemp -d "$cache/making.XXXXXX")
    if debootstrap --variant=minbase --include="$NEEDED" --arch="$2" \
        "$1" "$made/root" ${mirror:+"$mirror"} >"$3.log" 2>&1 </dev/null \
        && tar -C "$made/root" --numeric-owner -I 'gzip -1' -cf "$made/tar" . \
            >>"$3.log" 2>&1
    then
        mv -f "$made/tar" "$3"
    fi
    rm -rf "$made"
}

# tarball RELEASE ARCH: sets $tarball, made anew if it is a week old. An old one
# serves where no new one can be made. False, with $reason, if there is none.
tarball() {
    tarball=$cache/$1-$2.tar.gz
    exec 9>"$tarball.lock"
    flock 9
    if [ -z "$(find "$tarball" -mtime -$WEEK 2>/dev/null)" ]; then
        say "$1/$2: debootstrap${mirror:+ from $mirror}"
        old=$(stat -c %Y "$tarball" 2>/dev/null || :)
        bootstrap "$1" "$2" "$tarball"
        if [ "$old" = "$(stat -c %Y "$tarball" 2>/dev/null || :)" ]; then
            reason=$(grep -E '^(E|W):|rror' "$tarball.log" | tail -n 1)
            reason="no root${mirror:+ from $mirror}: ${reason:-see $tarball.log}"
            [ -z "$old" ] || say "$1/$2: $reason; the one of" \
                "$(date -d "@$old" +%F) serves"
        fi
    fi
    exec 9>&-
    [ -f "$tarball" ]
}


# ---- one root ----

# inside ROOT TARBALL COMMIT COMMANDS: runs as process 1 of a new process and mount
# namespace: whatever it mounts and starts ends with it.
inside() {
    root=$1 commit=$3
    mount --make-rprivate /
    gigabytes=$(awk '/^MemAvailable/ { print int($2 / 1048576) }' /proc/meminfo)
    [ "$gigabytes" -lt $TMPFS ] || mount -t tmpfs -o size=5g,mode=755 root "$root"
    tar -C "$root" --numeric-owner -xzf "$2"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 pts \
        "$root/dev/pts"
    ln -sf pts/ptmx "$root/dev/ptmx"
    mount -t tmpfs shm "$root/dev/shm"
    cat /etc/resolv.conf >"$root/etc/resolv.conf"
    echo clean >"$root/etc/hostname"
    printf '127.0.0.1 localhost clean\n::1 localhost\n' >"$root/etc/hosts"
    hostname clean
    git -c safe.directory='*' clone -q --no-local --no-checkout \
        "$project" "$root/root/healthcode"
    git -C "$root/root/healthcode" checkout -q --detach "$commit"
    commands=$4
    shift 4
    for name in http_proxy https_proxy no_proxy PORT; do
        eval "value=\${$name:-}"
        [ -z "$value" ] || set -- "$@" "$name=$value"
    done
    while [ -n "$commands" ]; do
        command=${commands%%;;*} from=$(date +%s) broken=1
        [ "$command" != "$commands" ] && commands=${commands#*;;} || commands=
        [ "$command" = "${command#\?}" ] || broken=77 command=${command#\?}
        env -i "$@" HOME=/root TERM=dumb DEMO_ONCE=1 \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            chroot "$root" sh -c "cd /root/healthcode && $command" \
            && how=ok || how="FAILED ($?)"
        echo "roots: $command: $how in $(($(date +%s) - from)) s," \
            "load $(cut -d ' ' -f 1 /proc/loadavg)"
        [ "$how" = ok ] || exit $broken
    done
    echo "roots: $(du -sxm "$root" | cut -f 1) MB, $(df -T "$root" \
        | awk 'NR == 2 { print $2 }')"
    exit 0
}

# run NAME COMMANDS: in a fresh root from $tarball; tells how it went.
run() {
    log=$logs/${LOG:-$(echo "$1" | tr / -)}.log
    root=$(mktemp -d "$cache/root.XXXXXX")
    unshare --mount --pid --ipc --uts --fork --kill-child \
        sh "$0" --inside "$root" "$tarball" "$commit" "$2" >"$log" 2>&1 </dev/null &
    child=$!
    wait $child && status=0 || status=$?
    child=
    rm -rf --one-file-system "$root"
    totals=$(grep -aE '^(total|packages|unit): ' "$log" | tail -n 1 || :)
    sed -n "s|^roots: |roots: $1: |p" "$log"
    [ -z "$totals" ] || say "$1: $totals"
    [ $status -ne 0 ] || return 0
    if [ $status -eq 77 ]; then
        unmade "$1" "$(tail -n 4 "$log" | tr '\n' ' '); all of it in $log"
        return 0
    fi
    failed=$((failed + 1))
    grep -anE '^not ok|Failed test|^style:|FAILED|rror:|^deps:' "$log" \
        | tail -n 30 | sed 's/^/    /'
    tail -n 12 "$log" | sed 's/^/    /'
    say "$1: FAILED ($status); all of it in $log"
}

finish() {
    trap - EXIT INT TERM
    [ -z "$child" ] || { kill "$child" 2>/dev/null; wait "$child"; } || :
    [ -z "$root" ] || rm -rf --one-file-system "$root"
    rm -rf "${made:-}"
}


# ---- the run ----

if [ "${1:-}" = --inside ]; then
    shift
    set -e
    inside "$@"
fi

commit=$(git -C "$project" rev-parse HEAD)
failed=0 not_run=0 child='' root='' made='' reason=
[ $# -gt 0 ] || set -- bookworm trixie unstable

for program in debootstrap unshare tar git flock; do
    command -v $program >/dev/null || reason="$reason no $program here;"
done
[ "$(id -u)" = 0 ] || reason="$reason not root;"
if [ -n "$reason" ]; then
    for name; do unmade "$name" "${reason% }"; done
    exit 77
fi

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$cache" "$logs"
[ -z "$(git -C "$project" status --porcelain)" ] \
    || say "what is not committed is not in the clone"

for name; do
    release=${name%/*} arch=$(dpkg --print-architecture)
    [ "$release" = "$name" ] || arch=${name#*/}
    if ! tarball "$release" "$arch"; then
        unmade "$name" "$reason"
        continue
    fi
    run "$name" "${C:-$COMMANDS}"
done

[ $failed -eq 0 ] || exit 1
[ $not_run -eq 0 ] || exit 77
