#!/bin/sh
# packaging/deb.sh: Debian packages of the module and the command for the
# release that this is, into build/deb/. make deb runs it.
#
# The source is what git has of the working tree. Its times are those of the
# changelog, or SOURCE_DATE_EPOCH: the same source gives the same bytes. Who
# gives packages to others sets DEBFULLNAME and DEBEMAIL.

set -eu
unset CDPATH
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
out=$root/build/deb
version=$(sed -n 's/^healthcode (\(.*\)) .*/\1/p;q' "$root/packaging/debian/changelog")
source=$out/healthcode-${version%-*}

# "0.1.0-1~deb12u1": sorts below the next release's, so that an upgrade of
# Debian brings the package that belongs to its nginx
# shellcheck source=/dev/null
release=$(. /etc/os-release && echo "${ID:-linux}${VERSION_ID:-}")
case $release in
debian[0-9]*) suffix="~deb${release#debian}u1" ;;
debian)       suffix= ;;
*)            suffix="~$(echo "$release" | tr -cd 'a-z0-9.')" ;;
esac

# static NAME: "NAME (= VERSION)", of the line that deps.sh left
static() {
    sed -n "2s/.*[ /]$1_\(.*\)\.\(dsc\|orig\.tar\).*/$1 (= \1)/p" \
        "$root/.deps/$1/from"
}

rm -rf "$out"
mkdir -p "$source"
cd "$root"
git ls-files -z | tar -c --null -T - | tar -x -C "$source"
cp -a packaging/debian "$source/debian"
sed -i "1s/)/$suffix)/" "$source/debian/changelog"
if [ -n "${DEBEMAIL:-}" ]; then
    sed -i -e "s/<packages@healthcode.example>/<$DEBEMAIL>/" \
        -e "s/The healthcode authors </${DEBFULLNAME:-The healthcode authors} </" \
        "$source/debian/control" "$source/debian/changelog"
fi

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(dpkg-parsechangelog -S Timestamp \
    -l "$source/debian/changelog")}
export SOURCE_DATE_EPOCH
find "$source" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

HEALTHCODE_DEPS=$root/.deps
HEALTHCODE_STATIC="$(static hiredis), $(static yyjson)"
export HEALTHCODE_DEPS HEALTHCODE_STATIC

cd "$source"
dpkg-buildpackage -b -us -uc >"$out/build.log" 2>&1 || {
    tail -n 20 "$out/build.log" >&2
    echo "deb: failed; all of it is in $out/build.log" >&2
    exit 1
}

cd "$out"
ls ./*.deb ./*.changes
