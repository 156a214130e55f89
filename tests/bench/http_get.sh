#!/bin/sh
# http_get: queries per second by HTTP, as http_order.
# needs: bench_http_service bench_http_gateway bench_http_constant
set -eu

. "$(dirname "$0")/http/lib.sh"

http_start_all
http_compare http_get /orders/ORDER-00000001
