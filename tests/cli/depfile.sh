#!/bin/sh
# Depfiles: the list of files that were read, for make and ninja.
. "$(dirname "$0")/expect"
mkdir -p proto/shop
printf 'namespace shop.money;\nversion 1;\ntable Amount { cents: i64; }\n' >proto/shop/money.catga
cat >proto/shop/orders.catga <<'END'
namespace shop.orders;
version 1;
import "shop/money.catga";
table Order { total: shop.money.Amount; }
END

expect 0 "$CATGAC" -I proto -o gen --depfile gen/orders.d proto/shop/orders.catga
cat >expected <<'END'
gen/shop/orders.catga.h gen/shop/orders.catga.c: \
  proto/shop/orders.catga \
  proto/shop/money.catga

proto/shop/orders.catga:

proto/shop/money.catga:
END
diff -u expected gen/orders.d || fail 'the depfile'
absent gen/shop/money.catga.h

expect 0 "$CATGAC" -I proto -o gen --depfile gen/orders.d --depfile-target gen/stamp \
    proto/shop/orders.catga
[ "$(head -n 1 gen/orders.d)" = "gen/stamp: \\" ] || fail 'the target'

# Templates of the user are read too.
expect 0 "$CATGAC" --print-templates mine
expect 0 "$CATGAC" -I proto -o gen --templates mine --depfile gen/orders.d proto/shop/orders.catga
grep -q '^mine/c/header.tmpl.h:$' gen/orders.d || fail 'a template is missing'

# make runs again when an import has changed, and tolerates an import that is gone.
cat >Makefile <<END
gen/shop/orders.catga.h:
	"$CATGAC" -I proto -o gen --depfile gen/orders.d proto/shop/orders.catga && touch \$@
-include gen/orders.d
END
rm -rf gen
expect 0 make
exists gen/shop/orders.catga.h
expect 0 make
printed 'up to date'
touch -d '+1 minute' proto/shop/money.catga
expect 0 make
printed catgac
sed -i /import/d proto/shop/orders.catga
sed -i s/shop.money.Amount/u8/ proto/shop/orders.catga
rm proto/shop/money.catga
expect 0 make

# After an error there is no depfile.
rm -rf gen
echo 'table' >>proto/shop/orders.catga
expect 1 "$CATGAC" -I proto -o gen --depfile gen/orders.d proto/shop/orders.catga
absent gen
