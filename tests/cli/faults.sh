#!/bin/sh
# Existing outputs stay complete after a full disk, a read-only folder, or a kill.
. "$(dirname "$0")/expect"
schema small.catga

# many TABLE: prints a schema whose output takes a while to write.
many() {
    echo 'namespace test.cli; version 1;'
    i=0
    while [ $i -lt 300 ]; do
        echo "table $1$i { a: string; b: u32; c: [u16]; d: decimal(2); }"
        i=$((i + 1))
    done
}

nothing_left() {
    [ -z "$(find . -name '.catgac-*')" ] || fail "left behind: $(find . -name '.catgac-*')"
}

# No file may exceed 64 blocks of 512 bytes; this simulates a full disk.
many Old >large.catga
expect 0 "$CATGAC" -o full large.catga
cp -r full before
many New >large.catga
(
    trap '' XFSZ
    ulimit -f 64
    expect 3 "$CATGAC" -o full large.catga
)
said "cannot write 'full/large.catga.h': File too large"
diff -r before full || fail 'a full disk has changed the output'
nothing_left

# A folder without write permission; root gives up its capability first.
expect 0 "$CATGAC" -o closed small.catga
schema small.catga Changed
cp -r closed before_closed
chmod 555 closed
if [ "$(id -u)" -eq 0 ]; then
    expect 3 setpriv --bounding-set=-dac_override,-dac_read_search "$CATGAC" -o closed small.catga
else
    expect 3 "$CATGAC" -o closed small.catga
fi
said "cannot write 'closed/small.catga.h': Permission denied"
chmod 755 closed
diff -r before_closed closed || fail 'a closed folder was changed'

# A folder instead of a file, and a file instead of a folder.
mkdir -p taken/small.catga.h
expect 3 "$CATGAC" -o taken small.catga
said "cannot write 'taken/small.catga.h': Is a directory"
absent taken/small.catga.c
echo text >file
expect 3 "$CATGAC" -o file small.catga
said "cannot write 'file/small.catga.h': Not a directory"
nothing_left

# Whichever name is taken, no other output is written.
printf 'namespace Game; table T { x: int; }\n' >b.fbs
printf 'include "b.fbs"; namespace Game.A; table U { x: int; }\n' >a.fbs
refuses() {
    rm -rf all
    mkdir -p "all/$1"
    taken=$1
    shift
    expect 3 "$@"
    said "'all/$taken'"
    [ -z "$(find all -type f)" ] || fail "written: $(find all -type f)"
}
for path in small.catga.h small.catga.c small.fbs deps; do
    refuses $path "$CATGAC" -o all --emit c --emit fbs --depfile all/deps small.catga
done
for path in a.catga b.catga; do refuses $path "$CATGAC" import -o all a.fbs; done
refuses c/source.tmpl.c "$CATGAC" --print-templates all
refuses fbs/schema.tmpl.fbs "$CATGAC" --print-templates all
expect 3 "$CATGAC" -o both --depfile both/small.catga.h small.catga
said "the depfile 'both/small.catga.h' is also the name of an output"
absent both

# On SIGTERM it writes all files or none, and leaves no temporary file. `full` holds the old files.
many New >large.catga
expect 0 "$CATGAC" -o after large.catga
delays='0.001 0.002 0.003 0.004 0.006 0.008 0.010 0.012 0.014 0.016 0.020 0.024 0.030 0.040 0.060'
ended=0
for delay in $delays; do
    rm -rf full
    cp -r before full
    "$CATGAC" -o full large.catga 2>/dev/null &
    process=$!
    sleep $delay
    kill -TERM $process 2>/dev/null || true
    code=0
    wait $process 2>/dev/null || code=$?
    [ $code -eq 0 ] || ended=$((ended + 1))
    diff -rq before full >.differs || diff -rq after full >.differs || fail "a mixture after SIGTERM: $(cat .differs)"
    nothing_left
done
[ $ended -gt 0 ] || fail 'it was never asked in time'

# After SIGKILL at any moment, each file is the old one or the new one.
for delay in $delays; do
    rm -rf full
    cp -r before full
    "$CATGAC" -o full large.catga 2>/dev/null &
    process=$!
    sleep $delay
    kill -9 $process 2>/dev/null || true
    wait $process 2>/dev/null || true
    for file in large.catga.h large.catga.c; do
        cmp -s before/$file full/$file || cmp -s after/$file full/$file ||
            fail "$file is neither old nor new after a kill"
    done
done
