# shellcheck shell=sh disable=SC2154
# The shop's play, for examples/run, which has sourced ../stage.sh. The client checks what it gets;
# here it is checked what the services say, and that everything ends as it should.

# demonstrate DIR: three programs, which lie in DIR, and a server.
demonstrate() {
    step 'A server and two services'
    server_start
    start orders env CATGA_INSTANCE=order-service-1 "$1/order_service"
    await orders '订单服务已启动'
    start_notifications "$1"

    step 'An order is placed, found, and announced' \
        'The client calls CreateOrder and GetOrder. OrderCreated comes to both handlers of the notification service, to the order services, and to the client.'
    play "$1" orders
    order=$(sed -n 's/.*-> order \([0-9A-F]\{8\}\), total 5999\.99, Created$/\1/p' "$stage/client.log")
    said orders '处理创建订单命令: {"customer_id":"CUST-001","product_id":"PROD-001","quantity":1} [MessageId=' \
        "📦 Processing order $order on order-service-1" \
        "订单创建成功: $order, 总金额: 5999.99 [MessageId=" \
        "📝 [QoS 0] Order created event received (may be lost): $order"
    said notifications \
        "📧 邮件通知已发送 - 订单: $order, 客户: CUST-001, 产品: 笔记本电脑, 数量: 1, 总额: ¥5999.99" \
        "📱 短信通知已发送 - 订单: $order, 客户: CUST-001, 总额: ¥5999.99" \
        "📊 审计日志记录 - 新订单创建: {\"order_id\":\"$order\","

    step 'An order that is sent twice is made once' \
        'CreateOrder is idempotent: under one id there is one answer, whichever order service gets it.'
    play "$1" twice
    order=$(sed -n 's/.*-> order \([0-9A-F]\{8\}\), total 199\.99, Created$/\1/p' "$stage/client.log" | sort -u)
    said orders "订单创建成功: $order,"

    step 'What cannot be done is said in the terms of the schema' \
        'Errors that the schema declares, and a message that breaks one of its rules.'
    play "$1" failures
    said client 'no product PROD-999' '9 of PROD-001 (笔记本电脑) left, 999 ordered' 'no order NO-ORDER'
    said orders '产品不存在: PROD-999' '库存不足: 笔记本电脑, 剩余: 9, 需要: 999' '订单不存在: NO-ORDER'

    step 'Five orders at once, without waiting for one another' \
        'Sending returns at once, and the answers come to a callback.'
    play "$1" burst
    said orders '总金额: 199.99' '总金额: 699.99' '总金额: 2199.99' '总金额: 299.99'
    said notifications '产品: 无线鼠标, 数量: 1, 总额: ¥199.99' '产品: 机械键盘, 数量: 1, 总额: ¥699.99' \
        '产品: 显示器, 数量: 1, 总额: ¥2199.99' '产品: 网络摄像头, 数量: 1, 总额: ¥299.99' \
        '"product_id":"PROD-002"' '"product_id":"PROD-003"' \
        '"product_id":"PROD-004"' '"product_id":"PROD-005"'

    step 'What is stored waits for who is away' \
        'OrderCreated may be lost, OrderShipped is stored. Here an order is placed and shipped while there is no notification service; when it comes back it gets the one, and not the other.'
    stop notifications
    play "$1" shipping
    order=$(sed -n 's/.*-> tracking number TRK-\([0-9A-F]\{8\}\)$/\1/p' "$stage/client.log" | head -n 1)
    said orders "订单已发货: $order, 运单号: TRK-$order [MessageId=" \
        "📦 [QoS 1] Order shipped event received (guaranteed delivery): $order"
    start_notifications "$1"
    said notifications "🚚 发货通知已发送 - 订单: $order, 客户: CUST-007, 运单号: TRK-$order"
    never_said notifications "收到事件: OrderCreated [OrderId=$order]"

    step 'What no attempt can mend becomes a dead letter' \
        'The customer has closed the account meanwhile: the handler rejects the event, which is kept with the reason. Whoever looks after the shop looks at it, has it tried again, and throws it away.'
    play "$1" gone
    said notifications '无法发送发货通知' 'GONE-001 has closed the account; it is a dead letter'

    step 'The server goes away and comes back' \
        'Meanwhile a call fails, and says that nothing was sent. Afterwards everything goes on: services, subscriptions and client find the server by themselves.'
    start client "$1/test_client" outage
    await client 'The server is stopped'
    server_stop
    await client 'The server is started again' 20
    server_start
    finish client
    said orders 'connected again'
    said notifications 'connected again'

    step 'The services end: they finish what they have begun'
    stop orders
    stop notifications

    step 'Nobody is there to answer'
    play "$1" silence
    server_stop

    printf '\nEvery step gave what it should.\n'
}

# demonstrate_local DIR: the same in one process.
demonstrate_local() {
    "$1/shop_local" || fail 'a step did not give what it should'
    printf '\nEvery step gave what it should.\n'
}

start_notifications() {
    start notifications env CATGA_INSTANCE=notification-service-1 "$1/notification_service"
    await notifications '通知服务已启动'
}

# play DIR PART: the client shows a part.
play() {
    start client "$1/test_client" "$2"
    finish client
}
