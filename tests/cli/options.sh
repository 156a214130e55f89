#!/bin/sh
# Options and exit codes: 0 success, 1 schema, 2 usage, 3 files.
. "$(dirname "$0")/expect"
schema good.catga
printf 'namespace a;\nversion 1;\ntable T { x: nosuch; }\n' >bad.catga

expect 0 "$CATGAC" --version
[ "$(head -n 1 .printed)" = 'catgac 0.1.0' ] || fail 'the version'
expect 0 "$CATGAC" --help
printed 'usage: catgac'
printed '--templates DIR'

expect 2 "$CATGAC"
said 'catgac: error: no schema is given'
expect 2 "$CATGAC" --frobnicate good.catga
said "catgac: error: unknown option '--frobnicate'; the options are -o, -I, --emit,"
expect 2 "$CATGAC" -o
expect 2 "$CATGAC" --emit java good.catga
expect 2 "$CATGAC" --check --dump=ast good.catga
absent gen good.catga.h

expect 0 "$CATGAC" --check good.catga
absent good.catga.h good.catga.c
expect 1 "$CATGAC" --check bad.catga
said "bad.catga:3:14: error: unknown type 'nosuch'"

# Every error is reported, and not one file is written, though one of the schemas is good.
expect 1 "$CATGAC" -o gen good.catga bad.catga
absent gen
expect 3 "$CATGAC" -o gen missing.catga
said "cannot read 'missing.catga'"
expect 3 "$CATGAC" -o gen good.catga missing.catga
expect 3 "$CATGAC" -o gen .
expect 3 "$CATGAC" -o gen /dev/zero
absent gen

for stage in tokens ast model view; do
    expect 0 "$CATGAC" --dump=$stage good.catga
    printed Thing
done
expect 1 "$CATGAC" --dump=model bad.catga

# What cannot be printed is an error.
if [ -c /dev/full ]; then
    for option in --help --version '--dump=view good.catga'; do
        code=0
        # shellcheck disable=SC2086
        "$CATGAC" $option >/dev/full 2>.said || code=$?
        [ "$code" -eq 3 ] || fail "$option on a full device ended with $code"
    done
fi
