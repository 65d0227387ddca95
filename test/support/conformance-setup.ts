/**
 * What the cases of the OMA test specification begin with: a gateway whose account is that of configuration C.3, and behind the
 * prefix unit-1 a device whose object 3 is that of configuration C.6, since a gateway has no battery and sets no clock. The
 * lamp stands for what else a server may write.
 */
import type { TestContext } from "node:test";
import { CODE } from "../../src/coap/codes.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { bytes } from "../vectors/content.ts";
import { type AGateway, aGateway, type Setup } from "./a-gateway.ts";
import type { Answer, Asked } from "./scripted-messages.ts";
import type { Heard } from "./scripted-registrations.ts";
import type { ScriptedServer } from "./scripted-server.ts";

const UNIT = `
format: 1
mapping: unit
protocol: modbus
params:
  unit_id: { type: int, range: [1, 247], default: 1 }
modbus: { unit_id: $unit_id }
every: { normal: 1h }
objects:
  3:
    manufacturer: { const: Example }
    model_number: { const: Unit }
    serial_number: { const: "0001" }
    firmware_version: { const: "1.0" }
    reboot: { do: [ { holding: 99, as: u16, value: 0xA5A5 } ] }
    available_power_sources[0]: { const: 1 }
    available_power_sources[1]: { const: 2 }
    power_source_voltage[0]: { input: 0, as: u16, unit: mV }
    power_source_voltage[1]: { input: 1, as: u16, unit: mV }
    power_source_current[0]: { input: 2, as: u16, unit: mA }
    power_source_current[1]: { input: 3, as: u16, unit: mA }
    battery_level: { input: 4, as: u16 }
    current_time: { holding: 20, as: u32, write: true }
  3311:
    on/off: { coil: 1, write: true }
    dimmer: { holding: 3, as: u16, unit: "%", accept: [0, 100], write: true }
`;

/** The holding register of Reboot. */
export const REBOOT_REGISTER = 99;
export const LAMP = "/unit-1/3311/0/5850";
export const DIMMER = "/unit-1/3311/0/5851";

/** Lifetime, Default Minimum Period and Default Maximum Period as C.3 has them. */
export const C3_ACCOUNT = "lifetime: 24h, pmin: 1s, pmax: 10s";

/** `/1/0` as C.3 has it, but for Notification Storing, which is true here until a server writes it. */
export const C3_VALUES = { "/1/0/1": 86400, "/1/0/2": 1, "/1/0/3": 10, "/1/0/5": 86400, "/1/0/6": true, "/1/0/7": "U" };

/** A registered gateway with that device. `servers` are the keys of each account; C.1 is a part of C.3. */
export function aClient(t: TestContext, setup: Setup = {}): Promise<AGateway> {
  return aGateway(t, {
    mapping: "unit",
    prefix: "unit-1",
    mappings: { unit: UNIT },
    servers: [C3_ACCOUNT],
    gateway: 'serial: "345000123"',
    ...setup,
    prepare: (world) => {
      const { meter } = world;
      meter.set("3/0/7/0", 3800).set("3/0/7/1", 5000).set("3/0/8/0", 125).set("3/0/8/1", 900).set("3/0/9", 90);
      meter.set("3311/0/5851", 40).commands.add(REBOOT_REGISTER);
      setup.prepare?.(world);
    },
  });
}

/** The same at a server that takes 1.0 only: what 1.1 took away is there. */
export function aFirstClient(t: TestContext): Promise<AGateway> {
  return aClient(t, {
    prepare: ({ server }) => {
      server.registrations.version = "1.0";
    },
  });
}

/** Reads each path with this Accept: 2.05 in this format. Returns all values by path. */
export async function readAll(server: ScriptedServer, accept: number, ...paths: readonly string[]) {
  const all: Record<string, unknown> = {};
  for (const path of paths) {
    const { code, format, values } = await server.read(path, { accept });
    if (code !== "2.05" || format !== accept) throw new Error(`${path}: ${code} in Content-Format ${format}`);
    Object.assign(all, values);
  }
  return all;
}

type Method = "put" | "post" | "delete" | "fetch" | "ipatch";

/** Sends a payload as it stands in the test specification. */
export function send(server: ScriptedServer, method: Method, path: string, content: Content): Promise<Answer> {
  return server.settled(server.ask(CODE[method], path, asked(content)));
}

/** The same for what the gateway keeps on its disk before it answers. */
export function sendKept(server: ScriptedServer, method: Method, path: string, content?: Content): Promise<Answer> {
  return server.kept(server.ask(CODE[method], path, content === undefined ? {} : asked(content)));
}

function asked({ format, hex, text = "", accept }: Content): Asked {
  const payload = hex === undefined ? new TextEncoder().encode(text) : bytes(hex);
  return { format, payload, ...(accept === undefined ? {} : { accept }) };
}

export interface Content {
  readonly format: number;
  /** Spaces are for the eye. */
  readonly hex?: string;
  readonly text?: string;
  readonly accept?: number;
}

/** The payload of the newest message of the gateway, in hexadecimal. */
export function lastPayload({ packets }: ScriptedServer): string {
  const last = packets.findLast(({ from, message: { payload } }) => from === "gateway" && payload.length > 0);
  return Buffer.from(last?.message.payload ?? []).toString("hex");
}

/** What the gateway asked of the server since there were so many requests. */
export function since({ server }: AGateway, count: number): readonly Heard[] {
  return server.registrations.heard.slice(count);
}

/** The links of a Discover, in any order of their attributes: the attributes of each link sorted. */
export function linksOf({ code, format, text }: Answer): string[] {
  if (code !== "2.05" || format !== CONTENT_FORMAT.linkFormat) throw new Error(`${code} in Content-Format ${format}`);
  return text.split(",").map(sortedLink);
}

/** The same for what the test specification prints. */
export function links(text: string): string[] {
  return text.split(",").map(sortedLink);
}

function sortedLink(link: string): string {
  const [target = "", ...attributes] = link.split(";");
  return [target, ...attributes.sort()].join(";");
}
