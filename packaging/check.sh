#!/bin/sh
# packaging/check.sh: makes the packages twice and compares them, asks lintian
# and piuparts, goes through "A first gate" of the README, runs the suites of
# docs/testing.md with what is installed, then upgrades and purges. It changes
# the system that it runs on, so it wants a root to throw away:
#
#     make roots R=trixie C='THROWAWAY=1 packaging/check.sh'
#
# Ends with a line "N passed, N failed". What could not be run is named in a line
# "not run", with the reason, and counts for neither.

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

# see WHAT COMMAND...: whether it succeeds. A function ends at its first command
# that fails: it runs in a shell of its own, outside of any condition, so that
# set -e holds in it.
see() {
    what=$1
    shift
    set +e
    (set -e; "$@") >"$root/build/check.log" 2>&1 </dev/null
    status=$?
    set -e
    if [ $status = 0 ]; then
        passed=$((passed + 1))
        echo "ok - $what"
    else
        failed=$((failed + 1))
        echo "not ok - $what"
        tail -n 20 "$root/build/check.log" | sed 's/^/    /'
    fi
}

# "A first gate" of the README as a script: its blocks "sh" and the commands of
# its blocks "console"; its configuration goes where it says, and nginx starts.
guide() {
    awk '/^## / { on = ($0 == "## A first gate") }
         /^```$/ {
             if (kind == "nginx") print "END\nnginx -t\nservice nginx restart"
             kind = ""
         }
         kind == "sh" && !/^make deb$/ || kind == "nginx" { print }
         kind == "console" && (more || sub(/^\$ /, "")) { print; more = /\\$/ }
         on && /^```(sh|console|nginx)/ {
             kind = substr($1, 4)
             if (kind == "nginx") print "cat >/etc/nginx/conf.d/gate.conf <<\"END\""
         }' "$root/README.md"
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

# purity: piuparts, which installs and purges the packages in a root of its own,
# from the mirror of this one; a root that cannot be made says nothing of them.
purity() {
    # shellcheck disable=SC2016  # apt's own variables
    place=$(apt-get indextargets 'Created-By: Packages' \
        --format '$(REPO_URI) $(RELEASE)' | head -n 1)
    if ! apt-get install -y -q --no-install-recommends piuparts debootstrap \
        >"$root/build/check-apt.log" 2>&1
    then
        echo "not run - piuparts: $(grep -m 1 '^E: ' "$root/build/check-apt.log")"
        return
    fi
    piuparts -d "${place#* }" -m "${place% *}" "$out"/*.changes \
        >"$root/build/piuparts.log" 2>&1 </dev/null || :
    if grep -q "ERROR: Command failed .*'debootstrap'" "$root/build/piuparts.log"
    then
        echo "not run - piuparts: no root from ${place% *}:" \
            "$(grep -m 1 -oE '[EW]: .*' "$root/build/piuparts.log")"
        return
    fi
    see 'piuparts: installed, purged, and nothing is left' pure
}

pure() {
    grep -A 9 -E 'ERROR|FAIL' "$root/build/piuparts.log" || :
    grep -q 'PASS: All tests' "$root/build/piuparts.log"
}
purity

# What came by apt is there: the guide runs in a network of its own.
cat >"$root/build/guide.sh" <<END
set -eu
ip link set lo up
cd "$root"
$(guide)
END
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/90check

# answers: what the guide prints at its requests, and no error on the way
answers() {
    GUIDE=1 unshare --net sh "$root/build/guide.sh" \
        >"$root/build/guide.out" 2>&1 || broken=yes
    cat "$root/build/guide.out"
    [ -z "${broken:-}" ]
    [ "$(sed -nE 's,^HTTP/1.1 ,,; s/^([1-5][0-9][0-9])\b.*/\1/p' \
        "$root/build/guide.out" | tr '\n' ' ')" = '401 200 403 200 ' ]
}
see 'the first gate, line by line: 401, 200, 403, 200' answers
see 'nginx loads the module by a link of Debian' \
    test -L /etc/nginx/modules-enabled/50-mod-http-healthcode.conf
see 'the verdicts are in the log that it names' \
    grep -q 'healthcode: deny reason=flagged' /var/log/nginx/gate.log
for package in libnginx-mod-http-healthcode healthcode-tools; do
    see "the links in the documents of $package resolve" \
        packaging/links.pl /usr/share/doc/$package
done
see 'the manual page is there' sh -c 'man healthcode | grep -q keygen'
see 'completion is there' bash -c '. /usr/share/bash-completion/completions/healthcode
    COMP_WORDS=(healthcode fl) COMP_CWORD=1; _healthcode; [ "${COMPREPLY[0]}" = flag ]'

# What sites test their gates with, far from the tree.
tests=$(mktemp -d)

# drawn: whether the command has its QR codes
drawn() {
    healthcode keygen --alg ES256 --private "$tests/key" --public "$tests/keys" >/dev/null
    healthcode issue --key "$tests/key" --iss i --sub s --qr png >"$tests/code.png"
    [ "$(head -c 4 "$tests/code.png" | tail -c 3)" = PNG ]
}
see 'the command draws QR codes' drawn

# testbed: what a gate answers to a code and to a forged one
testbed() {
    cd "$tests"
    mkfifo hold
    healthcode testbed alice alice:forged <hold >bed.json &
    bed=$!
    exec 3>hold
    tries=300
    until [ -s bed.json ] || [ $((tries -= 1)) = 0 ]; do sleep 0.1; done
    of() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/" bed.json; }
    answers=
    for name in alice alice:forged; do
        answers="$answers $(curl -s -o /dev/null -w '%{http_code}' \
            -H "Authorization: Bearer $(of $name)" "$(of address)")"
    done
    exec 3>&-
    wait $bed
    echo "answers:$answers"
    [ "$answers" = ' 200 401' ]
}
see 'a testbed by what is installed: 200, 401' testbed

see 'the Perl module for tests is where Perl looks' \
    perl -MTest::Nginx::Healthcode::Bed -e 1

# suites: those of the guide. Test::Nginx is Debian's, or stands where a site
# would put it.
suites() {
    util/deps.sh test
    [ ! -d .deps/test-nginx ] || {
        mkdir -p /usr/local/lib/site_perl
        cp -r .deps/test-nginx/usr/share/perl5/. /usr/local/lib/site_perl
    }
    awk -v dir="$tests" '/^```$/ { on = 0 }
        on { print > (dir "/suite" n ".t") }
        /^```perl suite$/ { on = 1; n++ }' docs/testing.md
    cd "$tests"
    unset PERL5LIB
    perl -MTest::Nginx::Healthcode -e 'print values %INC' \
        | grep -q /usr/share/perl5/Test/Nginx/Healthcode.pm
    prove -v suite1.t suite2.t
}
see 'the suites of docs/testing.md, by what is installed' suites

# an upgrade keeps the configuration
upgrade() {
    sed -i '1s/(\([0-9.]*\)-1)/(\1-2)/' packaging/debian/changelog
    make -s deb
    dpkg -i "$out"/libnginx-mod-http-healthcode_*.deb \
        "$out"/healthcode-tools_*.deb
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
