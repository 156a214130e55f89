#!/bin/sh
# memory: resident megabytes of the shop's order service, connected and idle, compared with a
# minimal echo service of nats.c.
# needs: order_service bench_echo
set -eu

# resident COMMAND...: starts a program, and prints its resident set in kilobytes once it is stable.
resident() {
    "$@" >/dev/null 2>&1 &
    pid=$!
    before=0
    now=1
    while [ "$before" != "$now" ]; do
        before=$now
        sleep 0.5
        now=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
    done
    kill "$pid"
    wait "$pid" 2>/dev/null || :
    echo "$now"
}

ours=$(resident "$BENCH_BUILD/catga/examples/shop/order_service")
other=$(resident "$BENCH_BUILD/bench_echo")
awk -v ours="$ours" -v other="$other" 'BEGIN {
    printf "memory ours=%.1f MB other=%.1f MB (nats.c echo) ratio=%.2f\n", ours / 1024, other / 1024, other / ours
}'
