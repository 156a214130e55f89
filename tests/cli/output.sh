#!/bin/sh
# Outputs go to the right files, and existing files are not damaged.
. "$(dirname "$0")/expect"
schema plain.catga
schema proto/shop/orders.catga Order

# The folder is created; without -I only the base name counts.
expect 0 "$CATGAC" -o gen/deep plain.catga proto/shop/orders.catga
exists gen/deep/plain.catga.h gen/deep/plain.catga.c gen/deep/orders.catga.h
expect 0 "$CATGAC" plain.catga
exists plain.catga.h plain.catga.c
expect 0 "$CATGAC" -o joined -Iproto proto/shop/orders.catga
exists joined/shop/orders.catga.h joined/shop/orders.catga.c
grep -q '"shop/orders.catga.h"' joined/shop/orders.catga.c || fail 'the include is not mirrored'
grep -q 'from shop/orders.catga\. Do not edit' joined/shop/orders.catga.h || fail 'the first line'
expect 0 "$CATGAC" -o absolute -I "$PWD/proto" "$PWD/proto/shop/orders.catga"
cmp joined/shop/orders.catga.h absolute/shop/orders.catga.h || fail 'the path shows'
expect 0 "$CATGAC" -o fbs --emit fbs -I proto proto/shop/orders.catga
exists fbs/shop/orders.fbs
absent fbs/shop/orders.catga.h

expect 0 "$CATGAC" --list-outputs -o joined -I proto --emit c --emit fbs proto/shop/orders.catga
printf '%s\n' joined/shop/orders.catga.h joined/shop/orders.catga.c joined/shop/orders.fbs |
    cmp - .printed || fail 'the list of outputs'

# Two outputs with one name.
schema one/same.catga
schema two/same.catga Other
expect 1 "$CATGAC" -o both one/same.catga two/same.catga
said "two files would be generated as 'same.catga'"
expect 1 "$CATGAC" --list-outputs -o both one/same.catga two/same.catga
said "another of the given files becomes 'both/same.catga.h' too"
expect 0 "$CATGAC" -o both -I . one/same.catga two/same.catga
exists both/one/same.catga.h both/two/same.catga.h

# A program includes headers of several runs with equal paths.
from() {
    mkdir -p "$1"
    printf 'namespace %s;\nversion %s;\nstruct %s { x: u8; }\n' "$2" "$3" "$4" >"$1/types.catga"
    expect 0 "$CATGAC" -o "made/$1" "$1/types.catga"
    printf '#include "made/%s/types.catga.h"\n' "$1" >>program.c
}
from first one 1 A
from second two 1 A
from third three.first 1 A
from fourth three.first 2 B
from fifth three.first 2 C
echo 'one_a a; two_a b; three_first_a c; three_first_b d; three_first_c e;' >>program.c
expect 0 "$CC" -std=c11 -fsyntax-only -I. -I"$CATGA_SOURCE/runtime/include" program.c

# A name that would end the #include, cause a compiler warning, or be invisible in an editor.
for name in 'quo"te' 'back\slash' 'what?' "line
end" "$(printf 'turned\342\200\256')" "$(printf 'latin\351')"; do
    schema "$name.catga"
    expect 1 "$CATGAC" -o quoted "$name.catga"
    said 'cannot be in an #include'
done
absent quoted
schema 'with space.catga'
expect 0 "$CATGAC" -o spaced 'with space.catga'
exists 'spaced/with space.catga.h'

# An unchanged file keeps its time; a changed one is replaced.
touch -d 2001-01-01 joined/shop/orders.catga.h
expect 0 "$CATGAC" -o joined -I proto proto/shop/orders.catga
[ "$(date -r joined/shop/orders.catga.h +%Y)" = 2001 ] || fail 'an unchanged file was rewritten'
schema proto/shop/orders.catga Changed
expect 0 "$CATGAC" -o joined -I proto proto/shop/orders.catga
grep -q changed joined/shop/orders.catga.h || fail 'a changed file was not rewritten'

# A link is replaced, not followed.
echo precious >precious
mkdir links
ln -s ../precious links/plain.catga.h
expect 0 "$CATGAC" -o links plain.catga
[ "$(cat precious)" = precious ] || fail 'a link was followed'
[ ! -L links/plain.catga.h ] || fail 'a link was left'

# The output contains no time, path or user name.
expect 0 "$CATGAC" -o again -I "$PWD/proto" "$PWD/proto/shop/orders.catga"
for file in again/shop/*; do
    cmp "$file" "joined/shop/${file##*/}" || fail 'the output is not the same'
    ! grep -q "$PWD\|$(uname -n)" "$file" || fail 'the output names this machine'
done
