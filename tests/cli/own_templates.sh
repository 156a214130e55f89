#!/bin/sh
# A template of the user's own: the Markdown page in templates/README.md renders the schema there to
# the output there.
. "$(dirname "$0")/expect"

# block NUMBER: prints the n-th fenced block below that heading.
block() {
    awk -v wanted="$1" '/^```/ { inside = !inside; number += here && inside; next }
                        !inside && /^## / { here = /of your own$/ }
                        here && inside && number == wanted' "${CATGA_SOURCE:?}/templates/README.md"
}
mkdir docs
block 1 >docs/page.tmpl.md
block 2 >greeting.catga
block 3 >expected.md

expect 0 "$CATGAC" --emit docs/page.tmpl.md -o gen --depfile gen/page.d greeting.catga
diff -u expected.md gen/greeting.page.md || fail 'not what the manual shows'
absent gen/greeting.catga.h
grep -q '^docs/page.tmpl.md:$' gen/page.d || fail 'the depfile does not name the template'
expect 0 "$CATGAC" --emit docs/page.tmpl.md --check-templates
expect 0 "$CATGAC" --emit docs/page.tmpl.md --emit fbs --list-outputs -o gen greeting.catga
[ "$(cat .printed)" = "gen/greeting.fbs
gen/greeting.page.md" ] || fail 'not both outputs'

# An error about a misspelt name lists the valid names and its position, even in a block that no
# schema reaches.
sed -i 's/module\.version/module.major/' docs/page.tmpl.md
expect 1 "$CATGAC" --emit docs/page.tmpl.md --check-templates
said "docs/page.tmpl.md:2:"
said "error: 'module' has no 'major'; it has: file, name,"
rm -r gen
expect 1 "$CATGAC" --emit docs/page.tmpl.md --emit c -o gen greeting.catga
absent gen

# Two templates for one output; an absent template; a name without a kind of file.
mkdir more
block 1 | tee more/page.tmpl.md >docs/page.tmpl.md
expect 1 "$CATGAC" --emit docs/page.tmpl.md --emit more/page.tmpl.md -o gen greeting.catga
said "'docs/page.tmpl.md' and 'more/page.tmpl.md' make a file of the same name: *.page.md"
block 1 >docs/openapi.tmpl.json
expect 1 "$CATGAC" --emit openapi --emit docs/openapi.tmpl.json -o gen greeting.catga
said "'openapi' and 'docs/openapi.tmpl.json' make a file of the same name: *.openapi.json"
expect 3 "$CATGAC" --emit docs/none.tmpl.md -o gen greeting.catga
said "cannot read 'docs/none.tmpl.md'"
for name in page.md .tmpl.md docs.tmpl.d/page page.tmpl.; do
    expect 2 "$CATGAC" --emit "$name" greeting.catga
    said "--emit takes c or fbs or routes or openapi, not '$name', nor is that a template, NAME.tmpl.EXT"
done
