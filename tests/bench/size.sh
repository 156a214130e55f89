#!/bin/sh
# size: bytes of code and constants for each table of the order's schema, in the C that is made of it, with gcc -O2; what a
# program links besides, once, is not counted on either side. size_small: the same with --small. size_read: bytes of a
# function that reads every field of an order with readers that are inlined, and that of the other side for the same.
# needs: catgac
set -eu

here=$(cd "$(dirname "$0")" && pwd)
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
catgac=$BENCH_BUILD/catga/catgac/catgac

# object COMPILER FILE: without position independence, so that constants with addresses are constants.
object() {
    "$1" -O2 -DNDEBUG -fno-pie -I"$temp" -I"$here/../../runtime/include" -I"$here/side" -c "$2" -o "$temp/object"
}

# of_each COMPILER FILE: .text and .rodata of the object, divided by the tables of the schema.
of_each() {
    object "$@"
    echo "$(($(size "$temp/object" | awk 'NR == 2 { print $1 }') / $(grep -c '^message' "$here/side/bench.proto")))"
}

# of_function NAME COMPILER FILE
of_function() {
    name=$1
    shift
    object "$@"
    echo "$((0x$(nm -S "$temp/object" | awk -v name="$name" '$4 == name { print $2 }')))"
}

line() {
    awk -v name="$1" -v ours="$2" -v other="$3" -v who="$4" 'BEGIN {
        printf "%s ours=%.1f B other=%.1f B (%s) ratio=%.2f\n", name, ours, other, who, other / ours
    }'
}

"$catgac" --emit c --emit fbs -o "$temp" "$here/bench.catga"
protoc-c --proto_path="$here/side" --c_out="$temp" "$here/side/bench.proto"
flatc --cpp -o "$temp" "$temp/bench.fbs"
cat >"$temp/read.c" <<'END'
#include "ours.h"
uint64_t read_times(bench_order_view order, size_t times)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < times; i++) {
        sum += ours_read(order);
        __asm__ volatile("" : : : "memory");
    }
    return sum;
}
END

protobuf=$(of_each gcc "$temp/bench.pb-c.c")
line size "$(of_each gcc "$temp/bench.catga.c")" "$protobuf" protobuf-c
line size_read "$(of_function read_times gcc "$temp/read.c")" \
    "$(of_function side_read g++ "$here/side/flatbuffers.cc")" 'C++ FlatBuffers'
"$catgac" --small -o "$temp" "$here/bench.catga"
line size_small "$(of_each gcc "$temp/bench.catga.c")" "$protobuf" protobuf-c
