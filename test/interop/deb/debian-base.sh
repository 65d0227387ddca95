#!/bin/sh
# Makes a small Debian 12 in a folder, and in it the libraries that Node needs of another processor:
#   debian-base.sh FOLDER MIRROR OTHER
# Several may call it at once: the first makes it, the others wait.
set -eu
base=$1 mirror=$2 other=$3
mkdir -p "$(dirname "$base")"
exec 9>"$base.lock"
flock 9
[ ! -d "$base" ] || exit 0
rm -rf "$base.part"
trap 'rm -rf "$base.part"' EXIT
debootstrap --variant=minbase bookworm "$base.part" "$mirror"
chroot "$base.part" dpkg --add-architecture "$other"
chroot "$base.part" apt-get update -q
DEBIAN_FRONTEND=noninteractive chroot "$base.part" apt-get install -q -y --no-install-recommends "libstdc++6:$other"
chroot "$base.part" apt-get clean
rm -rf "$base.part"/var/lib/apt/lists/*
mv "$base.part" "$base"
