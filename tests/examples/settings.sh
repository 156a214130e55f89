#!/bin/sh
# settings.sh PROGRAM: the service of examples/settings follows its bucket.
set -eu

"$1" >"$CATGA_TEMP/printed" 2>"$CATGA_TEMP/log"
cat >"$CATGA_TEMP/wanted" <<'END'
defaults: 1000 cents
timeout 5 ms: no answer within 5 ms
timeout 2 s, discount: 900 cents
timeout 0: not written: the message to send breaks a rule of its schema
an invalid value: 900 cents
another program, no discount: 1000 cents
deleted: 1000 cents
END
diff -u "$CATGA_TEMP/wanted" "$CATGA_TEMP/printed"
grep -q 'cannot put "api.behaviour" in bucket prices-settings: .*timeout_ms' "$CATGA_TEMP/log"
grep -q 'invalid value of key "api.behaviour" in bucket prices-settings (revision=3): .*timeout_ms' "$CATGA_TEMP/log"
