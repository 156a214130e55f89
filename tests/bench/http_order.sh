#!/bin/sh
# http_order: orders per second by HTTP, through the gateway, NATS and a service, with 100
# connections, compared with libmicrohttpd that answers a constant. `http_order_once` is the same
# with an idempotent command. The claim is 50,000 per second with a p99 of 10 ms, on three nodes.
# needs: bench_http_service bench_http_gateway bench_http_constant bench_http_bare
set -eu

. "$(dirname "$0")/http/lib.sh"

http_start_all
http_compare http_order /orders "$http_temp/post.lua"
http_compare_bare http_order_bare /orders "$http_temp/post.lua"
http_compare http_order_once /orders-once "$http_temp/post.lua"
