#!/bin/sh
# http_memory: resident megabytes of a gateway with 1,000 idle connections, compared with
# libmicrohttpd that answers a constant; and kilobytes per connection.
# needs: bench_http_service bench_http_gateway bench_http_constant
set -eu

. "$(dirname "$0")/http/lib.sh"

# resident NAME: prints the resident kilobytes of a program.
resident() {
    pid=$(pgrep -f "$BENCH_BUILD/bench_http_$1")
    sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"
}

http_start_all
before=$(resident gateway)
ulimit -n 4096
python3 - "${gateway##*:}" "${constant##*:}" <<'END' &
import socket, sys, time
connections = []
for port in sys.argv[1:]:
    for _ in range(1000):
        made = socket.create_connection(('127.0.0.1', int(port)))
        made.sendall(b'GET /orders/1 HTTP/1.1\r\nHost: x\r\n\r\n')
        made.recv(4096)
        connections.append(made)
time.sleep(600)
END
http_pids="$http_pids $!"
sleep 3
awk -v ours="$(resident gateway)" -v other="$(resident constant)" -v before="$before" 'BEGIN {
    printf "http_memory ours=%.1f MB other=%.1f MB (libmicrohttpd, a constant) ratio=%.2f\n",
        ours / 1024, other / 1024, other / ours
    printf "http_memory_connection ours=%.1f kB\n", (ours - before) / 1000
}'
