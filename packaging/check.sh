#!/bin/sh
# packaging/check.sh: makes the packages twice and compares them, asks lintian,
# goes through docs/packages.md line by line, then upgrades and purges. It
# changes the system that it runs on, so it wants a root to throw away:
#
#     make roots R=trixie C='THROWAWAY=1 packaging/check.sh'
#
# Ends with a line "N passed, N failed".

set -eu
unset CDPATH
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/build/deb
first=$root/build/deb-first
passed=0 failed=0

[ -n "${THROWAWAY:-}" ] && [ "$(id -u)" = 0 ] || {
    echo "check: it installs and purges packages: run it as root, in a root to" \
        "throw away, with THROWAWAY=1" >&2
    exit 2
}

# see WHAT COMMAND...: whether it succeeds.
see() {
    what=$1
    shift
    if "$@" >"$root/build/check.log" 2>&1 </dev/null; then
        passed=$((passed + 1))
        echo "ok - $what"
    else
        failed=$((failed + 1))
        echo "not ok - $what"
        tail -n 20 "$root/build/check.log" | sed 's/^/    /'
    fi
}

# the blocks "sh root" of the guide, of the section "A first gate"
guide() {
    awk '/^## / { on = ($0 == "## A first gate") }
         /^```$/ { print_it = 0 }
         print_it { print }
         on && $0 == "```sh root" { print_it = 1 }' "$root/docs/packages.md"
}

same() {
    for file in "$first"/*.deb; do
        cmp "$file" "$out/${file##*/}"
    done
}

# Services are started by the guide itself, and by nothing else.
printf '#!/bin/sh\n[ -z "${GUIDE:-}" ] && exit 101\nexit 0\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d

cd "$root"
mkdir -p build
see 'make deb' make deb
mv "$out" "$first"
see 'make deb, once more' make deb
see 'the same bytes' same

apt-get install -y -q --no-install-recommends lintian iproute2 man-db \
    redis-server curl openssl >"$root/build/check-apt.log" 2>&1
see 'lintian has no errors and no warnings' \
    lintian --fail-on error,warning "$out"/*.changes

# What came by apt is there: the guide runs in a network of its own.
cat >"$root/build/guide.sh" <<END
set -eu
ip link set lo up
cd "$out"
$(guide)
END

# answers: what the guide prints at its three requests, and no error on the way
answers() {
    GUIDE=1 unshare --net sh "$root/build/guide.sh" >"$root/build/guide.out" 2>&1
    status=$?
    cat "$root/build/guide.out"
    [ $status = 0 ] \
        && [ "$(grep -xE '[1-5][0-9][0-9]' "$root/build/guide.out" | tr '\n' ' ')" \
            = '200 403 401 ' ]
}
see 'the guide, line by line: 200, 403, 401' answers
see 'nginx loads the module by a link of Debian' \
    test -L /etc/nginx/modules-enabled/50-mod-http-healthcode.conf
see 'the verdicts are in the log that the guide names' \
    grep -q 'healthcode: deny reason=flagged' /var/log/nginx/gate.log
see 'the manual page is there' sh -c 'man healthcode | grep -q keygen'
see 'completion is there' bash -c '. /usr/share/bash-completion/completions/healthcode
    COMP_WORDS=(healthcode fl) COMP_CWORD=1; _healthcode; [ "${COMPREPLY[0]}" = flag ]'

see 'a testbed by what is installed' sh -c 'healthcode testbed </dev/null |
    grep -q "\"address\":\"http://127.0.0.1:.*\"alice\":\"ey"'
see 'the Perl module for tests is where Perl looks' \
    perl -MTest::Nginx::Healthcode::Bed -e 1

# an upgrade keeps the configuration
upgrade() {
    sed -i '1s/(\([0-9.]*\)-1)/(\1-2)/' packaging/debian/changelog
    make -s deb
    dpkg -i "$out"/libnginx-mod-http-healthcode_*.deb "$out"/healthcode-tools_*.deb
    nginx -t
    healthcode --version
}
see 'an upgrade' upgrade

purge() {
    rm /etc/nginx/conf.d/gate.conf
    apt-get purge -y libnginx-mod-http-healthcode healthcode-tools
    nginx -t
    ! ls -d /etc/nginx/modules-*/*healthcode* /usr/share/nginx/*/*healthcode* \
        /usr/lib/nginx/modules/*healthcode* /usr/share/healthcode \
        /usr/share/doc/*healthcode* /usr/bin/healthcode 2>/dev/null
}
see 'a purge leaves nothing, and an nginx that starts' purge

echo "packages: $passed passed, $failed failed"
[ $failed = 0 ]
