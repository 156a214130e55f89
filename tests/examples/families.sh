#!/bin/sh
# families.sh PROGRAM: the audit and the archive of examples/families.
set -eu

"$1" "$CATGA_TEMP/archive" >"$CATGA_TEMP/audit" 2>"$CATGA_TEMP/log"
cat >"$CATGA_TEMP/wanted" <<'END'
orders.OrderPaid {"order_id":"A-1","cents":1250}
orders.OrderSeen {"order_id":"A-1"}
END
sort "$CATGA_TEMP/audit" | diff -u "$CATGA_TEMP/wanted" -
[ "$(grep -ac '^catga.events.orders.v1.Order[A-Za-z]*.A-1 [0-9]*$' "$CATGA_TEMP/archive")" -eq 2 ]
