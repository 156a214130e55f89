#!/bin/sh
# needs: python3
# Printed errors and warnings: selection, format, color.
. "$(dirname "$0")/expect"
printf 'namespace a;\nversion 1;\ntable T { x: strng; }\n' >bad.catga
cat >warns.catga <<'END'
namespace a;
version 1;
event Silent { x: u32; }
@qos(at_least_once) @retry(2, backoff: 100ms..5s) @dead_letter
event Stored { x: u32; }
service Speaker { publish Silent; publish Stored; on Stored group as note; }
END

expect 0 "$CATGAC" --check warns.catga
said "warning: no service subscribes to 'Silent' [not-heard]"
unsaid backoff-unreached
expect 0 "$CATGAC" --check -Wno-not-heard warns.catga
[ ! -s .said ] || fail 'a warning that was chosen away'
expect 0 "$CATGAC" --check -Wbackoff-unreached warns.catga
said "warning: 2 retries never reach the pause of 5s: the last pause is 200ms [backoff-unreached]"
expect 1 "$CATGAC" -o gen -Werror warns.catga
said "error: no service subscribes to 'Silent' [not-heard]"
absent gen
expect 1 "$CATGAC" --check -Werror=not-heard warns.catga
expect 0 "$CATGAC" --check -Werror -Wno-not-heard warns.catga
expect 2 "$CATGAC" --check -Wnot-herd warns.catga
said "catgac: error: -W: there is no warning 'not-herd'; the warnings are stray-doc,"

expect 2 "$CATGAC" --check --diagnostics=xml bad.catga
said '--diagnostics takes text or json or sarif'
expect 1 "$CATGAC" --check --diagnostics=json bad.catga
python3 - .said <<'END' || fail 'the JSON'
import json, sys
said = json.load(open(sys.argv[1]))
only = said["diagnostics"][0]
assert said["errors"] == 1 and only["code"] == "unknown-name" and only["path"] == "bad.catga", said
assert (only["line"], only["column"], only["endColumn"]) == (3, 14, 19), only
assert only["fixes"][0]["replacement"] == "string", only
END
expect 1 "$CATGAC" --check --diagnostics=sarif bad.catga
python3 - .said <<'END' || fail 'the SARIF'
import json, sys
run = json.load(open(sys.argv[1]))["runs"][0]
result = run["results"][0]
assert run["tool"]["driver"]["rules"] == [{"id": "unknown-name"}], run
assert result["ruleId"] == "unknown-name" and result["level"] == "error", result
change = result["fixes"][0]["artifactChanges"][0]
assert change["replacements"][0]["insertedContent"]["text"] == "string", change
END
expect 0 "$CATGAC" --check --diagnostics=sarif -Wno-not-heard warns.catga
python3 -c 'import json; assert json.load(open(".said"))["runs"][0]["results"] == []' || fail 'no SARIF results'

escape=$(printf '\033')
expect 1 "$CATGAC" --check bad.catga
unsaid "$escape"
expect 1 "$CATGAC" --check --color=always bad.catga
said "$escape[1;31merror:$escape[0m unknown type"
expect 1 "$CATGAC" --check --color never bad.catga
unsaid "$escape"
expect 2 "$CATGAC" --color=pink bad.catga

# script(1) makes a terminal. There, output is colored unless NO_COLOR is set.
if command -v script >/dev/null; then
    TERM=xterm script -qec "'$CATGAC' --check bad.catga" /dev/null >.terminal 2>&1 || :
    grep -qF "$escape[1;31merror" .terminal || fail 'no color on a terminal'
    NO_COLOR=1 TERM=xterm script -qec "'$CATGAC' --check bad.catga" /dev/null >.terminal 2>&1 || :
    if grep -qF "$escape" .terminal; then fail 'NO_COLOR'; fi
    TERM=dumb script -qec "'$CATGAC' --check bad.catga" /dev/null >.terminal 2>&1 || :
    if grep -qF "$escape" .terminal; then fail 'a dumb terminal'; fi
fi
