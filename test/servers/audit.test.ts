import assert from "node:assert/strict";
import { test } from "node:test";
import { MINUTE, SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, OPTION, sortOptions, stringOptions, uintOption } from "../../src/coap/options.ts";
import { Lwm2mError } from "../../src/errors.ts";
import { AttributeStore } from "../../src/lwm2m/attribute-store.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { ModelTree } from "../../src/lwm2m/model-tree.ts";
import { type Path, parsePath, underPrefix } from "../../src/lwm2m/path.ts";
import type { Backing } from "../../src/lwm2m/tree.ts";
import { Audit } from "../../src/servers/audit.ts";
import { typesIn } from "../../src/servers/composite.ts";
import { Requests } from "../../src/servers/requests.ts";
import { at, FakeBacking } from "../support/fake-backing.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type LogLine, recordingLogger } from "../support/recording-logger.ts";
import { aStoredBacking } from "../support/stored-backing.ts";

/** What a line has. */
interface Told {
  readonly message: string;
  readonly operation?: unknown;
  readonly path?: unknown;
  readonly outcome?: unknown;
  readonly code?: unknown;
  readonly value?: unknown;
  readonly values?: unknown;
  readonly arguments?: unknown;
  readonly reason?: unknown;
}

/** The gateway and two devices; `own`: what is shown at the root is the device with this prefix. */
function audited(own?: string) {
  const gateway = aStoredBacking({ objects: [16, 11] }).backing;
  const device = (prefix: string) =>
    new FakeBacking(prefix, {
      3: { instances: { 0: { 4: "execute" } } },
      3306: { instances: { 0: { 5850: false, 5851: 10 } } },
    });
  const backings = new Map<string, Backing>([
    ["", gateway],
    ["valve", device("valve")],
    ["pump", device("pump")],
  ]);
  const trees = new Map([...backings].map(([prefix, backing]) => [prefix, new ModelTree(backing)]));
  const treeOf = (prefix: string) => trees.get(prefix);
  const lines: LogLine[] = [];
  const log = recordingLogger({ push: (line) => (line.level === "info" ? lines.push(line) : lines.length) });
  const clock = new FakeClock();
  const mapped = (path: Path): Path | undefined => (own === undefined ? path : underPrefix(path, own));
  const audit = new Audit({ log, clock, own: mapped, typeOf: typesIn(treeOf) });
  const attributes = new AttributeStore(() => ({}));
  const requests = new Requests({ treeOf, attributes, version: () => "1.2", log, audit });
  const ask = async (code: number, path: string, format = 0, payload: string | Uint8Array = "") => {
    await requests.serve(request(code, path, format, payload));
    return lines.splice(0).map(({ fields, message }): Told => ({ ...fields, message }));
  };
  return { backings, clock, audit, lines, ask };
}

function request(code: number, path: string, format: number, payload: string | Uint8Array): CoapMessage {
  const segments = path === "/" ? [] : path.split("/").slice(1);
  const withFormat = payload === "" ? [] : [uintOption(OPTION.contentFormat, format)];
  return {
    code,
    options: sortOptions([...stringOptions(OPTION.uriPath, segments), ...withFormat]),
    payload: typeof payload === "string" ? new TextEncoder().encode(payload) : payload,
  };
}

const senml = (...records: readonly object[]): string => JSON.stringify(records);

test("a write is a line: who drives what, by which value, and what came of it", async () => {
  const { ask } = audited();
  assert.deepEqual(await ask(CODE.put, "/valve/3306/0/5851", 0, "40"), [
    { operation: "write", path: "/valve/3306/0/5851", outcome: "done", code: "2.04", value: 40, message: "audit" },
  ]);
});

test("what only reads is no line", async () => {
  const { ask } = audited();
  assert.deepEqual(await ask(CODE.get, "/valve/3306/0/5851"), []);
  assert.deepEqual(await ask(CODE.get, "/valve/3306/0/9"), []);
});

test("what was refused, and what failed at the device, says why", async () => {
  const { ask, backings } = audited();
  const [refused] = await ask(CODE.put, "/valve/3306/0/5851", 0, "400");
  assert.deepEqual([refused?.outcome, refused?.code, refused?.value], ["refused", "4.00", 400]);
  assert.match(String(refused?.reason), /400/);
  const [unreadable] = await ask(CODE.put, "/valve/3306/0/5851", 0, "much");
  assert.deepEqual([unreadable?.code, "value" in (unreadable ?? {})], ["4.00", false]);
  const [unknown] = await ask(CODE.put, "/door/3306/0/5851", 0, "1");
  assert.deepEqual([unknown?.path, unknown?.code], ["/door/3306/0/5851", "4.04"]);
  const valve = backings.get("valve");
  assert.ok(valve instanceof FakeBacking);
  valve.failure = new Lwm2mError(CODE.internalServerError, "valve is unreachable");
  const [failed] = await ask(CODE.put, "/valve/3306/0/5851", 0, "41");
  assert.deepEqual(
    [failed?.outcome, failed?.code, failed?.value, failed?.reason],
    ["failed", "5.00", 41, "valve is unreachable"],
  );
});

test("an execute has its arguments, a delete its path, several values the path of each", async () => {
  const { ask } = audited();
  const [execute] = await ask(CODE.post, "/valve/3/0/4", 0, "0='60'");
  assert.deepEqual([execute?.operation, execute?.arguments], ["execute", "0='60'"]);
  const values = senml({ bn: "/valve/3306/0/", n: "5850", vb: true }, { n: "5851", v: 7 });
  const [write] = await ask(CODE.put, "/valve/3306/0", CONTENT_FORMAT.senmlJson, values);
  assert.deepEqual(write?.values, { "/valve/3306/0/5850": true, "/valve/3306/0/5851": 7 });
  const created = await ask(CODE.post, "/16", CONTENT_FORMAT.senmlJson, senml({ bn: "/16/3/", n: "0/0", vs: "pump" }));
  assert.deepEqual(
    created.map(({ message: _, ...fields }) => fields),
    [{ operation: "create", path: "/16/3", outcome: "done", code: "2.01", values: { "/16/3/0/0": "pump" } }],
  );
  const [removed] = await ask(CODE.delete, "/16/3");
  assert.deepEqual([removed?.operation, removed?.path, removed?.code], ["delete", "/16/3", "2.02"]);
});

test("a Write-Composite is a line for each device", async () => {
  const { ask } = audited();
  const changes = senml({ n: "/valve/3306/0/5851", v: 1 }, { n: "/pump/3306/0/5850", vb: true });
  const lines = await ask(CODE.ipatch, "/", CONTENT_FORMAT.senmlEtchJson, changes);
  assert.deepEqual(
    lines.map(({ path, values, code }) => [path, values, code]),
    [
      ["/valve", { "/valve/3306/0/5851": 1 }, "2.04"],
      ["/pump", { "/pump/3306/0/5850": true }, "2.04"],
    ],
  );
  const [unreadable] = await ask(CODE.ipatch, "/", CONTENT_FORMAT.senmlEtchJson, "[");
  assert.deepEqual([unreadable?.path, unreadable?.code], ["/", "4.00"]);
});

test("whatever path a server knows a device by, the line has the device's own", async () => {
  const { ask } = audited("meter-1");
  const [line] = await ask(CODE.post, "/16", CONTENT_FORMAT.senmlJson, senml({ bn: "/16/3/", n: "0/0", vs: "pump" }));
  assert.deepEqual([line?.path, line?.values], ["/meter-1/16/3", { "/meter-1/16/3/0/0": "pump" }]);
});

test("passwords and bytes are never told, long texts are cut", async () => {
  const { ask } = audited();
  const profile = senml(
    { bn: "/11/0/", n: "0", vs: "x".repeat(500) },
    { n: "4", v: 0 },
    { n: "5", vs: "anybody" },
    { n: "6", vs: "s3cret" },
  );
  const [line] = await ask(CODE.post, "/11", CONTENT_FORMAT.senmlJson, profile);
  const text = JSON.stringify(line);
  assert.doesNotMatch(text, /s3cret/);
  assert.match(text, /"\/11\/0\/6":"\[hidden\]"/);
  assert.match(text, /"\/11\/0\/5":"anybody"/);
  assert.ok(text.length < 600, text);
});

test("of bytes their number is told", () => {
  const { audit, lines } = audited();
  const value = Uint8Array.of(1, 2, 3);
  audit.tell({ act: "write", path: at("/19/0/0"), changes: [{ path: at("/19/0/0"), value }] }, { code: CODE.changed });
  assert.deepEqual(
    lines.map(({ fields: { value } }) => value),
    ["3 bytes"],
  );
});

test("a server that has gone mad is counted, and told of once a minute", async () => {
  const { ask, clock, lines } = audited();
  let told = 0;
  for (let i = 0; i < 100; i++) told += (await ask(CODE.put, "/valve/3306/0/5851", 0, String(i % 100))).length;
  assert.equal(told, 30);
  assert.equal((await ask(CODE.put, "/valve/3306/0/5850", 0, "1")).length, 1, "another cause has lines of its own");
  await clock.advance(MINUTE);
  assert.deepEqual(
    lines.splice(0).map(({ fields: { path, more } }) => [path, more]),
    [["/valve/3306/0/5851", 70]],
  );
  assert.equal(clock.next, undefined, "nothing runs while nobody writes");
  assert.equal((await ask(CODE.put, "/valve/3306/0/5851", 0, "1")).length, 1);
});

test("one that is mad in ever new ways is counted, too, and a stop tells what was not written", () => {
  const { audit, lines } = audited();
  for (let i = 0; i < 5000; i++) {
    const path = parsePath(`/16/${i}/1`);
    audit.tell({ act: "write", path, changes: [{ path, value: i }] }, { code: CODE.changed });
  }
  assert.equal(lines.length, 300 - (300 - 230));
  audit.stop();
  const more = lines.flatMap(({ fields: { more } }) => (typeof more === "number" ? [more] : []));
  assert.equal(more.reduce((sum, each) => sum + each, 0) + 230, 5000);
  assert.ok(lines.length < 300);
  audit.stop();
});

test("a refusal counts by device: ever new paths that are not there are one cause", async () => {
  const { ask, clock, lines } = audited();
  let told = 0;
  for (let i = 0; i < 50; i++) told += (await ask(CODE.put, `/valve/3306/${i + 1}/5851`, 0, "1")).length;
  assert.equal(told, 30);
  await clock.advance(61 * SECOND);
  assert.deepEqual(
    lines.map(({ fields: { code, more } }) => [code, more]),
    [["4.04", 20]],
  );
});
