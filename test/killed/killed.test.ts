import assert from "node:assert/strict";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { modbus } from "../../adapters/modbus/index.ts";
import { SECOND, systemClock } from "../../src/clock.ts";
import { parsePath } from "../../src/lwm2m/path.ts";
import { aFolder, startCommand } from "../support/command.ts";
import { aSimulation, pointsOf, portOf } from "../support/modbus-device.ts";
import type { RunningProcess } from "../support/process.ts";
import { audit, type Findings, type Given, type Stretch, type Trial } from "./audit.ts";
import { CuttableLink } from "./cuttable-link.ts";
import { LedgerServer } from "./ledger-server.ts";

/** The nightly run kills more often. */
const { GATEWAY_KILLS = "8" } = process.env;
const KILLS = Number(GATEWAY_KILLS);
/** The commit window, and what a busy machine needs beside it. */
const WINDOW = SECOND + 500;

const OBSERVED = parsePath("/counter-1/3303/0/5700");
const REPORTED = parsePath("/counter-2/3303/0/5700");

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

test(`a gateway killed ${KILLS} times, with a link that is cut now and then, loses nothing older than the commit window`, async (t) => {
  const world = await aWorld(t);
  for (let kill = 0; kill < KILLS; kill++) await world.runAndKill();
  for (const findings of await world.finish()) {
    t.diagnostic(JSON.stringify(findings));
    assert.ok(findings.owed > 0);
  }
});

class World {
  private readonly parts: WorldParts;
  private readonly kills: number[] = [];
  private readonly cuts: number[] = [];
  private readonly restorations: number[] = [];
  private readonly random = chanceOf(KILLS);

  constructor(parts: WorldParts) {
    this.parts = parts;
  }

  /** The link is cut or restored at moments of this run, or not; then SIGKILL. */
  async runAndKill(): Promise<void> {
    const { gateway, ready } = this.start();
    // Some are killed while they start.
    if (this.random() < 0.85) await ready;
    for (let changes = Math.floor(this.random() * 3); changes > 0; changes--) {
      await this.pause();
      this.connect(this.parts.link.cut);
    }
    await this.pause();
    gateway.child.kill("SIGKILL");
    this.kills.push(systemClock.monotonic());
    await gateway.outcome;
  }

  /** The last run has a link, and the time that it takes; what was given before counts. */
  async finish(): Promise<readonly Findings[]> {
    if (this.parts.link.cut) this.connect(true);
    await this.start().ready;
    await this.pause();
    const end = systemClock.monotonic();
    const deadline = end + LONGEST_DRAIN;
    while (systemClock.monotonic() < deadline && this.trials(end).some(isMissing)) await this.pause();
    return this.trials(end).map(audit);
  }

  private trials(end: number): readonly Trial[] {
    const { given, server } = this.parts;
    return [OBSERVED, REPORTED].map((path, i) => ({
      given: given[i] ?? [],
      received: server.receipts.filter((receipt) => receipt.path === path && receipt.by !== "answer"),
      kills: this.kills,
      cuts: this.cuts,
      restorations: this.restorations,
      // A report entry owes from the first reading on.
      owed: path === REPORTED ? [{ from: 0, to: end }] : this.observedTimes(end),
      window: WINDOW,
    }));
  }

  /** From each answer to an Observe to the end of that observation: another Register, or the run before it. */
  private observedTimes(end: number): readonly Stretch[] {
    const { moments } = this.parts.server;
    return moments.flatMap(({ what, at: from }, i) => {
      if (what === "registered") return [];
      const next = moments.slice(i).find((moment) => moment.what === "registered");
      const killed = this.kills.find((kill) => kill >= from) ?? end;
      if (next === undefined) return [{ from, to: end }];
      // It may have been killed before the observation was on disk.
      if (killed - from < WINDOW) return [];
      return [{ from, to: this.kills.findLast((kill) => kill <= next.at) ?? next.at }];
    });
  }

  private connect(connected: boolean): void {
    this.parts.link.cut = !connected;
    (connected ? this.restorations : this.cuts).push(systemClock.monotonic());
  }

  private start(): { gateway: RunningProcess; ready: Promise<unknown> } {
    const gateway = startCommand(this.parts.t, "run", "--config", this.parts.config);
    const ready = gateway.printed(/"msg":"started"/);
    // Nobody waits for that of one which is killed before.
    ready.catch(() => {});
    return { gateway, ready };
  }

  private pause(): Promise<void> {
    // Mostly short, so that many are killed while they are busy.
    return new Promise((resolve) => setTimeout(resolve, this.random() ** 2 * LONGEST_PAUSE));
  }
}

interface WorldParts {
  readonly t: TestContext;
  readonly server: LedgerServer;
  readonly link: CuttableLink;
  /** By counter. */
  readonly given: readonly (readonly Given[])[];
  readonly config: string;
}

async function aWorld(t: TestContext): Promise<World> {
  const server = await LedgerServer.start(OBSERVED);
  t.after(() => server.close());
  const link = await CuttableLink.open(server.port);
  t.after(() => link.close());
  const given: Given[][] = [[], []];
  const devices = given.map((own, i) => {
    const [device] = [modbus.device.parse({ unit_id: i + 1 })];
    const points = pointsOf({ counter: { holding: 0, length: 4 } }, device);
    const get = (): Uint8Array => {
      own.push({ value: own.length + 1, at: systemClock.monotonic() });
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(own.length);
      return bytes;
    };
    return { device, points, get, set: () => false };
  });
  const simulation = await aSimulation(devices);
  t.after(() => simulation.close());
  const config = `gateway: { endpoint: urn:dev:ops:32473-killed }
servers:
  - id: 101
    uri: coap://127.0.0.1:${link.port}
    ack_timeout: 200ms
    max_retransmit: 2
    report: [{ name: counter, paths: [${REPORTED}], every: sample }]
links:
  bus: { type: modbus-tcp, host: 127.0.0.1, port: ${portOf(simulation)} }
devices:
  - { id: counter-1, mapping: counter, link: bus, unit_id: 1 }
  - { id: counter-2, mapping: counter, link: bus, unit_id: 2 }
`;
  const folder = aFolder(t, { "config.yaml": config, "mappings/counter.yaml": COUNTER });
  return new World({ t, server, link, given, config: join(folder, "config.yaml") });
}

function isMissing({ given, received, owed, kills }: Trial): boolean {
  const got = new Set(received.map(({ value }) => value));
  const since = kills.at(-1) ?? 0;
  return given.some(
    ({ value, at }) => at > since && owed.some(({ from, to }) => at >= from && at <= to) && !got.has(value),
  );
}

/** The same pauses for the same number of kills. */
function chanceOf(seed: number): () => number {
  let state = seed * 2654435761 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const LONGEST_PAUSE = 2 * SECOND;
const LONGEST_DRAIN = 30 * SECOND;
