#!/bin/sh
# Fields and alternatives with the names of macros: the generated code compiles beside these macros.
. "$(dirname "$0")/expect"
names=$(sed -nE 's/(MACRO|RESERVED)\("([a-z0-9_]+)"\)/\n\2\n/gp' "$CATGA_SOURCE/catgac/model/macros.def" \
    "$CATGA_SOURCE/catgac/model/reserved.def" | grep -E '^[a-z][a-z0-9_]*$' | sort -u)
[ "$(echo "$names" | wc -l)" -gt 400 ] || fail 'the lists were not read'
{
    printf 'namespace test.cli;\nversion 1;\n'
    echo 'table Fields {'
    for name in $names; do echo "$name: u8;"; done
    echo '} struct Members {'
    for name in $names; do echo "$name: u8;"; done
    echo '} union Alternatives {'
    for name in $(echo "$names" | head -n 200); do echo "$name: Fields,"; done
    echo '}'
} >m.catga
expect 0 "$CATGAC" m.catga
cat >headers.h <<'END'
#include <aio.h>
#include <arpa/nameser.h>
#include <assert.h>
#include <byteswap.h>
#include <complex.h>
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <libintl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <obstack.h>
#include <resolv.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/param.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <tgmath.h>
#include <threads.h>
#include <ucontext.h>
#include <utmpx.h>
#define emit
#define signals public
#define slots
#define foreach(variable, container) for (variable : container)
#define forever for (;;)
END
sed '/complex.h/d; /tgmath.h/d; /threads.h/d' headers.h >headers.hh
expect 0 "$CC" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -fsyntax-only -include ./headers.h \
    -I"$CATGA_SOURCE/runtime/include" m.catga.c
echo '#include "m.catga.h"' >m.cc
if [ -n "${CXX:-}" ]; then
    expect 0 "$CXX" -std=gnu++17 -D_GNU_SOURCE -fsyntax-only -include ./headers.hh \
        -I"$CATGA_SOURCE/runtime/include" m.cc
fi
