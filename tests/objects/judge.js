/*
 * Objects between npm's @nats-io/obj and ours, in both directions. judge.js TOOL DIR runs its own
 * nats-server, and kills and restarts it. Ends with "N passed, N failed".
 */
"use strict";

const assert = require("assert");
const fs = require("fs");
const net = require("net");
const path = require("path");
const { spawn, spawnSync } = require("child_process");
const { connect } = require("@nats-io/transport-node");
const { Objm } = require("@nats-io/obj");

const [tool, folder] = process.argv.slice(2);
const file = path.join(folder, "content");
let server, port, nc;

// ---- The server

function freePort() {
    return new Promise((resolve) => {
        const probe = net.createServer().listen(0, "127.0.0.1", () => {
            const found = probe.address().port;
            probe.close(() => resolve(found));
        });
    });
}

function listens() {
    return new Promise((resolve) => {
        const probe = net.connect(port, "127.0.0.1", () => { probe.destroy(); resolve(true); });
        probe.on("error", () => resolve(false));
    });
}

async function startServer() {
    server = spawn(process.env.NATS_SERVER || "nats-server",
        ["-js", "-sd", path.join(folder, "store"), "-a", "127.0.0.1", "-p", `${port}`], { stdio: "ignore" });
    while (!(await listens())) await sleep(20);
}

function killServer() {
    return new Promise((resolve) => {
        server.on("exit", resolve);
        server.kill("SIGKILL");
    });
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition) {
    for (let i = 0; i < 1500; i++) {
        if (await condition()) return;
        await sleep(20);
    }
    throw new Error(`still false after 30 s: ${condition}`);
}

// ---- Our side

const environment = () => ({ ...process.env, NATS_URL: `nats://127.0.0.1:${port}` });

function ours(store, ...words) {
    const done = spawnSync(tool, [store, ...words], { env: environment(), encoding: "utf8" });
    return { status: done.status, text: done.stdout, problem: done.stderr };
}

function succeed(store, ...words) {
    const { status, text, problem } = ours(store, ...words);
    assert.strictEqual(status, 0, `${words.join(" ")}: ${problem}`);
    return text;
}

const lines = (text) => text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));

function putOurs(store, name, content) {
    fs.writeFileSync(file, content);
    succeed(store, "put", name, file);
}

function getOurs(store, name) {
    succeed(store, "get", name, file);
    return fs.readFileSync(file);
}

/* Watches with our tool: `seen` is what it has printed. */
function watchOurs(store) {
    const process = spawn(tool, [store, "watch"], { env: environment(), stdio: ["pipe", "pipe", "inherit"] });
    const watch = { text: "", end: () => process.stdin.end(), seen: () => lines(watch.text) };
    process.stdout.on("data", (data) => { watch.text += data; });
    return watch;
}

// ---- Their side

const open = (store) => new Objm(nc).open(store);
const create = (store, options) => new Objm(nc).create(store, options);
const putTheirs = async (store, name, content) => (await open(store)).putBlob({ name }, content);
const getTheirs = async (store, name) => (await open(store)).getBlob(name);

// ---- Content

/* npm's client encodes a name in Latin-1 before base64, where all others have UTF-8: so names that are
 * no ASCII appear in its lists, and cannot be got by it. */
const names = ["a", "ab", "abc", "abcd", ".", "a b", "a/b/c.tar.gz", "*", ">", "$O.x.M.y", "quote\"\\",
    "tab\there", "x".repeat(384)];
const listedNames = ["caf\u00e9", "\u65e5\u672c\u8a9e", "\ud83d\ude00"];
const sizes = [0, 1, 131071, 131072, 131073, 300000, 1500000];

function content(size, seed) {
    const bytes = Buffer.alloc(size);
    for (let i = 0; i < size; i++) bytes[i] = (seed + i * 7 + (i >> 8)) & 255;
    return bytes;
}

// ---- Cases

const cases = {
    async "names, written here and read there"() {
        succeed("names", "ensure");
        for (const [i, name] of names.entries()) putOurs("names", name, content(100, i));
        for (const [i, name] of names.entries())
            assert.deepStrictEqual(Buffer.from(await getTheirs("names", name)), content(100, i), name);
        for (const name of listedNames) {
            putOurs("names", name, content(100, 1));
            assert.deepStrictEqual(getOurs("names", name), content(100, 1));
        }
        const listed = (await (await open("names")).list()).map((info) => info.name);
        assert.deepStrictEqual(listed, [...names, ...listedNames]);
    },

    async "names, written there and read here"() {
        await create("names2");
        for (const [i, name] of names.entries()) await putTheirs("names2", name, content(100, i));
        for (const [i, name] of names.entries())
            assert.deepStrictEqual(getOurs("names2", name), content(100, i), name);
        assert.deepStrictEqual(lines(succeed("names2", "list")).map((info) => info.name), names);
    },

    async "sizes, in both directions, replaced in turn"() {
        const store = await create("sizes");
        for (const size of sizes) {
            putOurs("sizes", "object", content(size, 1));
            assert.deepStrictEqual(Buffer.from(await store.getBlob("object")), content(size, 1));
            await store.putBlob({ name: "object" }, content(size, 2));
            assert.deepStrictEqual(getOurs("sizes", "object"), content(size, 2));
            const info = await store.info("object");
            const { state } = (await store.status()).streamInfo;
            assert.strictEqual(state.messages, info.chunks + 1, "no chunk or info is left over");
        }
    },

    async "deletions"() {
        const store = await create("deleted");
        putOurs("deleted", "ours", content(300000, 1));
        await store.putBlob({ name: "theirs" }, content(300000, 1));
        succeed("deleted", "delete", "theirs");
        assert.strictEqual((await store.info("theirs")).deleted, true);
        assert.strictEqual(await store.getBlob("theirs"), null);
        await store.delete("ours");
        assert.match(ours("deleted", "get", "ours", file).problem, /^CATGA_NOT_FOUND: .* it is deleted/);
        assert.strictEqual(succeed("deleted", "list"), "");
        assert.deepStrictEqual(await store.list(), []);
        assert.strictEqual(succeed("deleted", "count"), "2\n");
    },

    async "infos that are updated"() {
        const store = await create("updated");
        putOurs("updated", "a", content(5, 1));
        await store.update("a", { description: "theirs" });
        assert.strictEqual(lines(succeed("updated", "list"))[0].description, "theirs");
        succeed("updated", "describe", "a", "ours");
        assert.strictEqual((await store.info("a")).description, "ours");
        succeed("updated", "rename", "a", "b");
        assert.deepStrictEqual((await store.list()).map((info) => info.name), ["b"]);
        assert.deepStrictEqual(Buffer.from(await store.getBlob("b")), content(5, 1));
    },

    async "metadata and headers"() {
        const { headers } = require("@nats-io/transport-node");
        const store = await create("metadata");
        const given = headers();
        given.append("X", "1");
        given.append("X", "2");
        await store.putBlob({ name: "a", description: "d", headers: given, metadata: { k: "v" } }, content(5, 1));
        succeed("metadata", "rename", "a", "b");
        succeed("metadata", "describe", "b", "new");
        const info = await store.info("b");
        assert.strictEqual(info.description, "new");
    },

    async "links"() {
        const store = await create("links");
        await create("other");
        putOurs("links", "target", content(300000, 1));
        await store.link("link", await store.info("target"));
        await store.linkStore("whole", await open("other"));
        assert.deepStrictEqual(getOurs("links", "link"), content(300000, 1));
        assert.match(ours("links", "get", "whole", file).problem, /a link to the store 'other'/);
    },

    async "a watch of ours, across a server restart"() {
        const store = await create("watched");
        await store.putBlob({ name: "first" }, content(10, 1));
        const watch = watchOurs("watched");
        await until(() => watch.seen().length === 2);
        assert.deepStrictEqual(watch.seen().map((info) => info?.name), ["first", undefined]);
        for (let i = 0; i < 3; i++) {
            await killServer();
            await startServer();
            await until(() => putTheirs("watched", `after ${i}`, content(10, 1)).then(() => true, () => false));
        }
        await store.delete("first");
        await until(() => watch.seen().at(-1)?.deleted);
        const seen = new Set(watch.seen().filter((info) => info !== null).map((info) => info.name));
        assert.deepStrictEqual([...seen].sort(), ["after 0", "after 1", "after 2", "first"]);
        watch.end();
    },

    async "a watch of theirs sees our objects"() {
        const store = await create("watched2");
        const watch = await store.watch({ includeHistory: true });
        const seen = [];
        (async () => { for await (const info of watch) seen.push(`${info.name} ${info.deleted ?? false}`); })();
        for (let i = 0; i < 20; i++) putOurs("watched2", "object", content(10, i));
        putOurs("watched2", "last", content(10, 1));
        succeed("watched2", "delete", "object");
        await until(() => seen.length === 22);
        assert.deepStrictEqual(seen.slice(-3), ["object false", "last false", "object true"]);
        watch.stop();
    },

    async "a sealed store"() {
        const store = await create("sealed");
        putOurs("sealed", "a", content(5, 1));
        succeed("sealed", "seal");
        assert.strictEqual((await store.status()).sealed, true);
        await assert.rejects(store.putBlob({ name: "b" }, content(5, 1)));
        assert.match(ours("sealed", "put", "b", file).problem, /^CATGA_REFUSED: /);
        assert.deepStrictEqual(Buffer.from(await store.getBlob("a")), content(5, 1));
    },

    async "chunks that a client has lost are collected, others stay"() {
        const store = await create("collected");
        await store.putBlob({ name: "a" }, content(300000, 1));
        await nc.flush();
        nc.publish("$O.collected.C.lost", "x");
        await until(() => succeed("collected", "count") === "5\n");
        succeed("collected", "gc");
        assert.strictEqual(succeed("collected", "count"), "4\n");
        assert.deepStrictEqual(Buffer.from(await store.getBlob("a")), content(300000, 1));
    },
};

async function main() {
    port = await freePort();
    await startServer();
    nc = await connect({ servers: `127.0.0.1:${port}`, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    let failed = 0;
    for (const [name, run] of Object.entries(cases)) {
        try {
            await run();
            console.log(`ok: ${name}`);
        } catch (error) {
            failed++;
            console.log(`failed: ${name}: ${error.stack}`);
        }
    }
    await nc.close();
    await killServer();
    console.log(`${Object.keys(cases).length - failed} passed, ${failed} failed`);
    process.exit(failed === 0 ? 0 : 1);
}

main();
