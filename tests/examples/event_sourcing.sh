#!/bin/sh
# event_sourcing.sh PROGRAM: no change of the order of examples/event_sourcing is lost.
set -eu

"$1" >"$CATGA_TEMP/order" 2>"$CATGA_TEMP/log"
cat >"$CATGA_TEMP/wanted" <<'END'
order A-1: 100 products, 15000 cents
some writers decided again
paid again: CATGA_REJECTED
END
diff -u "$CATGA_TEMP/wanted" "$CATGA_TEMP/order"
