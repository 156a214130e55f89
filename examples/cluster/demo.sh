# shellcheck shell=sh disable=SC2154
# The play of the cluster, for examples/run, which has sourced ../demo_lib.sh. The customers check what
# they get; here it is checked who did it, and that nobody was forgotten.

cluster_size=3
orders_each=24

# demonstrate_cluster DIR: three servers, three order services and two notification services, and
# what becomes of an order when one of them dies. The programs lie in DIR/shop and DIR/cluster.
demonstrate_cluster() {
    programs=$1

    step 'Three servers, each of which keeps all that is stored'
    choose_ports
    for n in 1 2 3; do
        cluster_server_start "$n"
    done
    cluster_is_up

    step 'Three order services, which share one shop, and two notification services'
    NATS_URL=$(cat "$demo"/nats-[123]/url | paste -s -d , -)
    CATGA_REPLICAS=$cluster_size
    SHOP_STATE=$demo/records
    export NATS_URL CATGA_REPLICAS SHOP_STATE
    for n in 1 2 3; do
        start_orders "$n"
    done
    for n in 1 2; do
        start_notifications_service "$n"
    done

    step 'The orders are spread over the services' \
        'Three customers, one at each server, order in turn and have each order shipped.'
    customers_come
    customers_leave 'nothing happens'
    shared_by node1 node2 node3
    look_at_first_order

    step 'An order service is killed' \
        'SIGKILL, while the customers order: calls that were with it are made again, and reach another.'
    customers_come
    await_orders 5
    crash node2
    customers_leave 'an order service is killed'
    shared_by node1 node3

    step 'It is started again, and takes its share'
    start_orders 2
    customers_come
    customers_leave 'it is started again'
    shared_by node2

    leader=$(stream_leader)
    step "A server is killed: nats-$leader, which leads the stream" \
        'Who was connected to it goes to another. What is to be stored waits until the servers have a new leader.'
    customers_come_anywhere
    await_orders 5
    nats_server_stop "$demo/nats-$leader" KILL
    echo "nats-$leader is dead"
    customers_leave 'the server that leads the stream is killed'
    cluster_server_start "$leader"

    step 'Nobody was forgotten'
    everyone_heard

    step 'Everything ends'
    for name in node1 node2 node3 notification-1 notification-2; do
        stop_quietly "$name"
    done
    made_once
    for n in 1 2 3; do
        nats_server_stop "$demo/nats-$n"
    done

    step 'The longest waits, in milliseconds'
    cat "$demo/waits"

    printf '\nEvery step had the expected result.\n'
}

# ---- Servers ----

# choose_ports: a server of a cluster must know the ports of the others before they are there. One
# that listens at three free ports and ends again tells three.
choose_ports() {
    nats_server_start "$demo/nats-ports" --cluster nats://127.0.0.1:-1 -m -1 ||
        fail 'nats-server does not start'
    # shellcheck disable=SC2046
    set -- $(grep -o '127\.0\.0\.1:[0-9]*' "$demo"/nats-ports/ports/*)
    nats_server_stop "$demo/nats-ports"
    cluster_routes=nats://$1,nats://$2,nats://$3
}

# cluster_server_start N
cluster_server_start() {
    nats_server_start "$demo/nats-$1" --jetstream --server_name "nats-$1" --cluster_name shop \
        --cluster "$(echo "$cluster_routes" | cut -d , -f "$1")" --routes "$cluster_routes" ||
        fail 'nats-server does not start'
    echo "nats-$1 listens at $(cat "$demo/nats-$1/url")"
}

# cluster_is_up: waits until the servers have agreed on who leads them.
cluster_is_up() {
    cluster_left=400
    until grep -qs 'metadata leader' "$demo"/nats-[123]/log; do
        [ "$cluster_left" -gt 0 ] || fail 'the servers do not find together'
        cluster_left=$((cluster_left - 1))
        sleep 0.05
    done
}

# stream_leader: prints the number of the server that was the last to say that it leads the stream.
stream_leader() {
    grep -H "new stream leader for '[^']* > SHOP_ORDERS_V1'" "$demo"/nats-[123]/log |
        sed 's/^.*nats-\([123]\)\/log:\[[0-9]*\] \([^[]*\).*/\2 \1/' | sort | sed -n '$s/.* //p'
}

# ---- Services and customers ----

# start_orders N: starts it again, as whoever watches over a service does, while the servers have not
# yet found together so far that they store anything.
start_orders() {
    for tries in 1 2 3 4 5 6 7 8 9 10; do
        start "node$1" env NODE_ID="node$1" "$programs/shop/order_service"
        until grep -q '订单服务已启动' "$demo/node$1.log"; do
            running "node$1" || break
            sleep 0.05
        done
        if running "node$1" || [ "$tries" -eq 10 ]; then
            break
        fi
        sleep 0.5
    done
    await "node$1" '订单服务已启动'
}

# start_notifications_service N
start_notifications_service() {
    start "notification-$1" env NODE_ID="NotificationService-$1" "$programs/shop/notification_service"
    await "notification-$1" '通知服务已启动' 30
}

# customers_come: they begin to order, one at each server.
customers_come() {
    # shellcheck disable=SC2046
    start customers "$programs/cluster/shop_customers" "$orders_each" $(cat "$demo"/nats-[123]/url)
}

# customers_come_anywhere: the same, but each knows all servers, and goes to another when its own dies.
customers_come_anywhere() {
    start customers "$programs/cluster/shop_customers" "$orders_each" "$NATS_URL" "$NATS_URL" "$NATS_URL"
}

# await_orders COUNT: until so many have been placed and shipped.
await_orders() {
    await_count=$1
    while [ "$await_count" -gt 0 ]; do
        await customers '-> [0-9A-F]* by .* shipped after'
        await_count=$((await_count - 1))
    done
}

# customers_leave WHAT: when they have got what they wanted; WHAT happened meanwhile.
customers_leave() {
    finish customers 90
    sed -n 's/.*, the longest wait was \([0-9]*\) ms.*/\1/p' "$demo/customers.log" | paste -s - |
        awk -v what="$1" '{ printf "%-44s order %5d   parcel %5d   question %5d\n", what ":", $1, $2, $3 }' \
            >>"$demo/waits"
    sed -n 's/.*-> \([0-9A-F]\{8\}\) by .*/\1/p' "$demo/customers.log" >>"$demo/orders"
}

# shared_by NAME...: each has taken some of the last orders.
shared_by() {
    for name; do
        grep -q "orders by instance:.* $name [1-9]" "$demo/customers.log" ||
            fail "$name has taken no order"
    done
}

# look_at_first_order: what the services say of it. All three order services hear of it, and one of
# the notification services.
look_at_first_order() {
    first=$(head -n 1 "$demo/orders")
    step "What they say of the first of them, $first" \
        'Its command reaches one order service, its events all of them, and one of the notification services.'
    by=$(sed -n "s/.*-> $first by \([^ ]*\) .*/\1/p" "$demo/customers.log")
    message=$(sed -n "s/.*订单创建成功: $first,.*\[MessageId=\(.*\)\]/\1/p" "$demo/$by.log")
    for n in 1 2 3; do
        says "node$n" "\[QoS 0\] Order created event received (may be lost): $first"
        says "node$n" "\[QoS 1\] Order shipped event received (guaranteed delivery): $first"
    done
    says "$by" "\[$by\] 处理命令: CreateOrder \[MessageId=$message\]"
    says "$by" "\[$by\] 📦 Processing order $first on $by"
    grep -h "$message\|$first" "$demo"/node[123].log "$demo"/notification-[12].log |
        grep -v '查询订单' | sed 's/^/  /'
}

# says NAME PATTERN: waits until it has.
says() {
    says_left=200
    until grep -q -- "$2" "$demo/$1.log"; do
        [ "$says_left" -gt 0 ] || fail "$1 did not print: $2"
        says_left=$((says_left - 1))
        sleep 0.05
    done
}

# everyone_heard: each shipped order has come to a notification service, and to every order service
# that was there all the time.
everyone_heard() {
    count=$(wc -l <"$demo/orders")
    everyone_left=400
    until missing=$(not_heard) && [ -z "$missing" ]; do
        [ "$everyone_left" -gt 0 ] || fail "these were not heard of by all: $missing"
        everyone_left=$((everyone_left - 1))
        sleep 0.05
    done
    echo "$count orders were shipped: node1, node3 and the notification services have heard of each"
    for name in node1 node3; do
        echo "of OrderCreated, which may be lost, $name has heard $(grep -c 'QoS 0' "$demo/$name.log")"
    done
}

not_heard() {
    received_by '收到事件: OrderShipped \[OrderId=' "$demo"/notification-[12].log
    received_by '\[QoS 1\] .*(guaranteed delivery): ' "$demo/node1.log"
    received_by '\[QoS 1\] .*(guaranteed delivery): ' "$demo/node3.log"
}

# received_by PATTERN LOG...: prints the orders that do not stand behind the pattern in one of the logs.
received_by() {
    heard_pattern=$1
    shift
    cat "$@" | sed -n "s/.*$heard_pattern\([0-9A-F]\{8\}\).*/\1/p" | sort -u >"$demo/heard"
    sort "$demo/orders" | comm -23 - "$demo/heard"
}

# made_once: each order that a customer has was made, and no other.
made_once() {
    made=$(sed -n 's/.*订单总数: //p' "$demo/node1.log" | tail -n 1)
    [ "$made" -eq "$(wc -l <"$demo/orders")" ] || fail "$made orders were made"
}

# stop_quietly NAME: it has said too much to be shown.
stop_quietly() {
    wc -l <"$demo/$1.log" >"$demo/$1.shown"
    stop "$1"
}
