/* object_npm.js PROGRAM: rounds of npm's client alternate with those of our program. */
"use strict";

const { spawnSync } = require("child_process");
const { connect } = require("@nats-io/transport-node");
const { jetstream } = require("@nats-io/jetstream");
const { Objm } = require("@nats-io/obj");

const program = process.argv[2];
const size = 64 << 20;
const rounds = process.env.BENCH_ONCE ? 1 : 9;
const content = new Uint8Array(size).fill(120);

function ours(what) {
    const done = spawnSync(program, [what], { encoding: "utf8" });
    if (done.status !== 0) throw new Error(done.stderr);
    return Number(done.stdout);
}

/* Returns the rate of a round in MB/s. */
async function timed(run) {
    const start = process.hrtime.bigint();
    await run();
    return size * 1e3 / Number(process.hrtime.bigint() - start);
}

function median(values) {
    values.sort((a, b) => a - b);
    return values[values.length >> 1];
}

/* The first round of each side warms up. */
async function compare(name, what, theirs) {
    const figures = [[], []];
    for (let round = 0; round <= rounds; round++) {
        const pair = [ours(what), await timed(theirs)];
        if (round > 0) pair.forEach((rate, side) => figures[side].push(rate));
    }
    const [us, them] = figures.map(median);
    console.log(`${name} ours=${us.toFixed(1)} MB/s other=${them.toFixed(1)} MB/s (npm's @nats-io/obj) ratio=${(us / them).toFixed(2)}`);
}

async function main() {
    const nc = await connect({ servers: process.env.NATS_URL });
    const store = await new Objm(jetstream(nc, { timeout: 60000 })).create("bench_npm");
    await compare("object_npm", "put", () => store.putBlob({ name: "theirs" }, content));
    await compare("object_npm_get", "get", () => store.getBlob("theirs"));
    await store.destroy();
    await nc.close();
}

main();
