# shellcheck shell=sh disable=SC2154
# The demonstration of the gateway; examples/run sources it after ../demo_lib.sh. Each request is
# made with curl, and its status and content are checked.

# demonstrate_gateway DIR: runs the order service and the gateway, whose programs are in DIR/shop and
# DIR/gateway.
demonstrate_gateway() {
    print_translations

    step 'A server, the order service and the gateway'
    server_start
    start orders env CATGA_INSTANCE=order-service-1 "$1/shop/order_service"
    await orders '订单服务已启动'
    start gateway env CATGA_HTTP_PORT=-1 CATGA_INSTANCE=gateway-1 "$1/gateway/gateway"
    await gateway '^http://'
    url=$(sed -n 's/^\(http:[^ ]*\)$/\1/p' "$demo/gateway.log")

    step 'A client receives each new order as a server-sent event'
    start browser stdbuf -oL curl --silent --include --no-buffer "$url/events/orders"
    await browser '^HTTP/1.1 200'

    step 'An order is placed, found and shipped'
    request 201 POST /orders '{"customerId":"CUST-001","productId":"PROD-001","quantity":2}'
    order=$(sed -n 's/.*"orderId":"\([0-9A-F]*\)".*/\1/p' "$demo/answer")
    request 200 GET "/orders/$order"
    request 200 POST "/orders/$order/shipment" '{}'
    await browser "^data: .*\"orderId\":\"$order\""

    step 'A repeated request with the same idempotency key gets the same answer'
    key='Idempotency-Key: "form-17"'
    request 201 POST /orders '{"customerId":"CUST-001","productId":"PROD-002","quantity":1}' "$key"
    cp "$demo/answer" "$demo/first"
    request 201 POST /orders '{"customerId":"CUST-001","productId":"PROD-002","quantity":1}' "$key"
    cmp "$demo/first" "$demo/answer" || fail 'the answers differ'
    request 422 POST /orders '{"customerId":"CUST-001","productId":"PROD-002","quantity":3}' "$key"

    step 'Errors are problem details: those of the schema, and wrong requests'
    request 404 GET /orders/NO-ORDER
    request 409 POST /orders '{"customerId":"CUST-001","productId":"PROD-001","quantity":999}'
    request 400 POST /orders '{"customerId":"CUST-001","productId":"PROD-001","quantity":0}'
    request 405 DELETE /orders

    step 'Health and documentation'
    request 200 GET /health
    request 200 GET /ready
    request 200 GET /openapi.json quiet

    step 'Without its service, the gateway answers 503; it finishes what it does, and ends'
    stop orders
    request 503 GET "/orders/$order"
    stop gateway
    finish browser

    printf '\nEvery step had the expected result.\n'
}

# request STATUS METHOD PATH [BODY|quiet [HEADER]]: makes a request, shows its response, and checks the
# status. The content is in $demo/answer.
request() {
    wanted=$1 method=$2 target=$3 body=${4-} header=${5:-X-Demonstration: yes}
    set -- --silent --show-error --request "$method" --header "$header" --output "$demo/answer" \
        --write-out '%{http_code}'
    case $body in
    '' | quiet) ;;
    *) set -- "$@" --json "$body" ;;
    esac
    code=$(curl "$@" "$url$target") || fail "$method $target: curl failed"
    printf '  %s %s %s\n' "$method" "$target" "$body"
    printf '  %s %s\n' "$code" "$(head -c 400 "$demo/answer")" | fold -s -w 100
    [ "$code" = "$wanted" ] || fail "$method $target: expected $wanted"
}
