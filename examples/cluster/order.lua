-- The load of wrk: orders of one product.
wrk.method = "POST"
wrk.body = '{"productId": "product-123", "quantity": 1}'
wrk.headers["Content-Type"] = "application/json"
