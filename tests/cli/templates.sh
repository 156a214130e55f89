#!/bin/sh
# Changed templates: the built-in ones, replaced one by one, and checked before use.
. "$(dirname "$0")/expect"
schema thing.catga

expect 0 "$CATGAC" --check-templates
expect 0 "$CATGAC" --print-templates mine
exists mine/c/header.tmpl.h mine/c/source.tmpl.c mine/fbs/schema.tmpl.fbs mine/README.md
diff -r mine "${CATGA_SOURCE:?}/templates" || fail 'not the templates of the tree'
expect 0 "$CATGAC" --check-templates --templates mine

# Equal templates give equal output; a changed one gives its own; absent ones are built in.
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

# A misspelt name is reported with its position, even in a block that no schema reaches.
sed -i 's/table\.name/table.nam/' mine/c/header.tmpl.h
expect 1 "$CATGAC" --check-templates --templates mine
said "mine/c/header.tmpl.h:3:15: error: 'table' has no 'nam'; it has: name, type, macro,"
rm -rf other
expect 1 "$CATGAC" -o other --templates mine thing.catga
absent other

# A name that replaces no template is a typo; hidden files and backups are ignored.
rm mine/c/header.tmpl.h
touch mine/c/.header.tmpl.h.swp mine/c/header.tmpl.h~
expect 0 "$CATGAC" --check-templates --templates mine
touch mine/c/heador.tmpl.h
expect 1 "$CATGAC" --check-templates --templates mine
said "'mine/c/heador.tmpl.h' is not the name of a built-in template:"
said "; keep your own templates in another folder, and name them with --emit"
expect 3 "$CATGAC" --check-templates --templates nowhere
said "cannot read 'nowhere': No such file or directory"

# Templates of another format version are rejected.
rm mine/c/*
sed 's/catga template 1/catga template 2/' "$CATGA_SOURCE/templates/c/header.tmpl.h" \
    >mine/c/header.tmpl.h
expect 1 "$CATGAC" --check-templates --templates mine
said "the first line of a template begins with '%# catga template 1:'"
