/** Object 5 as a server has it: Core 1.2, object Firmware Update 1.2; the cases of the OMA's list (LightweightM2M-1.1-int-751 …). */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { MergedBacking } from "../../src/lwm2m/merged-backing.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { RebasedBacking } from "../../src/lwm2m/rebased-backing.ts";
import type { Backing } from "../../src/lwm2m/tree.ts";
import { guarded } from "../../src/servers/access/guarded.ts";
import type { Sight } from "../../src/servers/sight.ts";
import { bodyOf, gist } from "../coap/bench.ts";
import { anUpdateObject, MOST, POST, PUT, request } from "./an-update-object.ts";

const IMAGE = bodyOf(5000);
const NUL = Uint8Array.of(0);

test("751: it reads Idle, Initial, and what it can", async (t) => {
  const world = anUpdateObject(t);
  assert.equal(await world.get("/meter-1/5/0/3"), "2.05 0");
  assert.equal(await world.get("/meter-1/5/0/5"), "2.05 0");
  assert.equal(await world.get("/meter-1/5/0/9"), "2.05 2");
  assert.equal(await world.get("/meter-1/5/0/8/1"), "2.05 3");
  assert.equal(await world.get("/meter-1/5/0/11"), "2.05 1");
  assert.equal(await world.get("/meter-1/5/0/12"), "2.05 1699999999");
  assert.match(await world.get("/meter-1/5/0/0"), /^4\.05 /);
  const { tree } = world;
  const listed = tree.discover(parsePath("/meter-1/5")).map(({ path }) => path.split("/").slice(4).join("/"));
  assert.deepEqual(
    listed.filter((id) => id !== ""),
    ["0", "1", "2", "3", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14"],
  );
  assert.equal(world.object.model.get(5)?.definition.version, "1.2");
});

test("where nobody fetches, there is push alone, and no URI is taken", async (t) => {
  const world = anUpdateObject(t, { protocols: [], schemes: [] });
  assert.equal(await world.get("/meter-1/5/0/9"), "2.05 1");
  assert.match(await world.get("/meter-1/5/0/8"), /^4\.04 /);
  assert.match(await world.put("/meter-1/5/0/1", "http://a/b"), /^4\.00 /);
  assert.equal(world.state, "0/9");
});

for (const [name, format, method] of [
  ["PUT, opaque", 42, 3],
  ["PUT, no Content-Format", undefined, 3],
  ["POST, opaque", 42, POST],
  ["POST, no Content-Format", undefined, POST],
] as const) {
  test(`755, 770: a Package in blocks (${name}) goes to the disk as it comes`, async (t) => {
    const world = anUpdateObject(t);
    assert.equal(await world.put("/meter-1/5/0/0", NUL, 42), "2.04");
    const body = bodyOf(4 * 1024);
    const begun = await world.push("/meter-1/5/0/0", body, { method, format, until: 2048 });
    assert.deepEqual([begun.answers, world.state], [["2.31"], "1/0"]);
    assert.equal(readFileSync(`${world.directory}/meter-1.part`).length, 2048);
    world.requests.broken(begun.stream);
    const { answers } = await world.push("/meter-1/5/0/0", IMAGE, { method, format });
    assert.deepEqual(answers, ["2.31", "2.04"]);
    assert.equal(gist(readFileSync(world.arrived[0]?.file ?? "")), gist(IMAGE));
    await world.object.event({ type: "downloaded", version: "2" });
    assert.equal(world.state, "2/0");
    assert.equal(await world.get("/meter-1/5/0/7"), "2.05 2");
    assert.equal(await world.execute("/meter-1/5/0/2"), "2.04");
    assert.equal(world.done.at(-1), "start");
    await world.object.event({ type: "updating" });
    assert.match(await world.put("/meter-1/5/0/1", "http://a/b"), /^4\.05 /);
    assert.match((await world.push("/meter-1/5/0/0", IMAGE, { method, format })).answers.join(), /^4\.05 /);
    await world.object.event({ type: "updated" });
    assert.equal(world.state, "0/1");
    assert.deepEqual(readdirSync(world.directory), []);
  });
}

test("a Package in one message is taken in each format; a text of one NUL is the reset, too", async (t) => {
  const world = anUpdateObject(t);
  const cbor = Uint8Array.of(0x43, 1, 2, 3);
  const tlv = Uint8Array.of(0xc3, 0, 1, 2, 3);
  for (const [payload, format] of [
    [Uint8Array.of(1, 2, 3), 42],
    ["AQID", 0],
    [cbor, 60],
    [tlv, 11_542],
  ] as const) {
    assert.equal(await world.put("/meter-1/5/0/0", payload, format), "2.04", String(format));
    assert.deepEqual([world.state, world.done.at(-1)], ["1/0", "arrived 3"]);
    assert.deepEqual([...readFileSync(world.arrived.at(-1)?.file ?? "")], [1, 2, 3]);
    assert.equal(await world.put("/meter-1/5/0/0", NUL, format === 0 ? 0 : 42), "2.04");
    assert.equal(world.state, "0/0");
  }
  assert.match(await world.put("/meter-1/5/0/0", "", 42), /^4\.00 /);
});

test("756, 771: a Package URI is fetched; an empty one resets", async (t) => {
  const world = anUpdateObject(t);
  assert.equal(await world.put("/meter-1/5/0/1", ""), "2.04");
  assert.equal(await world.put("/meter-1/5/0/1", "https://a.example/b"), "2.04");
  assert.deepEqual([world.state, world.done.at(-1)], ["1/0", "download https://a.example/b"]);
  assert.match(await world.put("/meter-1/5/0/1", "https://a.example/c"), /^4\.00 /);
  assert.equal(await world.get("/meter-1/5/0/1"), "2.05 https://a.example/b");
  assert.equal(await world.put("/meter-1/5/0/1", ""), "2.04");
  assert.deepEqual([world.state, world.object.record.uri], ["0/0", ""]);
  assert.ok(world.done.includes("discard"));
});

test("772: Update without an image is 4.05, and nothing changes; so is Cancel", async (t) => {
  const world = anUpdateObject(t);
  assert.match(await world.execute("/meter-1/5/0/2"), /^4\.05 /);
  assert.match(await world.execute("/meter-1/5/0/10"), /^4\.05 /);
  assert.deepEqual([world.state, world.done], ["0/0", []]);
});

test("773: what is too large is refused with Size1, at the first block where it is announced; Result 2", async (t) => {
  const world = anUpdateObject(t);
  const large = bodyOf(MOST + 1);
  for (const size of [MOST + 1, undefined]) {
    const { answers } = await world.push("/meter-1/5/0/0", large, size === undefined ? {} : { size });
    assert.match(answers.at(-1) ?? "", new RegExp(`^4\\.13 Size1=${MOST} `));
    assert.equal(answers.length, size === undefined ? 2 : 1);
    assert.equal(world.state, "0/2");
    if (size === undefined) assert.deepEqual(readdirSync(world.directory), []);
    else assert.ok(!existsSync(world.directory), "not one byte was stored");
  }
  assert.match(await world.put("/meter-1/5/0/0", large, 42), /^4\.13 /);
});

test("775, 776, 777, 778: what does not arrive ends Idle with its result", async (t) => {
  const world = anUpdateObject(t);
  for (const result of [4, 5, 6, 7] as const) {
    await world.put("/meter-1/5/0/1", "http://a/b");
    await world.object.event({ type: "downloadFailed", result });
    assert.equal(world.state, `0/${result}`);
  }
  await world.put("/meter-1/5/0/1", "no URI at all");
  assert.deepEqual([world.state, world.done.at(-1)], ["1/0", "download no URI at all"]);
});

test("775: a push that breaks off ends Idle with Result 4, and block 0 begins anew", async (t) => {
  const world = anUpdateObject(t);
  const { stream } = await world.push("/meter-1/5/0/0", IMAGE, { until: 2048 });
  world.requests.broken(stream);
  await world.object.event({ type: "set", severity: 0 });
  assert.equal(world.state, "0/4");
  assert.deepEqual(readdirSync(world.directory), []);
  const { answers } = await world.push("/meter-1/5/0/0", IMAGE);
  assert.deepEqual(answers, ["2.31", "2.04"]);
});

test("779: an update that fails keeps the image where it can be tried again", async (t) => {
  const world = anUpdateObject(t);
  await world.push("/meter-1/5/0/0", IMAGE);
  await world.object.event({ type: "downloaded" });
  await world.object.event({ type: "updating" });
  await world.object.event({ type: "updateFailed", result: 8, kept: true });
  assert.equal(world.state, "2/8");
  assert.equal(await world.execute("/meter-1/5/0/2"), "2.04");
  assert.deepEqual(readdirSync(world.directory), ["meter-1.image", "meter-1.json"]);
});

test("Cancel removes what is here, or on its way: the next block of it is 4.08", async (t) => {
  const world = anUpdateObject(t);
  const { stream } = await world.push("/meter-1/5/0/0", IMAGE, { until: 1024 });
  assert.equal(await world.execute("/meter-1/5/0/10"), "2.04");
  assert.equal(world.state, "0/10");
  const next = await world.requests.serve(request(PUT, "/meter-1/5/0/0", IMAGE.subarray(1024, 2048), 42), {
    stream,
    offset: 1024,
    last: false,
  });
  assert.equal(next.message.code, CODE.requestEntityIncomplete);
  assert.equal(world.state, "0/10");
  assert.deepEqual(readdirSync(world.directory), []);
});

test("what changes is told with the time before the state, once it is on the disk", async (t) => {
  const world = anUpdateObject(t);
  await world.put("/meter-1/5/0/1", "http://a/b");
  assert.deepEqual(
    world.samples.map(({ path, value }) => `${path}=${value}`),
    ["/meter-1/5/0/12=1700000000", "/meter-1/5/0/3=1", "/meter-1/5/0/1=http://a/b"],
  );
  assert.deepEqual(world.done, ["save 1/0", "download http://a/b"]);
  assert.equal(world.object.latest(parsePath("/meter-1/5/0/3"))?.value, 1);
  assert.equal(world.object.latest(parsePath("/meter-1/5/0/8/0"))?.value, 2);
  assert.equal(world.object.latest(parsePath("/meter-1/6/0/3")), undefined);
});

test("resources 11, 13 and 14 are written and read; what they cannot be is 4.00", async (t) => {
  const world = anUpdateObject(t);
  for (const [path, value] of [
    ["/meter-1/5/0/11", "0"],
    ["/meter-1/5/0/13", "3600"],
    ["/meter-1/5/0/14", "1"],
  ] as const) {
    assert.equal(await world.put(path, value), "2.04");
    assert.equal(await world.get(path), `2.05 ${value}`);
  }
  assert.match(await world.put("/meter-1/5/0/11", "3"), /^4\.00 /);
  assert.match(await world.put("/meter-1/5/0/1", "x".repeat(256)), /^4\.00 /);
});

test("who may not write sends nothing to the disk, whatever the layout; one Package is one write of the limit", async (t) => {
  const sightOf = (backing: Backing): Sight => ({
    of: (prefix) => (prefix === "meter-1" ? new ModelTree(backing) : undefined),
    prefixes: ["meter-1"],
    latest: () => undefined,
  });
  const policy = { server: 101, account: 0, write: "none", writable: [] } as const;
  const now = () => 0;
  const refused = anUpdateObject(t, {
    treeOf: (object) => (prefix) => guarded(sightOf(object), { policy, now }).of(prefix),
  });
  const { answers } = await refused.push("/meter-1/5/0/0", IMAGE);
  assert.match(answers.join(), /^4\.01 server 101 may not write \/meter-1\/5\/0\/0/);
  assert.match(await refused.put("/meter-1/5/0/0", NUL, 42), /^4\.01 /);
  assert.deepEqual(refused.done, []);

  const limit = { writes: 2, per: 60_000 };
  const limited = anUpdateObject(t, {
    treeOf: (object) => {
      const sight = guarded(sightOf(object), { policy: { ...policy, write: "all", limit }, now });
      const whole = sight.of("meter-1");
      assert.ok(whole);
      // As a client of its own: layout `clients`.
      const tree = new ModelTree(new MergedBacking("", [new RebasedBacking(whole.backing)]));
      return (prefix) => (prefix === "" ? tree : undefined);
    },
  });
  assert.deepEqual((await limited.push("/5/0/0", IMAGE)).answers, ["2.31", "2.04"]);
  assert.equal(await limited.put("/5/0/0", NUL, 42), "2.04");
  assert.match((await limited.push("/5/0/0", IMAGE)).answers.join(), /^5\.00 server 101 may change \/meter-1 2 times/);
  assert.match((await limited.push("/meter-1/5/0/0", IMAGE)).answers.join(), /^4\.04 /);
});

test("once it is closed nothing is taken; what was on its way can be gone on with by nobody", async (t) => {
  const world = anUpdateObject(t);
  await world.push("/meter-1/5/0/0", IMAGE, { until: 1024 });
  await world.object.close();
  assert.match(await world.put("/meter-1/5/0/0", NUL, 42), /^5\.00 /);
  await assert.rejects(world.object.event({ type: "reset" }), Lwm2mError);
});
