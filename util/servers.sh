#!/bin/sh
# util/servers.sh [NAME...]: the suites that talk to a store most, and the gate
# live, with each server of Redis' protocol that this release has: redis, valkey
# and redict unless named.
#
#     make servers
#     make servers S=valkey
#     PATH=/opt/redis-6.2/src:$PATH util/servers.sh redis
#
# util/deps.sh has unpacked them in .deps/NAME; "redis" is the one of PATH. What
# the release does not have is named. The last line has the totals.

set -eu
unset CDPATH
export LC_ALL=C

SUITES='t/05-risk.t t/06-outage.t t/20-cache.t'

root=$(cd "$(dirname "$0")/.." && pwd)
logs=$root/build/servers
passed=0 failed=0
cd "$root"
mkdir -p "$logs"

# part WHAT COMMAND...: runs it with that server, and adds its totals to ours.
part() {
    what=$1 log=$logs/$name-$1.log ok=0 from=$(date +%s)
    shift
    env PATH="$path" "$@" >"$log" 2>&1 </dev/null || ok=$?
    line=$(grep -aoE '[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
    good=${line%% *} bad=${line#*, }
    bad=${bad%% *}
    if [ -z "$line" ] || [ "$good" = 0 ] || { [ $ok != 0 ] && [ "$bad" = 0 ]; }; then
        bad=$((${bad:-0} + 1))
    fi
    passed=$((passed + ${good:-0})) failed=$((failed + bad))
    [ "$bad" = 0 ] || sed 's/^/    /' "$log"
    echo "servers: $name, $what: ${good:-0} passed, $bad failed," \
        "$(($(date +%s) - from)) s"
}

[ $# -gt 0 ] || set -- redis valkey redict
for name; do
    path=$PATH
    if [ "$name" != redis ]; then
        if [ ! -x ".deps/$name/bin/redis-server" ]; then
            echo "servers: $name: this release has none"
            continue
        fi
        path=$root/.deps/$name/bin:$PATH
    fi
    echo "servers: $name is $(PATH=$path redis-server --version | cut -d ' ' -f 1-3)"
    # shellcheck disable=SC2086  # a list
    part suites util/test.pl $SUITES
    part live env SHORT=1 util/live.pl main
done

echo "servers: total: $passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
