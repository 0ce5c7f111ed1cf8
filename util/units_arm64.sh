#!/bin/sh
# util/units_arm64.sh: compiles the unit tests for arm64 and runs them by
# qemu-user, without sanitizers, which qemu cannot run. It installs packages of
# another architecture: for a clean root of Debian 13 ("make units-elsewhere").
set -eu

cd "$(dirname "$0")/.."
export DEBIAN_FRONTEND=noninteractive

dpkg --add-architecture arm64
apt-get update -q -o Acquire::Check-Valid-Until=false
apt-get install -q -y --no-install-recommends gcc dpkg-dev qemu-user \
    gcc-aarch64-linux-gnu libc6-dev-arm64-cross libssl-dev:arm64 \
    libpcre2-dev:arm64 libcmocka-dev:arm64

export CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar
util/deps.sh libraries
exec make --no-print-directory -C t/unit CC=$CC AR=$AR SANITIZE= RUN=qemu-aarch64
