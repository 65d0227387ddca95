/**
 * A gateway before requests that are wrong: each must get its code and a sentence, and leave everything as it was. Behind the
 * prefix dev-1 stands a device with a value of nearly every type that can be written. Servers may fill object 3442 of the
 * gateway, which has a value of every type, and object 16 of the device.
 */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { SECOND } from "../../src/clock.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { type AGateway, aGateway } from "./a-gateway.ts";
import { type RawRequest, RawRequests } from "./raw-requests.ts";

const DEVICE = `
format: 1
mapping: everything
protocol: modbus
params:
  unit_id: { type: int, range: [1, 247], default: 1 }
modbus: { unit_id: $unit_id }
every: { normal: 1h }
objects:
  3:
    manufacturer: { const: Example }
    reboot: { do: [ { holding: 99, as: u16, value: 0xA5A5 } ] }
  3303:
    sensor_value: { input: 0, as: f32, unit: Cel }
  3311:
    on/off: { coil: 1, write: true }
    dimmer: { holding: 3, as: u16, unit: "%", accept: [0, 100], write: true }
  3442:
    110: { holding: 10, as: u16, enum: { 0: manual, 1: auto }, write: true }
    120: { holding: 11, as: s16, write: true }
    125: { holding: 12, as: u16, write: true }
    130: { holding: 14, as: f32, write: true }
    140: { coil: 2, write: true }
    150: { holding: 16, as: bytes, length: 4, write: true }
    160: { holding: 18, as: u16, write: true }
    1120[0]: { holding: 20, as: u16, write: true }
    1120[1]: { holding: 21, as: u16, write: true }
`;

/** A request that is wrong, its code, and what the diagnostic must say. */
export type WrongRequest = readonly [request: RawRequest, code: string, diagnostic: RegExp];

export function anUntouchedGateway(t: TestContext): Promise<AGateway> {
  return aGateway(t, {
    gateway: "stored_objects: [3442]",
    devices: ["{ id: dev-1, mapping: everything, link: bus, unit_id: 1, stored_objects: [16] }"],
    mappings: { everything: DEVICE },
    prepare: ({ meter }) => {
      meter.set("3303/0/5700", 21).set("3311/0/5851", 40).set("3442/0/120", 7).set("3442/0/1120/0", 1);
      meter.commands.add(99);
    },
  });
}

/** Sends each, and then looks at everything that it could have changed. */
export async function assertRefused(t: TestContext, wrong: readonly WrongRequest[]): Promise<void> {
  const world = await anUntouchedGateway(t);
  const { server } = world;
  await server.create("/3442", { "/3442/0/110": "text", "/3442/0/1110/0": "one" });
  await server.create("/dev-1/16", { "/dev-1/16/0/0/0": "one", "/dev-1/16/0/0/1": "two" });
  await server.writeAttributes("/dev-1/3442/0/120", "pmin=5", "gt=10");
  await server.observe("/dev-1/3442/0/130");
  await world.clock.advance(SECOND);
  const before = await everything(world);
  const requests = new RawRequests(world);
  for (const [request, code, diagnostic] of wrong) {
    const what = describe(request);
    const answer = await requests.send(request);
    assert.ok(answer !== undefined, what);
    assert.equal(answer.code, code, `${what}: ${answer.text}`);
    assert.match(answer.text, diagnostic, what);
    assert.equal(answer.format, undefined, `${what}: a diagnostic has no Content-Format`);
    assert.ok(answer.message.payload.length <= LONGEST_DIAGNOSTIC, `${what}: ${answer.message.payload.length} bytes`);
    assert.deepEqual(world.meter.written, [], what);
    assert.deepEqual(world.gateway.status().servers[0]?.observations, ["/dev-1/3442/0/130"], what);
  }
  assert.deepEqual(await everything(world), before);
  assertQuiet(world);
}

/** Nothing went wrong inside. */
export function assertQuiet({ lines }: AGateway): void {
  assert.deepEqual(
    lines.filter(({ level }) => level === "error" || level === "warn"),
    [],
  );
}

/** What can be read, what is attached, what is observed and what the server was told. */
export async function everything(world: AGateway): Promise<unknown> {
  const { server, gateway } = world;
  const values: Record<string, unknown> = {};
  const links: string[] = [];
  for (const path of OBJECTS) {
    Object.assign(values, (await server.read(path, { accept: CONTENT_FORMAT.senmlCbor })).values);
    links.push(path, (await server.discover(path, "depth=3")).text);
  }
  for (const path of CHANGING) delete values[path];
  const { state, observations } = gateway.status().servers[0] ?? {};
  const heard = server.registrations.heard.map(({ type, query, objects }) => ({ type, query, objects }));
  return { values, links, state, observations, heard, devices: gateway.status().devices.map(({ state }) => state) };
}

/** One datagram holds the answer. */
const LONGEST_DIAGNOSTIC = 500;
const OBJECTS = ["/1", "/3", "/25", "/3442", "/dev-1/16", "/dev-1/3", "/dev-1/3303", "/dev-1/3311", "/dev-1/3442"];
/** The clock, and the memory of the machine. */
const CHANGING = ["/3/0/10", "/3/0/13"];

function describe({ options, ...request }: RawRequest): string {
  const more = options?.map(({ number, value }) => `${number}: ${Buffer.from(value).toString("hex")}`);
  const text = JSON.stringify({ ...request, options: more });
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
