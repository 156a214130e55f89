#!/bin/sh
# catgac fmt: files that it reads, writes and leaves alone.
. "$(dirname "$0")/expect"
good='namespace a;\nversion 1;\ntable T { x: u8; }\n'
ugly='namespace a;version 1;\n  table T{x:u8;}\n'
write() { mkdir -p dir/.hidden && printf "$good" >dir/good.catga && printf "$ugly" >dir/ugly.catga; }
write
printf "$ugly" >dir/.hidden/other.catga
printf 'namespace a;version 1;\n  table T{x u8;}\n' >bad.catga

# --check and --diff write nothing, and name the files and lines.
expect 1 "$CATGAC" fmt --check dir
said 'dir/ugly.catga:1:13: error: this differs from the format of catgac fmt [not-formatted]'
said '1 error generated.'
expect 0 "$CATGAC" fmt --check dir/good.catga
expect 0 "$CATGAC" fmt --diff dir
printf -- '--- dir/ugly.catga\n+++ dir/ugly.catga\n@@ -1,2 +1,3 @@\n-namespace a;version 1;\n-  table T{x:u8;}\n+namespace a;\n+version 1;\n+table T { x: u8; }\n' |
    cmp - .printed || fail 'the difference'
expect 1 "$CATGAC" fmt --check --diff dir/ugly.catga
printed '+version 1;'
printf "$ugly" | cmp - dir/ugly.catga || fail '--check or --diff has written'

# A formatted file is not touched; another keeps its mode, and links are followed.
touch -d 2001-01-01 dir/good.catga
chmod 640 dir/ugly.catga
ln -s dir/ugly.catga link.catga
expect 0 "$CATGAC" fmt link.catga dir/good.catga
[ -L link.catga ] || fail 'a link was replaced'
[ "$(stat -c %a dir/ugly.catga)" = 640 ] || fail 'the mode was lost'
[ "$(date -r dir/good.catga +%Y)" = 2001 ] || fail 'a formatted file was rewritten'
printf "$good" | cmp - dir/ugly.catga || fail 'not formatted'
printf "$ugly" | cmp - dir/.hidden/other.catga || fail 'a hidden folder was entered'

# A file with errors is reported and left alone; the others are formatted.
write
cp bad.catga kept
expect 1 "$CATGAC" fmt bad.catga dir
said 'bad.catga:2:13: error: unexpected'
cmp bad.catga kept || fail 'a file with errors was changed'
printf "$good" | cmp - dir/ugly.catga || fail 'a good file was not formatted'

# Standard input is formatted to standard output.
printf "$ugly" >in
expect 0 "$CATGAC" fmt - <in
printf "$good" | cmp - .printed || fail 'standard input'
expect 1 "$CATGAC" fmt --check - <in
said '<stdin>:1:13: error:'
expect 1 "$CATGAC" fmt - <bad.catga
[ ! -s .printed ] || fail 'something was printed of what has errors'
expect 0 "$CATGAC" fmt - </dev/null
[ ! -s .printed ] || fail 'something was printed of nothing'
expect 3 "$CATGAC" fmt - </dev/zero
said 'cannot read standard input: it is larger than 1 MiB'

expect 3 "$CATGAC" fmt missing.catga
expect 2 "$CATGAC" fmt
expect 0 "$CATGAC" fmt --help
printed 'usage: catgac fmt'

# Two distant changes are two hunks; a missing final newline is a change too.
{ printf 'namespace  a;\nversion 1;\n'; for i in 1 2 3 4 5 6 7 8 9; do echo "const A$i: u8 = 1;"; done; printf 'const  B: u8 = 1;'; } >long.catga
cp long.catga formatted.catga
expect 0 "$CATGAC" fmt formatted.catga
expect 0 "$CATGAC" fmt --diff long.catga
diff -u long.catga formatted.catga | grep -v '^---\|^+++' >wanted || :
grep -v '^---\|^+++' .printed | cmp - wanted || fail 'not what diff prints'
