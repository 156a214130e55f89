# shellcheck shell=sh disable=SC2154
# The demonstration of the cluster; examples/run sources it after ../demo_lib.sh. The customers
# check their answers. This script checks which services took part, and that every service received
# its events.

cluster_size=3
orders_each=24

# demonstrate_cluster DIR: starts three servers, three order services and two notification services,
# and kills one at a time. The programs are in DIR/shop and DIR/cluster.
demonstrate_cluster() {
    programs=$1

    print_translations

    step 'Three servers: each stores all stored messages'
    choose_ports
    for n in 1 2 3; do
        cluster_server_start "$n"
    done
    cluster_is_up

    step 'Three order services share one shop; two notification services'
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
    customers_leave 'nothing fails'
    shared_by node1 node2 node3
    look_at_first_order

    step 'An order service is killed' \
        'It gets SIGKILL while the customers order. Its calls are repeated, and reach another order service.'
    customers_come
    await_orders 5
    crash node2
    customers_leave 'an order service is killed'
    shared_by node1 node3

    step 'It is started again, and takes its share of the orders'
    start_orders 2
    customers_come
    customers_leave 'it is started again'
    shared_by node2

    leader=$(stream_leader)
    step "A server is killed: nats-$leader, which leads the stream" \
        'Its clients connect to another server. Storing waits until the servers have elected a new leader.'
    customers_come_anywhere
    await_orders 5
    nats_server_stop "$demo/nats-$leader" KILL
    echo "nats-$leader is dead"
    customers_leave 'the server that leads the stream is killed'
    cluster_server_start "$leader"

    step 'Every service received its events'
    everyone_heard

    step 'The services stop after finishing their work'
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

# choose_ports: chooses three free ports. Each server of a cluster must know the ports of the others
# before they start, so one server listens at three free ports, ends, and leaves them.
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

# cluster_is_up: waits until the servers have elected a leader.
cluster_is_up() {
    cluster_left=400
    until grep -qs 'metadata leader' "$demo"/nats-[123]/log; do
        [ "$cluster_left" -gt 0 ] || fail 'the servers do not elect a leader'
        cluster_left=$((cluster_left - 1))
        sleep 0.05
    done
}

# stream_leader: prints the number of the server that became the stream's leader last.
stream_leader() {
    grep -H "new stream leader for '[^']* > SHOP_ORDERS_V1'" "$demo"/nats-[123]/log |
        sed 's/^.*nats-\([123]\)\/log:\[[0-9]*\] \([^[]*\).*/\2 \1/' | sort | sed -n '$s/.* //p'
}

# ---- Services and customers ----

# start_orders N: starts an order service, and restarts it like a supervisor while the servers
# cannot store anything yet.
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

# customers_come: starts the customers, one at each server.
customers_come() {
    # shellcheck disable=SC2046
    start customers "$programs/cluster/shop_customers" "$orders_each" $(cat "$demo"/nats-[123]/url)
}

# customers_come_anywhere: starts customers that know all servers and change to another when theirs
# dies.
customers_come_anywhere() {
    start customers "$programs/cluster/shop_customers" "$orders_each" "$NATS_URL" "$NATS_URL" "$NATS_URL"
}

# await_orders COUNT: waits until COUNT orders have been placed and shipped.
await_orders() {
    await_count=$1
    while [ "$await_count" -gt 0 ]; do
        await customers '-> [0-9A-F]* by .* shipped after'
        await_count=$((await_count - 1))
    done
}

# customers_leave EVENT: waits for the end of the customers, and records their longest waits with
# EVENT.
customers_leave() {
    finish customers 90
    sed -n 's/.*, the longest wait was \([0-9]*\) ms.*/\1/p' "$demo/customers.log" | paste -s - |
        awk -v what="$1" '{ printf "%-44s order %5d   parcel %5d   question %5d\n", what ":", $1, $2, $3 }' \
            >>"$demo/waits"
    sed -n 's/.*-> \([0-9A-F]\{8\}\) by .*/\1/p' "$demo/customers.log" >>"$demo/orders"
}

# shared_by NAME...: checks that each instance has taken some of the last orders.
shared_by() {
    for name; do
        grep -q "orders by instance:.* $name [1-9]" "$demo/customers.log" ||
            fail "$name has taken no order"
    done
}

# look_at_first_order: checks that all three order services and one notification service log the
# first order.
look_at_first_order() {
    first=$(head -n 1 "$demo/orders")
    step "The log lines of the first order, $first" \
        'One order service receives its command. All order services and one notification service receive its events.'
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

# says NAME PATTERN: waits until the log of NAME matches PATTERN.
says() {
    says_left=200
    until grep -q -- "$2" "$demo/$1.log"; do
        [ "$says_left" -gt 0 ] || fail "$1 did not print: $2"
        says_left=$((says_left - 1))
        sleep 0.05
    done
}

# everyone_heard: checks that a notification service, and every order service that was never killed,
# received each shipped order.
everyone_heard() {
    count=$(wc -l <"$demo/orders")
    everyone_left=400
    until missing=$(not_heard) && [ -z "$missing" ]; do
        [ "$everyone_left" -gt 0 ] || fail "not every service received these orders: $missing"
        everyone_left=$((everyone_left - 1))
        sleep 0.05
    done
    echo "$count orders were shipped: node1, node3 and the notification services received each"
    for name in node1 node3; do
        echo "of OrderCreated, which may be lost, $name received $(grep -c 'QoS 0' "$demo/$name.log")"
    done
}

not_heard() {
    received_by '收到事件: OrderShipped \[OrderId=' "$demo"/notification-[12].log
    received_by '\[QoS 1\] .*(guaranteed delivery): ' "$demo/node1.log"
    received_by '\[QoS 1\] .*(guaranteed delivery): ' "$demo/node3.log"
}

# received_by PATTERN LOG...: prints the orders that follow PATTERN in none of the logs.
received_by() {
    heard_pattern=$1
    shift
    cat "$@" | sed -n "s/.*$heard_pattern\([0-9A-F]\{8\}\).*/\1/p" | sort -u >"$demo/heard"
    sort "$demo/orders" | comm -23 - "$demo/heard"
}

# made_once: checks that the number of orders made is the number of orders confirmed.
made_once() {
    made=$(sed -n 's/.*订单总数: //p' "$demo/node1.log" | tail -n 1)
    [ "$made" -eq "$(wc -l <"$demo/orders")" ] || fail "$made orders were made"
}

# stop_quietly NAME: stops NAME without showing its remaining log lines.
stop_quietly() {
    wc -l <"$demo/$1.log" >"$demo/$1.shown"
    stop "$1"
}
