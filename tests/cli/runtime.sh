#!/bin/sh
# Schemas of the runtime: only --runtime generates their code, and other commands read them.
. "$(dirname "$0")/expect"
printf 'namespace catga.inner;\nversion 1;\n\n/// A part.\ntable Part {\n    x: u8;\n}\n' >part.catga

expect 1 "$CATGAC" -o gen part.catga
said "part.catga:1:11: error: the namespace 'catga' belongs to the runtime [reserved-name]"
absent gen
expect 0 "$CATGAC" --runtime -o gen part.catga
exists gen/part.catga.h gen/part.catga.c

# A schema of a user is compiled as without the option.
schema good.catga
expect 0 "$CATGAC" -o without good.catga
expect 0 "$CATGAC" --runtime -o with good.catga
cmp without/good.catga.h with/good.catga.h || fail 'the option changes the code of a user'

expect 0 "$CATGAC" fmt --check part.catga
expect 0 "$CATGAC" breaking --against part.catga part.catga
expect 0 "$CATGAC" explain part.catga
expect 2 "$CATGAC" explain --runtime part.catga
