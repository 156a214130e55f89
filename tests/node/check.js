/*
 * The messages of the shop, read and written by the flatbuffers package with code that flatc
 * generates from our .fbs.
 *
 *     check.js give DIR     writes TABLE.given.json, for our codec to encode
 *     check.js read DIR     reads TABLE.ours.bin, and writes the same values again to TABLE.theirs.bin
 */
"use strict";

const assert = require("assert");
const fs = require("fs");
const path = require("path");

/* The values for our codec, and the expected ones: 64-bit integers are BigInts, decimals and times scaled. */
const cases = [
    {
        table: "CreateOrder", name: "CreateOrder_", file: "create-order-",
        given: '{"customer_id":"CUST-01","product_id":"PROD-001","quantity":3}',
        found: { customerId: "CUST-01", productId: "PROD-001", quantity: 3 },
    },
    {
        table: "CreateOrder", name: "CreateOrder_", file: "create-order-",
        given: '{"customer_id":"","product_id":"default"}',
        found: { customerId: "", productId: "default", quantity: 1 },
    },
    {
        table: "OrderResult", name: "OrderResult", file: "order-result",
        given: '{"order_id":"ORD-1","total":-92233720368547758.08,"status":"Paid","created_at":"2025-10-10T10:00:00.123456789Z"}',
        found: { orderId: "ORD-1", total: -9223372036854775808n, status: 1, createdAt: 1760090400123456789n, processedBy: null },
    },
    {
        table: "GetOrder", name: "GetOrder", file: "get-order",
        given: '{"order_id":"ORD-1"}',
        found: { orderId: "ORD-1" },
    },
    {
        table: "Order", name: "Order", file: "order",
        given: '{"order_id":"ORD-1","customer_id":"CUST-01","product_id":"PROD-001","product_name":"Gr\u00fcn \ud83d\ude00",' +
            '"quantity":4294967295,"unit_price":5999.99,"total":17999.97,"status":"Cancelled","created_at":"1969-12-31T23:59:59Z"}',
        found: { orderId: "ORD-1", customerId: "CUST-01", productId: "PROD-001", productName: "Gr\u00fcn \ud83d\ude00",
            quantity: 4294967295, unitPrice: 599999n, total: 1799997n, status: 3, createdAt: -1000000000n },
    },
    {
        table: "OrderCreated", name: "OrderCreated", file: "order-created",
        given: '{"order_id":"ORD-1","customer_id":"C","product_id":"P","product_name":"","quantity":1,"total":-0.01}',
        found: { orderId: "ORD-1", customerId: "C", productId: "P", productName: "", quantity: 1, total: -1n, createdAt: 0n },
    },
    {
        table: "OrderShipped", name: "OrderShipped", file: "order-shipped",
        given: '{"order_id":"ORD-1","customer_id":"C","tracking_number":"T-1","shipped_at":"2026-01-01T00:00:00Z"}',
        found: { orderId: "ORD-1", customerId: "C", trackingNumber: "T-1", shippedAt: 1767225600000000000n },
    },
];

function give(folder) {
    cases.forEach((each, i) => fs.writeFileSync(path.join(folder, `${i}.${each.table}.given.json`), each.given));
}

function read(folder) {
    const flatbuffers = require("flatbuffers");
    cases.forEach((each, i) => {
        const stem = path.join(folder, `${i}.${each.table}`);
        const bytes = fs.readFileSync(`${stem}.ours.bin`);
        const type = require(path.join(folder, "js/shop/orders", `${each.file}.js`))[each.name];
        const table = type[`getRootAs${each.name}`](new flatbuffers.ByteBuffer(new Uint8Array(bytes)));
        for (const [name, value] of Object.entries(each.found))
            assert.strictEqual(table[name](), value, `${each.table}.${name}`);
        const builder = new flatbuffers.Builder();
        builder.finish(table.unpack().pack(builder), bytes.toString("latin1", 4, 8));
        fs.writeFileSync(`${stem}.theirs.bin`, builder.asUint8Array());
    });
    console.log(`${cases.length} messages`);
}

const [action, folder] = process.argv.slice(2);
({ give, read })[action](path.resolve(folder));
