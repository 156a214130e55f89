#!/bin/sh
# http_get: queries per second by HTTP, as http_order.
# needs: bench_http_service bench_http_gateway bench_http_constant bench_http_bare
set -eu

. "$(dirname "$0")/http/lib.sh"

http_start_all
http_compare http_get /orders/ORDER-00000001
http_compare_bare http_get_bare /orders/ORDER-00000001
