#!/bin/sh
# Browser tests need Chromium: find it, or install Debian's package when we may.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium for the browser tests …"
  log=$(mktemp)
  if { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium; } \
    >"$log" 2>&1 && command -v chromium >/dev/null; then
    rm -f "$log"
    exit 0
  fi
  tail -5 "$log" >&2
fi
echo "The browser tests need Chromium. Install it (Debian, Ubuntu: apt-get install chromium), or leave these tests" >&2
echo "out: make test ARGS=\"-m 'not browser'\" CHROMIUM=none" >&2
[ "${CHROMIUM:-}" = none ]
