#!/bin/sh
# batches.sh PROGRAM: the archive of examples/batches, also at a full disk.
set -eu

file=$CATGA_TEMP/readings
printf 'wrote %s readings\n' 100 100 50 >"$CATGA_TEMP/wanted"
"$1" "$file" 250 | diff -u "$CATGA_TEMP/wanted" -
[ "$(grep -c '^roof [0-9.]*$' "$file")" -eq 250 ]
[ "$("$1" /dev/full 10)" = 'could not write 10 readings' ]
