# shellcheck shell=sh
# Measures the gateway with wrk; the scripts of the HTTP benchmarks source this file.

http_temp=$(mktemp -d)
http_pids=
trap 'http_stop' EXIT
trap 'exit 130' INT TERM HUP

http_stop() {
    # shellcheck disable=SC2086
    [ -z "$http_pids" ] || kill $http_pids 2>/dev/null || :
    wait
    rm -rf "$http_temp"
}

# http_start NAME COMMAND...: starts a program in the background; its first line is its port.
http_start() {
    name=$1
    shift
    "$@" >"$http_temp/$name" &
    http_pids="$http_pids $!"
}

# http_port NAME: prints the port of a program once it listens.
http_port() {
    while [ ! -s "$http_temp/$1" ]; do
        sleep 0.05
    done
    head -n 1 "$http_temp/$1"
}

http_start_all() {
    http_start service "$BENCH_BUILD/bench_http_service"
    http_start gateway "$BENCH_BUILD/bench_http_gateway"
    http_start constant "$BENCH_BUILD/bench_http_constant"
    cat >"$http_temp/post.lua" <<'END'
wrk.method = "POST"
wrk.body = '{"productId":"PROD-001","quantity":2}'
wrk.headers["Content-Type"] = "application/json"
END
    gateway=http://127.0.0.1:$(http_port gateway)
    constant=http://127.0.0.1:$(http_port constant)
    until curl --silent --fail "$gateway/orders/1" >/dev/null; do
        sleep 0.05
    done
}

# http_load FILE URL [SCRIPT]: adds "requests/s p99-in-ms failures" of one round to FILE.
http_load() {
    file=$1 url=$2 seconds=${BENCH_ONCE:+1}
    shift 2
    wrk --latency -t 2 -c 100 -d "${seconds:-3}s" ${1:+-s "$1"} "$url" >"$http_temp/wrk"
    awk '/Requests\/sec/ {rate = $2}
        $1 == "99%" {late = $2 + 0; if ($2 ~ /us$/) late /= 1000; else if ($2 !~ /ms$/) late *= 1000}
        /Non-2xx/ {bad = $NF}
        END {print rate, late, bad + 0}' "$http_temp/wrk" >>"$file"
}

# http_median FILE COLUMN: prints the median of a column.
http_median() {
    awk -v column="$2" '{print $column}' "$1" | sort -n |
        awk '{value[NR] = $1} END {print value[int((NR + 1) / 2)]}'
}

# http_compare NAME TARGET [SCRIPT]: alternates with libmicrohttpd that answers a constant.
http_compare() {
    http_pair "$constant" "libmicrohttpd, a constant" "$@"
}

# http_compare_bare NAME TARGET [SCRIPT]: starts a gateway of libmicrohttpd and nats.c, and
# alternates with it.
http_compare_bare() {
    http_start bare "$BENCH_BUILD/bench_http_bare"
    http_pair "http://127.0.0.1:$(http_port bare)" "a gateway of libmicrohttpd and nats.c" "$@"
}

# http_pair OTHER WHO NAME TARGET [SCRIPT]: alternates both sides, and prints their medians.
http_pair() {
    other=$1 who=$2 name=$3 target=$4 rounds=${BENCH_ONCE:-7}
    shift 4
    while [ "$rounds" -gt 0 ]; do
        http_load "$http_temp/$name.ours" "$gateway$target" "$@"
        http_load "$http_temp/$name.other" "$other$target" "$@"
        rounds=$((rounds - 1))
    done
    failures=$(awk '{sum += $3} END {print sum}' "$http_temp/$name.ours")
    awk -v name="$name" -v who="$who" -v failures="$failures" \
        -v ours="$(http_median "$http_temp/$name.ours" 1)" \
        -v other="$(http_median "$http_temp/$name.other" 1)" \
        -v late="$(http_median "$http_temp/$name.ours" 2)" \
        -v other_late="$(http_median "$http_temp/$name.other" 2)" 'BEGIN {
        printf "%s ours=%.0f req/s other=%.0f req/s (%s) ratio=%.2f\n",
            name, ours, other, who, ours / other
        printf "%s_p99 ours=%.1f ms other=%.1f ms (%s) ratio=%.2f failures=%d\n",
            name, late, other_late, who, other_late / late, failures
    }'
}
