#!/bin/sh
# object_npm, object_npm_get: objects of 64 MiB that are put and got, compared with npm's
# @nats-io/obj. Needs node, and npm's registry: so it runs only when it is named.
# needs: bench_object_round
set -eu

here=$(cd "$(dirname "$0")" && pwd)
modules=$BENCH_BUILD/npm

if [ ! -d "$modules/node_modules" ]; then
    mkdir -p "$modules"
    cp "$here/../objects/package.json" "$here/../objects/package-lock.json" "$modules"
    npm ci --prefix "$modules" --ignore-scripts --no-audit --no-fund >&2
fi
NODE_PATH=$modules/node_modules node "$here/side/object_npm.js" "$BENCH_BUILD/bench_object_round"
