/*
 * Programs of a system that know nothing of Catga, with npm's NATS client. Calls the service, answers
 * its calls, publishes and receives events, and shares work. Ends with "N passed, N failed".
 *
 *     peer.js SERVICE       SERVICE is the path of our service; $NATS_URL is a server with JetStream
 */
"use strict";

const assert = require("assert");
const { spawn } = require("child_process");
const { connect, headers } = require("@nats-io/transport-node");
const { jetstream, jetstreamManager } = require("@nats-io/jetstream");

const TASKS = 200;

async function until(condition, what) {
    for (let tries = 0; !condition(); tries++) {
        assert.ok(tries < 500, `waited in vain: ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

function start(path) {
    const service = spawn(path, { stdio: ["ignore", "pipe", "inherit"] });
    const lines = [];
    let rest = "";
    service.stdout.on("data", (data) => {
        const parts = (rest + data).split("\n");
        rest = parts.pop();
        lines.push(...parts);
    });
    return { service, lines, ended: new Promise((resolve) => service.on("exit", resolve)) };
}

const cases = {
    async "our service answers a request of plain bytes"({ nats }) {
        assert.strictEqual((await nats.request("service.ping", "hello")).string(), "pong");
        assert.strictEqual((await nats.request("service.ping", "")).string(), "");
    },

    async "bytes that are no text are refused with a code"({ nats }) {
        const answer = await nats.request("service.ping", new Uint8Array([0xff]));
        assert.strictEqual(answer.headers.get("Nats-Service-Error-Code"), "400");
        assert.strictEqual(answer.headers.get("Nats-Service-Error"), "text: not UTF-8");
    },

    async "our service receives JSON, calls this program, and publishes JSON"({ nats, lines }) {
        const welcomed = [];
        const asked = [];
        const zone = nats.subscribe("service.zone", {
            callback: (error, message) => {
                asked.push(message.json());
                message.respond(JSON.stringify({ offset_minutes: 60, name: "Europe/Paris", more: [1] }));
            },
        });
        const events = nats.subscribe("events.user.welcomed", {
            callback: (error, message) => welcomed.push(message.json()),
        });
        nats.publish("events.user.created", JSON.stringify({ user_id: "123", timestamp: "now" }));
        await until(() => welcomed.length === 1, "events.user.welcomed");
        assert.deepStrictEqual(asked, [{ user_id: "123" }]);
        assert.deepStrictEqual(welcomed, [{ user_id: "123", zone: "Europe/Paris" }]);
        await until(() => lines.includes("welcome 123 of Europe/Paris"), "the line of the service");
        zone.unsubscribe();
        events.unsubscribe();
    },

    async "an error of this program reaches the caller"({ nats, lines }) {
        const zone = nats.subscribe("service.zone", {
            callback: (error, message) => {
                const refusal = headers();
                refusal.set("Nats-Service-Error-Code", "403");
                refusal.set("Nats-Service-Error", "secret");
                message.respond("", { headers: refusal });
            },
        });
        nats.publish("events.user.created", '{"user_id":"124"}');
        await until(() => lines.includes("no zone of 124: CATGA_NOT_PERMITTED: secret"), "the refusal");
        zone.unsubscribe();
    },

    async "an answer of other JSON has its status and names the member"({ nats, lines }) {
        const zone = nats.subscribe("service.zone", {
            callback: (error, message) => message.respond('{"name":"Mars","offset_minutes":9999}'),
        });
        nats.publish("events.user.created", '{"user_id":"125"}');
        await until(() => lines.some((line) => line.startsWith("no zone of 125: CATGA_BAD_MESSAGE: offset_minutes:")),
            "the bad answer");
        zone.unsubscribe();
    },

    async "events of other subjects match the wildcard"({ nats, lines }) {
        nats.publish("events.order.shipped.late", '{"user_id":"7","order":{"id":[1,2]}}');
        await until(() => lines.includes("event on events.order.shipped.late of user 7"), "the event");
    },

    async "unexpected JSON is dropped, and nothing hangs"({ nats, lines }) {
        for (const bad of ["", "hello", "[]", '{"user_id":1}', '{"user_id":', '{"user_id":"1","user_id":"2"}',
            "[".repeat(1000), "{}"])
            nats.publish("events.user.created", bad);
        nats.publish("events.last", '{"user_id":"last"}');
        await until(() => lines.includes("event on events.last of user last"), "the event behind them");
        assert.strictEqual((await nats.request("service.ping", "hello")).string(), "pong");
    },

    async "each task is done once, here or there"({ nats, lines }) {
        const here = [];
        const worker = nats.subscribe("work.tasks", {
            queue: "workers",
            callback: (error, message) => here.push(message.string()),
        });
        await nats.flush();
        for (let i = 0; i < TASKS; i++)
            nats.publish("work.tasks", `task-${i}`);
        const there = () => lines.filter((line) => line.startsWith("done ")).map((line) => line.slice(5));
        await until(() => here.length + there().length >= TASKS, "all tasks");
        assert.ok(here.length > 0 && there().length > 0, `${here.length} here, ${there().length} there`);
        assert.strictEqual(new Set([...here, ...there()]).size, TASKS);
        assert.strictEqual(here.length + there().length, TASKS);
        worker.unsubscribe();
    },

    async "each letter is printed once, here or there, by members of one durable"({ nats, lines }) {
        const here = [];
        const durable = await jetstream(nats).consumers.get("LETTERS", "printers");
        const letters = await durable.consume({
            max_messages: 2,
            callback: (message) => { here.push(message.string()); message.ack(); },
        });
        for (let i = 0; i < TASKS; i++)
            nats.publish("work.letters", `letter-${i}`);
        const there = () => lines.filter((line) => line.startsWith("printed ")).map((line) => line.slice(8));
        await until(() => here.length + there().length >= TASKS, "all letters");
        await letters.close();
        assert.ok(here.length > 0 && there().length > 0, `${here.length} here, ${there().length} there`);
        assert.strictEqual(new Set([...here, ...there()]).size, TASKS);
        const { config } = await durable.info();
        assert.strictEqual(config.ack_wait, 7e9);
    },

    /* Our service hears the event too, and must not answer in place of the stream. */
    async "a stream of this program acknowledges what our service refuses"({ nats }) {
        const manager = await jetstreamManager(nats);
        await manager.streams.add({ name: "EVENTS", subjects: ["events.>"] });
        const stored = await jetstream(nats).publish("events.user.created", "no JSON");
        assert.strictEqual(stored.stream, "EVENTS");
        await manager.streams.delete("EVENTS");
    },
};

/* The system's own stream and consumer, with settings that our runtime would not choose. */
async function makeDurable(nats) {
    const manager = await jetstreamManager(nats);
    await manager.streams.add({ name: "LETTERS", subjects: ["work.letters"], storage: "memory" });
    await manager.consumers.add("LETTERS", { durable_name: "printers", ack_policy: "explicit", ack_wait: 7e9 });
}

async function main() {
    const nats = await connect({ servers: process.env.NATS_URL });
    await makeDurable(nats);
    const { service, lines, ended } = start(process.argv[2]);
    let failed = 0;

    await until(() => lines.includes("ready"), "the service");
    for (const [name, run] of Object.entries(cases)) {
        try {
            await run({ nats, lines });
            console.log(`ok: ${name}`);
        } catch (error) {
            failed++;
            console.log(`failed: ${name}: ${error.stack}`);
        }
    }
    service.kill("SIGTERM");
    if (await ended !== 0) {
        failed++;
        console.log("failed: the service did not end well");
    }
    await nats.close();
    console.log(`${Object.keys(cases).length - failed} passed, ${failed} failed`);
    process.exitCode = failed === 0 ? 0 : 1;
}

main();
