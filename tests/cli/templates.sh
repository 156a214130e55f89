#!/bin/sh
# Templates of the user: from the real ones, one by one, checked before they are used.
. "$(dirname "$0")/expect"
schema thing.catga

expect 0 "$CATGAC" --check-templates
expect 0 "$CATGAC" --print-templates mine
exists mine/c/header.tmpl.h mine/c/source.tmpl.c mine/fbs/schema.tmpl.fbs mine/README.md
diff -r mine "${CATGA_SOURCE:?}/templates" || fail 'not the templates of the tree'
expect 0 "$CATGAC" --check-templates --templates mine

# The same templates give the same output; a changed one its own; those that are gone are built in.
expect 0 "$CATGAC" -o plain thing.catga
expect 0 "$CATGAC" -o same --templates mine thing.catga
diff -r plain same || fail 'printed templates give something else'
rm -r mine/c/source.tmpl.c mine/fbs
cat >mine/c/header.tmpl.h <<'END'
%# catga template 1: mine
% for table in module.tables
table ${table.name} from ${module.file|comment}
% end
END
expect 0 "$CATGAC" -o other --templates mine thing.catga
[ "$(cat other/thing.catga.h)" = 'table test.cli.Thing from thing.catga' ] || fail 'not my header'
cmp plain/thing.catga.c other/thing.catga.c || fail 'not the built-in source'

# A misspelt name is found, with its place, even where no schema leads.
sed -i 's/table\.name/table.nam/' mine/c/header.tmpl.h
expect 1 "$CATGAC" --check-templates --templates mine
said "mine/c/header.tmpl.h:3:15: error: 'table' has no 'nam'; it has: name, type, macro,"
rm -rf other
expect 1 "$CATGAC" -o other --templates mine thing.catga
absent other

# A name that replaces nothing is a typo; hidden files and backups are not looked at.
rm mine/c/header.tmpl.h
touch mine/c/.header.tmpl.h.swp mine/c/header.tmpl.h~
expect 0 "$CATGAC" --check-templates --templates mine
touch mine/c/heador.tmpl.h
expect 1 "$CATGAC" --check-templates --templates mine
said "'mine/c/heador.tmpl.h' is not the name of a built-in template:"
said "; keep your own templates in another folder, and name them with --emit"
expect 3 "$CATGAC" --check-templates --templates nowhere
said "cannot read 'nowhere': No such file or directory"

# Templates of another format are refused.
rm mine/c/*
sed 's/catga template 1/catga template 2/' "$CATGA_SOURCE/templates/c/header.tmpl.h" \
    >mine/c/header.tmpl.h
expect 1 "$CATGAC" --check-templates --templates mine
said "the first line of a template begins with '%# catga template 1:'"
