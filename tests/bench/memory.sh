#!/bin/sh
# memory: resident megabytes of the shop's order service, connected and idle, compared with a
# minimal echo service of nats.c; and of the same service over Redis.
# needs: order_service order_service_redis bench_echo
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

nats=$(resident "$BENCH_BUILD/catga/examples/shop/order_service")
echo=$(resident "$BENCH_BUILD/bench_echo")
redis=$(resident "$BENCH_BUILD/catga/examples/shop/redis/order_service")
awk -v nats="$nats" -v echo="$echo" -v redis="$redis" 'BEGIN {
    line = "%s ours=%.1f MB other=%.1f MB (%s) ratio=%.2f\n"
    printf line, "memory", nats / 1024, echo / 1024, "nats.c echo", echo / nats
    printf line, "memory_redis", redis / 1024, nats / 1024, "over NATS", nats / redis
}'
