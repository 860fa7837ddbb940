#!/bin/sh
# Run a command on a virtual screen where the system has Xvfb, else as it is
# (macOS and Windows draw without one).
set -eu

if command -v xvfb-run >/dev/null 2>&1; then
    exec xvfb-run -a -s "-screen 0 1920x1200x24" "$@"
fi
exec "$@"
