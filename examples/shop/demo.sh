# shellcheck shell=sh disable=SC2154
# The demonstration of the shop; examples/run sources it after ../demo_lib.sh. The client checks its
# own results. This script checks the log lines of the services, and that everything ends with 0.

# demonstrate DIR: runs the three programs in DIR with a server.
demonstrate() {
    print_translations

    step 'A server and two services'
    server_start
    start orders env CATGA_INSTANCE=order-service-1 "$1/order_service"
    await orders '订单服务已启动'
    start_notifications "$1"

    step 'An order is placed, found, and announced' \
        'The client calls CreateOrder and GetOrder. Both handlers of the notification service, the order services and the client receive OrderCreated.'
    play "$1" orders
    order=$(sed -n 's/.*-> order \([0-9A-F]\{8\}\), total 5999\.99, Created$/\1/p' "$demo/client.log")
    said orders '处理创建订单命令: {"customer_id":"CUST-001","product_id":"PROD-001","quantity":1} [MessageId=' \
        "📦 Processing order $order on order-service-1" \
        "订单创建成功: $order, 总金额: 5999.99 [MessageId=" \
        "📝 [QoS 0] Order created event received (may be lost): $order"
    said notifications \
        "📧 邮件通知已发送 - 订单: $order, 客户: CUST-001, 产品: 笔记本电脑, 数量: 1, 总额: ¥5999.99" \
        "📱 短信通知已发送 - 订单: $order, 客户: CUST-001, 总额: ¥5999.99" \
        "📊 审计日志记录 - 新订单创建: {\"order_id\":\"$order\","

    step 'An order that is sent twice is created once' \
        'CreateOrder is idempotent: each order service gives the same answer to the same message id.'
    play "$1" twice
    order=$(sed -n 's/.*-> order \([0-9A-F]\{8\}\), total 199\.99, Created$/\1/p' "$demo/client.log" | sort -u)
    said orders "订单创建成功: $order,"

    step 'Errors are the errors of the schema' \
        'The client gets errors that the schema declares, and sends a message that breaks a rule of the schema.'
    play "$1" failures
    said client 'no product PROD-999' '9 of PROD-001 (笔记本电脑) left, 999 ordered' 'no order NO-ORDER'
    said orders '产品不存在: PROD-999' '库存不足: 笔记本电脑, 剩余: 9, 需要: 999' '订单不存在: NO-ORDER'

    step 'Five orders at once, without waiting for each answer' \
        'Sending returns at once, and the answers come to a callback.'
    play "$1" burst
    said orders '总金额: 199.99' '总金额: 699.99' '总金额: 2199.99' '总金额: 299.99'
    said notifications '产品: 无线鼠标, 数量: 1, 总额: ¥199.99' '产品: 机械键盘, 数量: 1, 总额: ¥699.99' \
        '产品: 显示器, 数量: 1, 总额: ¥2199.99' '产品: 网络摄像头, 数量: 1, 总额: ¥299.99' \
        '"product_id":"PROD-002"' '"product_id":"PROD-003"' \
        '"product_id":"PROD-004"' '"product_id":"PROD-005"'

    step 'Stored events are delivered when the subscriber returns' \
        'OrderCreated may be lost, OrderShipped is stored. An order is placed and shipped while the notification service is stopped. After its start it receives OrderShipped, and not OrderCreated.'
    stop notifications
    play "$1" shipping
    order=$(sed -n 's/.*-> tracking number TRK-\([0-9A-F]\{8\}\)$/\1/p' "$demo/client.log" | head -n 1)
    said orders "订单已发货: $order, 运单号: TRK-$order [MessageId=" \
        "📦 [QoS 1] Order shipped event received (guaranteed delivery): $order"
    start_notifications "$1"
    said notifications "🚚 发货通知已发送 - 订单: $order, 客户: CUST-007, 运单号: TRK-$order"
    never_said notifications "收到事件: OrderCreated [OrderId=$order]"

    step 'A rejected event becomes a dead letter' \
        'The customer has closed the account, so the handler rejects the event. The dead letter keeps the event and the reason. The client lists it, replays it, and removes it.'
    play "$1" gone
    said notifications '无法发送发货通知' 'GONE-001 has closed the account; it is a dead letter'

    step 'The server stops and starts again' \
        'A call fails meanwhile, with the status that nothing was sent. Then the services, the subscriptions and the client reconnect.'
    start client "$1/test_client" outage
    await client 'The server is stopped'
    server_stop
    await client 'The server is started again' 20
    server_start
    finish client
    said orders 'connected again'
    said notifications 'connected again'

    step 'The services stop after finishing their work'
    stop orders
    stop notifications

    step 'No service is running'
    play "$1" silence
    server_stop

    printf '\nEvery step had the expected result.\n'
}

# demonstrate_local DIR: runs the same in one process.
demonstrate_local() {
    print_translations
    "$1/shop_local" || fail 'a step did not have the expected result'
    printf '\nEvery step had the expected result.\n'
}

start_notifications() {
    start notifications env CATGA_INSTANCE=notification-service-1 "$1/notification_service"
    await notifications '通知服务已启动'
}

# play DIR PART: runs one part of the client.
play() {
    start client "$1/test_client" "$2"
    finish client
}
