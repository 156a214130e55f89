#!/bin/sh
# catgac breaking: files, folders, git revisions; levels and exit codes. tests/breaking has the
# rules.
. "$(dirname "$0")/expect"
write() { mkdir -p "${1%/*}" && printf 'namespace %s;\nversion 1;\n%s\n' "$2" "$3" >"$1"; }
wire='table T { x: u64; }'
old='table T { x: u32; }'

# A file.
write old/a.catga a "$old"
write new/a.catga a "$wire"
write fine/a.catga a 'table T { x: u32; y: u32; }'
expect 1 "$CATGAC" breaking --against old/a.catga new/a.catga
said "new/a.catga:3:11: error: 'x' was u32 and is u64; this breaks old and new readers: "
said 'old/a.catga:3:11: note: the older declaration is here'
said '1 error generated.'
expect 0 "$CATGAC" breaking --against old/a.catga fine/a.catga
[ ! -s .said ] || fail 'something was said of what breaks nobody'
expect 0 "$CATGAC" breaking --against old/a.catga old/a.catga

# Levels, and allowed changes.
write new/b.catga a 'table T { y: u32; }'
expect 1 "$CATGAC" breaking --against old/a.catga new/b.catga
said '[field-renamed]'
expect 1 "$CATGAC" breaking --level source --against old/a.catga new/b.catga
expect 0 "$CATGAC" breaking --level wire --level delivery --against old/a.catga new/b.catga
expect 0 "$CATGAC" breaking --level source --against old/a.catga new/a.catga
expect 0 "$CATGAC" breaking --allow field-renamed --against old/a.catga new/b.catga
expect 2 "$CATGAC" breaking --allow nothing --against old/a.catga new/b.catga
said "no rule has the code 'nothing'"
expect 2 "$CATGAC" breaking --level all --against old/a.catga new/b.catga
expect 2 "$CATGAC" breaking new/b.catga

# A field with a name that another field had before is a move, and moves change the wire.
moves() {
    write old/c.catga a "$1"
    write new/c.catga a "$2"
    expect 1 "$CATGAC" breaking --level wire --against old/c.catga new/c.catga
}
moves 'struct P { x: f32; y: f32; }' 'struct P { y: f32; x: f32; }'
said "error: 'x' was at byte 0 of 'P' and is at byte 4"
moves 'struct P { x: f32; y: f32; }' 'struct P { y: f32; z: f32; }'
moves 'struct P { z: f32; x: f32; }' 'struct P { y: f32; z: f32; }'
moves 'table T { x: u32; y: u32; }' 'table T { y: u32; z: u32; }'
moves 'enum E: u8 { A, B }' 'enum E: u8 { B, C }'
moves 'flags F: u8 { A, B }' 'flags F: u8 { B, C }'
moves 'union U { a: string, b: string }' 'union U { b: string, c: string }'
moves 'errors E { A = 1; B = 2; }' 'errors E { B = 1; C = 2; }'
moves 'event M { x: u32; y: u32; }' 'event M { y: u32; z: u32; }'

# Errors in a schema, and absent files.
write bad/a.catga a 'table T { x: nosuch; }'
expect 1 "$CATGAC" breaking --against old/a.catga bad/a.catga
expect 1 "$CATGAC" breaking --against bad/a.catga old/a.catga
said "bad/a.catga:3:14: error: unknown type 'nosuch'"
expect 3 "$CATGAC" breaking --against old/a.catga missing.catga
expect 3 "$CATGAC" breaking --against old/none.catga old/a.catga

# Warnings are those of the new schemas; -W can make them errors.
write old/w.catga w 'event E { x: u8; } service S { publish E; }'
write new/w.catga w 'event E { x: u8; } service S { publish E; on E group as hear; }'
expect 0 "$CATGAC" breaking -W error -W error=not-heard --against old/w.catga new/w.catga
[ ! -s .said ] || fail 'an old warning was given again'
expect 1 "$CATGAC" breaking -W error --against new/w.catga old/w.catga
expect 0 "$CATGAC" breaking --level source --against new/w.catga old/w.catga
said '[not-heard]'
expect 1 "$CATGAC" breaking --diagnostics json --against old/a.catga new/a.catga
said '"field-type"'

# A folder: a file is compared with the file of its path below the roots; imports come from the old
# folder.
write before/deep/m.catga deep.m 'table M { x: u8; }'
write before/deep/s.catga deep.s 'import "deep/m.catga"; table S { m: M; }'
write after/deep/m.catga deep.m 'table M { x: u16; }'
write after/deep/s.catga deep.s 'import "deep/m.catga"; table S { m: M; }'
expect 1 "$CATGAC" breaking -I after --against before after/deep/s.catga
said "after/deep/m.catga:3:11: error: 'x' was u8 and is u16"
said 'before/deep/m.catga:3:11: note:'
expect 3 "$CATGAC" breaking --against before after/deep/m.catga
said "cannot read 'before': none of the given files is there"

# A folder against a folder: removed declarations are reported, and new ones are not.
expect 1 "$CATGAC" breaking --against before after
said "'x' was u8 and is u16"
cp after/deep/m.catga before/deep/m.catga
expect 0 "$CATGAC" breaking --against before after
write after/more.catga more "$old"
expect 0 "$CATGAC" breaking --against before after
expect 1 "$CATGAC" breaking --against after before
said "the namespace 'more' was removed"

# A git revision. Nothing is checked out, and no shell sees its name.
command -v git >/dev/null || exit 0
git_quietly() { git -c user.name=test -c user.email=test@localhost "$@" >/dev/null 2>&1; }
mkdir tree && cd tree
git_quietly init
write schemas/deep/m.catga deep.m 'table M { x: u8; }'
write schemas/deep/s.catga deep.s 'import "deep/m.catga"; table S { m: M; }'
git_quietly add . && git_quietly commit -m one && git_quietly tag v1
write schemas/deep/m.catga deep.m 'table M { x: u16; }'
write schemas/new.catga new "$old"
for revision in v1 git:v1 HEAD; do
    expect 1 "$CATGAC" breaking -I schemas --against $revision schemas/deep/s.catga
    said "schemas/deep/m.catga:3:11: error: 'x' was u8 and is u16"
    said "${revision#git:}:schemas/deep/m.catga:3:11: note: the older declaration is here"
done
cd schemas/deep
expect 1 "$CATGAC" breaking -I .. --against v1 s.catga
cd ../..
expect 1 "$CATGAC" breaking --against v1 schemas
expect 1 "$CATGAC" breaking --against v1 .
expect 3 "$CATGAC" breaking --against v1 schemas/new.catga
said "cannot read 'v1': none of the given files is there"
rm schemas/deep/s.catga
expect 1 "$CATGAC" breaking --against v1 schemas
said "the namespace 'deep.s' was removed"
for revision in v2 git:v2 git: 'git:--all' 'v1; touch harmed' '$(touch harmed)'; do
    expect 3 "$CATGAC" breaking --against "$revision" schemas
    said 'there is no such file or folder, and git knows no such revision'
done
absent harmed
git_quietly add . && git_quietly commit -m two
expect 0 "$CATGAC" breaking --against HEAD schemas

# Without git, and without a work tree.
(
    PATH=/nowhere
    code=0
    "$CATGAC" breaking --against v1 schemas 2>.said || code=$?
    [ "$code" -eq 3 ]
) || fail 'without git'
