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

# --help prints help, whatever the other options are.
for command in '' fmt breaking import explain; do
    for option in -h --help '--help good.catga' 'good.catga --help' '--check -h --color never'; do
        case "$command $option" in *good*|*check*) [ -z "$command" ] || [ "$command" = fmt ] || continue ;; esac
        # shellcheck disable=SC2086
        expect 0 "$CATGAC" $command $option
        printed "usage: catgac $command"
        [ ! -s .said ] || fail "$command $option wrote to standard error"
    done
done

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

# Every error is reported, and no file is written, although one of the schemas is valid.
expect 1 "$CATGAC" -o gen good.catga bad.catga
absent gen
expect 3 "$CATGAC" -o gen missing.catga
said "cannot read 'missing.catga'"
expect 3 "$CATGAC" -o gen good.catga missing.catga
expect 3 "$CATGAC" -o gen /dev/zero
absent gen

# A folder means all schemas in it, and is the root of their imports.
mkdir -p tree/deep empty
printf 'namespace deep;\nversion 1;\ntable D { x: u8; }\n' >tree/deep/d.catga
printf 'namespace top;\nversion 1;\nimport "deep/d.catga";\ntable T { d: D; }\n' >tree/t.catga
expect 0 "$CATGAC" -o gen tree
exists gen/t.catga.h gen/t.catga.c gen/deep/d.catga.h gen/deep/d.catga.c
expect 0 "$CATGAC" --list-outputs -o gen tree
printed gen/deep/d.catga.h
for option in --check --dump=tokens --dump=ast --dump=model --dump=view; do
    expect 0 "$CATGAC" $option tree
done
expect 0 "$CATGAC" fmt --check tree
expect 0 "$CATGAC" breaking --against tree tree
expect 0 "$CATGAC" explain tree
printf 'namespace A;\ntable T { x: int; }\n' >tree/deep/a.fbs
expect 0 "$CATGAC" import -o imported tree
exists imported/deep/a.catga
expect 3 "$CATGAC" --check empty
said "cannot read 'empty': no file in it has a name that ends in .catga"
expect 3 "$CATGAC" import empty
said "cannot read 'empty': no file in it has a name that ends in .fbs"
rm -rf gen tree empty imported

# The error about a missing import lists the searched folders.
mkdir -p roots/one roots/two
printf 'namespace a;\nversion 1;\nimport "nowhere.catga";\n' >roots/i.catga
expect 1 "$CATGAC" --check roots/i.catga
said "no such file; it was searched in 'roots', the folder of this file; -I DIR adds a folder"
expect 1 "$CATGAC" --check -I roots/one -I roots/two roots/i.catga
said "it was searched in 'roots/one', 'roots/two', and 'roots', the folder of this file"

for stage in tokens ast model view; do
    expect 0 "$CATGAC" --dump=$stage good.catga
    printed Thing
done
expect 1 "$CATGAC" --dump=model bad.catga

# A failure to write standard output is an error.
if [ -c /dev/full ]; then
    for option in --help --version '--dump=view good.catga'; do
        code=0
        # shellcheck disable=SC2086
        "$CATGAC" $option >/dev/full 2>.said || code=$?
        [ "$code" -eq 3 ] || fail "$option on a full device ended with $code"
    done
fi
