#!/bin/sh
# Install (Debian, as root) or name (elsewhere) the system packages that a bare
# machine lacks: what Qt and OpenGL load, and a virtual screen for the tests.
set -eu

PYTHON=${PYTHON:-python3}
wanted="libegl1 libgl1 libgl1-mesa-dri libxkbcommon-x11-0 libxcb-cursor0
libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 libdbus-1-3 xvfb xauth"

[ "$(uname -s)" = Linux ] || exit 0
if ! command -v dpkg-query >/dev/null 2>&1; then
    command -v xvfb-run >/dev/null 2>&1 && exit 0
    echo "Your system needs what Debian calls:" $wanted >&2
    echo "Install them with your package manager if the window or a test fails." >&2
    exit 0
fi

"$PYTHON" -c 'import ensurepip' 2>/dev/null || wanted="$wanted python3-venv"
missing=""
for package in $wanted; do
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    [ "$state" = "install ok installed" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Missing system packages. Please run:" >&2
    echo "    sudo apt-get install -y$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086 # one word a package
apt-get install -y -qq --no-install-recommends $missing >/dev/null
