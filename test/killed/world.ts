/** A real gateway between two counters, which know what they gave, and a server that knows what it got. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import { modbus } from "../../adapters/modbus/index.ts";
import { systemClock } from "../../src/clock.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { aFolder, startCommand } from "../support/command.ts";
import { aSimulation, pointsOf, portOf } from "../support/modbus-device.ts";
import type { RunningProcess } from "../support/process.ts";
import type { Given } from "./audit.ts";
import { CuttableLink } from "./cuttable-link.ts";
import { LedgerServer, type Receipt } from "./ledger-server.ts";

/** The one is observed; of the other each measurement is reported. */
export const OBSERVED = parsePath("/counter-1/3303/0/5700");
export const REPORTED = parsePath("/counter-2/3303/0/5700");

/** Each reading is another number: what is missing, or comes again, is known by it. */
const COUNTER = `
mapping: counter
protocol: modbus
params:
  unit_id: { type: int, default: 1 }
modbus: { unit_id: $unit_id }
every: { normal: 50ms }
objects:
  3303: { sensor_value: { holding: 0, as: u32 } }
`;

export interface World {
  readonly server: LedgerServer;
  readonly link: CuttableLink;
  /** By counter, what it gave to the gateway. */
  readonly given: readonly (readonly Given[])[];
  /** Of the gateway. */
  readonly config: string;
}

/** Nothing of it runs yet but the devices and the server. The state directory is beside config.yaml where none is named. */
export async function aWorld(t: TestContext, state?: string): Promise<World> {
  const server = await LedgerServer.start(OBSERVED);
  t.after(() => server.close());
  const link = await CuttableLink.open(server.port);
  t.after(() => link.close());
  const given: Given[][] = [[], []];
  const simulation = await aSimulation(given.map((own, i) => counter(i + 1, own)));
  t.after(() => simulation.close());
  const config = configText({ server: link.port, devices: portOf(simulation), state });
  const folder = aFolder(t, { "config.yaml": config, "mappings/counter.yaml": COUNTER });
  return { server, link, given, config: join(folder, "config.yaml") };
}

/** Its process; `ready` resolves when it says that it has started. */
export function startGateway(
  t: TestContext,
  { config }: World,
): { readonly gateway: RunningProcess; readonly ready: Promise<unknown> } {
  const gateway = startCommand(t, "run", "--config", config);
  const ready = gateway.printed(/"msg":"started"/);
  // Nobody waits for that of one which is killed before.
  ready.catch(() => {});
  return { gateway, ready };
}

/** What came because it was owed: not the answers to an Observe. */
export function receiptsOf({ server }: World, path: string): readonly Receipt[] {
  return server.receipts.filter((receipt) => receipt.path === path && receipt.by !== "answer");
}

function counter(unit: number, own: Given[]): Parameters<typeof aSimulation>[0][number] {
  const device = modbus.device.parse({ unit_id: unit });
  const points = pointsOf({ counter: { holding: 0, length: 4 } }, device);
  const get = (): Uint8Array => {
    own.push({ value: own.length + 1, at: systemClock.monotonic() });
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(own.length);
    return bytes;
  };
  return { device, points, get, set: () => false };
}

function configText({
  server,
  devices,
  state,
}: {
  server: number;
  devices: number;
  state: string | undefined;
}): string {
  return `gateway: { endpoint: urn:dev:ops:32473-killed${state === undefined ? "" : `, state: ${state}`} }
servers:
  - id: 101
    uri: coap://127.0.0.1:${server}
    ack_timeout: 500ms
    max_retransmit: 2
    report: [{ name: counter, paths: [${REPORTED}], every: sample }]
links:
  bus: { type: modbus-tcp, host: 127.0.0.1, port: ${devices}, timeout: 10s }
devices:
  - { id: counter-1, mapping: counter, link: bus, unit_id: 1 }
  - { id: counter-2, mapping: counter, link: bus, unit_id: 2 }
`;
}
