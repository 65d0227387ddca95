/** Leshan pushes over DTLS: to a device whose SMP server others wrote, and a version of the gateway to the gateway itself. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { OWN_SCHEMAS } from "../../src/gateway/firmware/own-versions.ts";
import { type ArtefactParts, anArtefact, aVendor } from "../support/artefact.ts";
import { dtlsAddon } from "../support/dtls.ts";
import { mcubootImage } from "../support/scripted-smp.ts";
import { temporaryDirectory } from "../support/temp.ts";
import { expect, newest } from "./leshan/expectations.ts";
import { GatewayProcess, type GatewaySetup } from "./leshan/gateway-process.ts";
import { findLeshan } from "./leshan/installation.ts";
import type { LeshanSecurity } from "./leshan/leshan-security.ts";
import { LeshanServer } from "./leshan/leshan-server.ts";
import type { Answer } from "./leshan/messages.ts";
import { pskClients } from "./leshan/psk-clients.ts";
import { aDevice } from "./smp/devices.ts";

const LIMIT = { timeout: 120_000 };
const KEY = Buffer.from("0123456789abcdef");
const SUCCESS = "1";
/** What the gateway takes of itself here: 1MB, the least that may be said. */
const MOST = 2 ** 20;

const BOARD = `
mapping: board
protocol: serial
serial:
  frame: { end: "\\n" }
  messages: { line: { match: 'T=(?<temperature>[0-9.]+)\\r?' } }
firmware: { via: smp, verify: { poll: 1s, settle: 1s } }
objects: { 3303: { sensor_value: { message: line, field: temperature, unit: Cel } } }
`;

interface Way extends Pick<GatewaySetup, "server" | "files"> {
  readonly name: string;
  /** Absent: in plain text. */
  readonly security?: LeshanSecurity;
}

const nameOf = (name: string): string => `urn:dev:ops:32473-${name}`;

/** One association, with a pre-shared key. */
function onePsk(name: string): Way {
  return {
    name,
    server: "lifetime: 60s, layout: gateway, psk: { identity: gw, key: !secret psk }",
    files: { "secrets.yaml": `psk: ${KEY.toString("hex")}\n` },
    security: { clients: [{ endpoint: nameOf(name), identity: "gw", key: KEY }] },
  };
}

/** Undefined, the test being skipped, where something is missing. Resolves when the gateway has registered. */
async function aLeshan(t: TestContext, way: Way, setup: Partial<GatewaySetup>): Promise<LeshanServer | undefined> {
  const { name, server = "lifetime: 60s", security, files } = way;
  const java = await findLeshan(t);
  if (java === undefined || (security !== undefined && dtlsAddon(t) === undefined)) return undefined;
  const endpoint = nameOf(name);
  const leshan = await LeshanServer.start(t, java, endpoint, security);
  const reached = security === undefined ? { port: leshan.coapPort } : securely(leshan);
  new GatewayProcess(t, { ...reached, endpoint, server, ...setup, files: { ...files, ...setup.files } });
  await leshan.events.next(0, "REGISTRATION", (one) => one.endpoint === endpoint);
  return leshan;
}

function securely({ coapsPort = 0 }: LeshanServer): Pick<GatewaySetup, "scheme" | "port"> {
  return { scheme: "coaps", port: coapsPort };
}

/** One resource of object 5, and how it is waited for. */
class Firmware {
  readonly client: LeshanServer;
  readonly object: string;

  constructor(client: LeshanServer, object: string) {
    this.client = client;
    this.object = object;
  }

  async read(id: number): Promise<unknown> {
    const path = `${this.object}/${id}`;
    return (await this.client.values(path, "SENML_CBOR"))[path];
  }

  async reads(id: number, wanted: string): Promise<void> {
    while ((await this.read(id)) !== wanted) await pause(100);
  }

  /** State and Update Result, once the state is one in which nothing happens by itself. */
  async rests(): Promise<string> {
    for (;;) {
      const state = await this.read(3);
      if (state === "0" || state === "2") return `${state}/${await this.read(5)}`;
      await pause(100);
    }
  }

  push(bytes: Uint8Array): Promise<Answer> {
    const value = Buffer.from(bytes).toString("hex");
    return this.client.write(`${this.object}/0`, { kind: "singleResource", id: 0, type: "OPAQUE", value }, "OPAQUE");
  }
}

const CLIENTS = "firmware-keys";
const DEVICES = ["{ id: board-1, mapping: board, link: line }"];
const LAYOUTS = {
  clients: { name: CLIENTS, ...pskClients({ name: CLIENTS, ids: ["board-1"], server: "lifetime: 60s", devices: [] }) },
  gateway: onePsk("firmware-psk"),
} as const;

for (const layout of ["clients", "gateway"] as const) {
  test(`${layout}: Leshan pushes an image over DTLS, which runs on the device as it was sent`, LIMIT, async (t) => {
    const device = await aDevice(t, "console");
    if (device === undefined) return;
    const { port } = device.reach.link;
    const leshan = await aLeshan(t, LAYOUTS[layout], {
      links: [`line: { type: serial, port: ${port}, line: 115200-8N1 }`],
      devices: DEVICES,
      files: { "mappings/board.yaml": BOARD },
    });
    if (leshan === undefined) return;
    const firmware = await boardOf(leshan, layout);
    const { client, object } = firmware;
    // Leshan cannot decode a notification of a path with a prefix.
    if (layout === "clients") await expect(client.observe(`${object}/3`, "SENML_CBOR"), "CONTENT(205)");
    const mark = client.events.mark;
    const image = mcubootImage(randomBytes(32), 150_000);
    assert.equal((await firmware.push(image)).status, "CHANGED(204)");
    await firmware.reads(3, "2");
    await expect(client.execute(`${object}/2`), "CHANGED(204)");
    const { uploaded } = await device.server.told((news) => news.uploaded !== undefined);
    assert.equal(uploaded, createHash("sha256").update(image).digest("hex"));
    await device.server.told(({ restarted }) => restarted === "2.0.0");
    await firmware.reads(3, "0");
    assert.equal(await firmware.read(5), SUCCESS);
    if (layout !== "clients") return;
    for (const state of ["2", "3", "0"])
      await client.events.next(mark, "NOTIFICATION", (one) => newest(one)[`${object}/3`] === state);
  });
}

async function boardOf(leshan: LeshanServer, layout: "clients" | "gateway"): Promise<Firmware> {
  if (layout === "gateway") {
    const firmware = new Firmware(leshan, "/board-1/5/0");
    // Its prefix is there from the start, its value once the device is heard.
    while ((await leshan.read(`${firmware.object}/3`)).status !== "CONTENT(205)") await pause(100);
    return firmware;
  }
  const endpoint = `${nameOf(CLIENTS)}-board-1`;
  await leshan.events.next(0, "REGISTRATION", (one) => one.endpoint === endpoint);
  return new Firmware(leshan.of(endpoint), "/5/0");
}

for (const [how, way] of [
  ["in plain text", { name: "own-plain" }],
  ["over DTLS", onePsk("own-psk")],
] as const satisfies readonly (readonly [string, Way])[]) {
  test(`Leshan pushes versions of the gateway to the gateway ${how}: the right one is taken`, LIMIT, async (t) => {
    const vendor = aVendor();
    const leshan = await aLeshan(t, way, {
      gateway: `firmware: { self: { keys: [ vendor.pub ], max_size: 1MB } }`,
      files: { "vendor.pub": vendor.publicPem },
      hasStateDirectory: true,
    });
    if (leshan === undefined) return;
    const own = new Firmware(leshan, "/5/0");
    const folder = temporaryDirectory(t);
    const artefact = async (parts: Partial<ArtefactParts>, body = 150_000): Promise<Uint8Array> => {
      const files = { body: randomBytes(body / 2).toString("hex") };
      return readFileSync(await anArtefact({ folder, vendor, state: OWN_SCHEMAS, files, ...parts }));
    };
    const pushed = async (bytes: Uint8Array): Promise<string> => {
      assert.equal((await own.push(bytes)).status, "CHANGED(204)");
      return own.rests();
    };
    const large = await own.push(await artefact({ version: "8.0.0" }, 2.5 * MOST));
    assert.equal(large.status, "REQUEST_ENTITY_TOO_LARGE(413)");
    assert.equal(large.errormessage, `the body is too large: expected at most ${MOST} bytes`);
    assert.equal(await own.rests(), "0/2");
    assert.equal(await pushed(await artefact({ version: "8.1.0", vendor: aVendor() })), "0/5");
    const damaged = Buffer.from(await artefact({ version: "8.2.0" }));
    damaged.writeUInt8(damaged.readUInt8(damaged.length - 500) ^ 1, damaged.length - 500);
    assert.equal(await pushed(damaged), "0/5");
    assert.equal(await pushed(await artefact({ version: "8.3.0", arch: "riscv64" })), "0/6");
    assert.equal(await pushed(await artefact({ version: "9.0.0" })), "2/0");
    assert.deepEqual([await own.read(6), await own.read(7)], ["lwm2m-gateway", "9.0.0"]);
  });
}
