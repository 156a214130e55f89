/*
 * Buckets of npm's client and of ours, in both directions: check.js SIDE FOLDER
 *
 * SIDE is our program, FOLDER holds the server's files. NATS_SERVER is the server's program.
 */
"use strict";

const assert = require("assert");
const child = require("child_process");
const fs = require("fs");
const readline = require("readline");
const { connect } = require("@nats-io/transport-node");
const { Kvm } = require("@nats-io/kv");

const [, , program, folder] = process.argv;
const port = 4600 + (process.pid % 2000);
const url = `127.0.0.1:${port}`;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
let server;

function startServer() {
    server = child.spawn(process.env.NATS_SERVER || "nats-server",
        ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", `${folder}/store`], { stdio: "ignore" });
}

async function restartServer(signal) {
    const ended = new Promise((done) => server.once("exit", done));
    server.kill(signal);
    await ended;
    startServer();
    await pause(300);
}

/* Our side: ask(command) gives the line that answers. */
class Side {
    constructor() {
        this.lines = [];
        this.waiting = [];
        this.watched = [];
        this.caughtUp = 0;
        this.child = child.spawn(program, [], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, NATS_URL: `nats://${url}` } });
        readline.createInterface({ input: this.child.stdout }).on("line", (line) => this.take(line));
    }

    take(line) {
        if (line.startsWith("watched ")) this.watched.push(line.slice(8));
        else if (line === "caught up") this.caughtUp = this.watched.length + 1;
        else if (this.waiting.length > 0) this.waiting.shift()(line);
        else this.lines.push(line);
    }

    ask(command) {
        this.child.stdin.write(command + "\n");
        return new Promise((done) => this.waiting.push(done));
    }
}

const hex = (bytes) => (bytes.length === 0 ? "-" : Buffer.from(bytes).toString("hex"));
const oddKeys = ["a", "a.b.c", "A-b_c/d=e", "=", "/", "0", "k/e.y=-_.z"];
const values = [new Uint8Array(0), Buffer.from("text"), Buffer.from([0, 13, 10, 255])];
let checks = 0;

function same(found, wanted, what) {
    assert.deepStrictEqual(found, wanted, what);
    checks++;
}

async function listed(iterator) {
    const all = [];
    for await (const each of await iterator) all.push(each);
    return all;
}

const shown = (e) => `${e.key} ${e.revision} ${e.operation} ${e.operation === "PUT" ? hex(e.value) : "-"}`;

async function oursIsRead(side, kv) {
    for (const key of oddKeys)
        for (const value of values) {
            const revision = Number(await side.ask(`put ${key} ${hex(value)}`));
            const entry = await kv.get(key);
            same([entry.key, hex(entry.value), entry.revision, entry.operation], [key, hex(value), revision, "PUT"], key);
        }
    same((await listed(kv.keys())).sort(), [...oddKeys].sort(), "keys");
    await side.ask("delete a");
    same((await kv.get("a")).operation, "DEL", "delete");
    await side.ask("purge 0");
    same((await kv.get("0")).operation, "PURGE", "purge");
    same((await listed(kv.keys())).includes("a"), false, "deleted keys");
    same((await listed(kv.history({ key: "=" }))).map(shown).join("; ") + "; .", await side.ask("history ="), "history");
}

async function theirsIsRead(side, kv) {
    for (const key of oddKeys)
        for (const value of values) {
            const revision = await kv.put(key, value);
            same(await side.ask(`get ${key}`), `${key} ${revision} PUT ${hex(value)}`, key);
        }
    await kv.delete("a.b.c");
    same(await side.ask("get a.b.c"), "CATGA_NOT_FOUND", "delete");
    await kv.purge("/");
    same(await side.ask("get /"), "CATGA_NOT_FOUND", "purge");
    same((await side.ask("history >")).includes("/ "), true, "the marker of a purge");
    const theirs = (await listed(kv.history({ key: ">" }))).map(shown).join("; ");
    same(await side.ask("history >"), theirs + "; .", "history");
    const keys = (await side.ask("keys >")).split(" ").filter((k) => k !== "." && k !== "").sort();
    same(keys, (await listed(kv.keys())).sort(), "keys");
}

async function revisionsDecide(side, kv) {
    const revision = await kv.put("cas", "1");
    same(await side.ask(`update cas 32 ${revision + 1}`), "CATGA_CONFLICT", "update");
    const next = Number(await side.ask(`update cas 32 ${revision}`));
    await assert.rejects(kv.update("cas", "3", revision));
    same(await kv.update("cas", "3", next) > next, true, "their update");
    same(await side.ask("create cas 34"), "CATGA_CONFLICT", "create");
    await kv.delete("cas");
    same(Number(await side.ask("create cas 34")) > 0, true, "create after their delete");
    await side.ask("delete cas");
    same(await kv.create("cas", "5") > 0, true, "their create after our delete");
}

/* A table of a schema is JSON for them; what they write otherwise is reported, and nothing is lost. */
async function jsonIsShared(side, nc) {
    same(await side.ask("json_get a"), "CATGA_NOT_FOUND", "the bucket of the schema");
    const kv = await new Kvm(nc).open("judged-json");
    const revision = Number(await side.ask("json_put a 12"));
    const entry = await kv.get("a");
    same([entry.revision, entry.json()], [revision, { enabled: true, limit: 12, note: 'a "b" é' }], "our JSON");
    same(await side.ask("json_put a 0"), "CATGA_INVALID_MESSAGE", "a rule of the schema");
    same((await kv.get("a")).revision, revision, "nothing is stored");
    const theirs = await kv.put("b", JSON.stringify({ note: "\u00e9", limit: 20, enabled: false, more: [1, { a: null }] }));
    same(await side.ask("json_get b"), `b ${theirs} 0 20 é`, "their JSON");
    const before = side.watched.length;
    same(await side.ask("json_watch >"), "watching", "watch of the schema");
    const bad = [];
    for (const text of ["", "{", "null", '{"limit":"x"}', '{"limit":0}', "\u0000"]) {
        const at = await kv.put("c", text);
        bad.push(`c ${at} CATGA_BAD_MESSAGE`);
        same(await side.ask("json_get c"), bad[bad.length - 1], `their '${text}'`);
    }
    const last = await kv.put("c", '{"limit":3}');
    same(await side.ask("json_get c"), `c ${last} 1 3 `, "their correction");
    const wanted = [`a ${revision} 1 12 a "b" é`, `b ${theirs} 0 20 é`, ...bad, `c ${last} 1 3 `];
    for (let ms = 0; ms < 30000 && side.watched.length - before < wanted.length; ms += 100) await pause(100);
    same(side.watched.slice(before), wanted, "watch of the schema");
    same(await side.ask(`json_put c 4`) > last, true, "our correction");
    side.watched = [];
    side.caughtUp = 0;
}

/* Both watch while both write and the server restarts; both end with the last values. */
async function watchersAgree(side, kv) {
    const theirs = new Map();
    const watch = await kv.watch({ key: "w.>" });
    (async () => { for await (const e of watch) theirs.set(e.key, shown(e)); })();
    same(await side.ask("watch w.>"), "watching", "watch");
    await pause(100);
    same(side.caughtUp, 1, "caught up");
    for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 10; i++) {
            for (let done = false; !done;) {
                const line = await side.ask(`put w.ours.${i} ${hex(Buffer.from(`${round}`))}`);
                done = /^\d+$/.test(line);
                if (!done) await pause(50);
            }
            for (let done = false; !done;)
                done = await kv.put(`w.theirs.${i}`, `${round}`).then(() => true, () => pause(50));
        }
        if (round < 3) await restartServer(round % 2 === 0 ? "SIGKILL" : "SIGTERM");
    }
    const last = (await listed(kv.history({ key: "w.>" }))).map(shown);
    const wanted = new Map(last.map((line) => [line.split(" ")[0], line]));
    const ours = () => new Map(side.watched.map((line) => [line.split(" ")[0], line]));
    const equal = (m) => m.size === wanted.size && [...wanted].every(([k, v]) => m.get(k) === v);
    for (let ms = 0; ms < 30000 && !(equal(ours()) && equal(theirs)); ms += 100) await pause(100);
    same(equal(ours()), true, "our watcher");
    same(equal(theirs), true, "their watcher");
    watch.stop();
}

async function main() {
    fs.mkdirSync(folder, { recursive: true });
    startServer();
    await pause(500);
    const nc = await connect({ servers: url, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    const side = new Side();
    same(await side.ask("get first"), "CATGA_NOT_FOUND", "our bucket");
    const kv = await new Kvm(nc).open("judged");
    same((await kv.status()).history, 5, "settings");
    await oursIsRead(side, kv);
    await theirsIsRead(side, kv);
    await revisionsDecide(side, kv);
    await jsonIsShared(side, nc);
    await watchersAgree(side, kv);
    side.child.stdin.end();
    await nc.close();
    server.kill("SIGKILL");
    console.log(`${checks} passed, 0 failed`);
}

main().catch((error) => {
    console.error(error);
    if (server) server.kill("SIGKILL");
    console.log(`${checks} passed, 1 failed`);
    process.exit(1);
});
