/**
 * The whole gateway in one process: real configuration files, mappings, adapter, store and protocols. Only the edges are
 * fake: the clock, random bytes, the datagram wire (see scripted-server.ts) and the Modbus line (see fake-bus.ts).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { mqtt } from "../../adapters/mqtt/index.ts";
import { serial } from "../../adapters/serial/index.ts";
import { simulated } from "../../adapters/simulated/index.ts";
import type { AdapterModule } from "../../src/adapter.ts";
import { MINUTE, type Millis, SECOND } from "../../src/clock.ts";
import type { ServerScheme, ServerSettings } from "../../src/config/types.ts";
import { Gateway } from "../../src/gateway/gateway.ts";
import type { HelperPlace } from "../../src/gateway/machine-control.ts";
import type { ClockSign } from "../../src/gateway/time/clock-verdict.ts";
import { locateData } from "../../src/locate.ts";
import type { LocalAddress } from "../../src/servers/uplink/local-addresses.ts";
import { PSK } from "./dtls.ts";
import { FakeBus, type FakeUnit, modbusOn } from "./fake-bus.ts";
import { FakeClock, fakeRandom } from "./fake-clock.ts";
import { Life } from "./life.ts";
import { type LogLine, recordingLogger } from "./recording-logger.ts";
import { ScriptedEnds } from "./scripted-ends.ts";
import { ScriptedServer } from "./scripted-server.ts";
import { temporaryDirectory } from "./temp.ts";
import { Updatable } from "./updatable.ts";
import type { WireOptions } from "./wire.ts";

const PSK_HEX = Buffer.from(PSK.pskKey ?? []).toString("hex");

export interface Setup {
  /** The mapping of the one device; default: eastron-sdm630. */
  readonly mapping?: string;
  /** Its prefix, and its id; default: meter-1. */
  readonly prefix?: string;
  /** The entries under `devices:` in place of that one device, each a flow map of YAML; the link is called `bus`. */
  readonly devices?: readonly string[];
  /** Links beside the bus, each a line of YAML, e.g. `trial: { type: simulated }`. */
  readonly links?: readonly string[];
  /** The keys under `gateway:` beside the endpoint. */
  readonly gateway?: string;
  /** The keys of each server beside its id (101, 102 …) and uri. */
  readonly servers?: readonly string[];
  /** Mappings beside config.yaml: name and text. */
  readonly mappings?: Readonly<Record<string, string>>;
  readonly wire?: WireOptions;
  /** How the servers are reached: default coap, which is UDP. */
  readonly scheme?: ServerScheme;
  /** Who does what only root may do; default: nobody. */
  readonly helper?: HelperPlace;
  /** How long to run before the test begins: 5 s, in which it registers and has read its devices. */
  readonly run?: Millis;
  /** Before the start: what the devices hold. */
  readonly prepare?: (world: AGateway) => void;
}

/** Starts one; it is stopped, and its files are removed, after the test. */
export async function aGateway(t: TestContext, setup: Setup = {}): Promise<AGateway> {
  // Hooks run in the order in which they were given: it stops before its folder goes.
  t.after(() => world.stop());
  const world: AGateway = new AGateway(temporaryDirectory(t), setup);
  setup.prepare?.(world);
  await world.start();
  await world.clock.advance(setup.run ?? 5 * SECOND);
  return world;
}

export class AGateway {
  readonly clock = new FakeClock();
  /** How the machine came by its time. */
  clockSign: ClockSign = { type: "none" };
  /** Of the machine's interfaces that are up: for `via:`. */
  addresses: readonly LocalAddress[] = [];
  readonly bus = new FakeBus(this.clock);
  /** What is made of the machine's id. */
  machine: string | undefined = "00112233445546778899aabbccddeeff";
  /** Behind the host `plc`, which is no link of the configuration. */
  readonly plc = new FakeBus(this.clock);
  /** What takes images of the devices of both, `via: slots`. */
  readonly updatable = new Updatable(this.clock);
  readonly servers: readonly ScriptedServer[];
  private readonly ends: readonly ScriptedEnds[];
  readonly lines: LogLine[] = [];
  /** The folder of config.yaml. */
  readonly folder: string;
  /** How often it wanted to be started anew. */
  restarts = 0;
  private running: Gateway | undefined;
  private life: Life | undefined;
  private starts = 0;
  private boot = { number: 1, at: 0 };
  private readonly setup: Setup;

  constructor(folder: string, setup: Setup) {
    const { servers = [""], mappings = {}, wire } = setup;
    this.folder = folder;
    this.setup = setup;
    this.ends = servers.map(() => new ScriptedEnds(() => new ScriptedServer(this.clock, wire, setup.scheme)));
    this.servers = this.ends.map(({ gateway }) => gateway);
    this.configure();
    // A file that others can read is refused.
    if (setup.scheme === "coaps") this.writeFile("secrets.yaml", `psk: ${PSK_HEX}\n`, 0o600);
    for (const [name, text] of Object.entries(mappings)) this.writeFile(`mappings/${name}.yaml`, text);
  }

  get server(): ScriptedServer {
    const [first] = this.servers;
    if (first === undefined) throw new RangeError("there is no server");
    return first;
  }

  /** The device with unit_id 1. */
  get meter(): FakeUnit {
    return this.bus.unit(1);
  }

  get gateway(): Gateway {
    if (this.running === undefined) throw new Error("the gateway does not run");
    return this.running;
  }

  /** Writes config.yaml: as the setup says, with other entries under `devices:` and keys of servers where they are given. */
  configure(devices = this.setup.devices, servers = this.setup.servers): void {
    const others = { ...(devices === undefined ? {} : { devices }), ...(servers === undefined ? {} : { servers }) };
    this.writeFile("config.yaml", configText({ ...this.setup, ...others }));
  }

  editConfig(edit: (text: string) => string): void {
    this.writeFile("config.yaml", edit(readFileSync(join(this.folder, "config.yaml"), "utf8")));
  }

  writeFile(name: string, text: string | Uint8Array, mode = 0o644): void {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  }

  /** Changes a mapping; one that comes with the program is copied beside config.yaml, which hides it. */
  editMapping(name: string, edit: (text: string) => string): void {
    const local = this.setup.mappings?.[name];
    const text = local ?? readFileSync(join(locateData("mappings"), `${name}.yaml`), "utf8");
    const edited = edit(text);
    if (edited === text) throw new Error(`the edit of ${name} changes nothing`);
    this.writeFile(`mappings/${name}.yaml`, edited);
  }

  async start(): Promise<void> {
    const life = new Life(this.clock, this.lines);
    this.life = life;
    for (const ends of this.ends) ends.begin();
    this.clock.busy = () => this.running?.waitsForDisk === true;
    this.running = await Gateway.start({
      configFile: join(this.folder, "config.yaml"),
      clock: life.clock,
      random: fakeRandom(++this.starts),
      log: recordingLogger(life.log),
      onRestart: () => {
        if (!life.ended) this.restarts++;
      },
      onFatal: (error) => {
        if (!life.ended) throw error;
      },
      edges: {
        adapters: [
          this.updatable.over(modbusOn(new Map(Object.entries({ bus: this.bus, plc: this.plc })))),
          mqtt as AdapterModule,
          serial as AdapterModule,
          simulated,
        ],
        openTransport: ({ id, security }: ServerSettings, parts, port) => {
          const opening = security === undefined ? undefined : { ...parts, security, ended: () => life.ended };
          return life.wired(this.endsOf(id).openTransport(port, opening, parts.uplink));
        },
        localAddresses: () => this.addresses,
        boot: () => ({ id: `boot-${this.boot.number}`, uptime: this.clock.monotonic() - this.boot.at }),
        clockSign: () => this.clockSign,
        machine: () => this.machine,
        helper: this.setup.helper ?? { socket: join(this.folder, "no-helper") },
      },
    });
  }

  /**
   * SIGKILL, or a power cut that the disk survives: nothing more is sent, heard, written or logged, and the servers hear
   * nothing of it. `start` begins the next process, over the same files.
   */
  async kill(): Promise<void> {
    this.running = undefined;
    await this.life?.kill();
  }

  /** The machine starts anew, a minute later: `start` begins the first process. Where it was killed before, that was a power cut. */
  async reboot(): Promise<void> {
    await this.clock.advance(MINUTE);
    this.boot = { number: this.boot.number + 1, at: this.clock.monotonic() - SECOND };
  }

  /** SIGHUP. Returns whether the configuration was taken. */
  async reload(): Promise<boolean> {
    const { taken } = await this.gateway.reload();
    await this.clock.advance(5 * SECOND);
    return taken;
  }

  /** SIGTERM: the servers have some seconds to answer. */
  async stop(): Promise<void> {
    const stopping = this.running?.stop();
    this.running = undefined;
    await this.clock.advance(10 * SECOND);
    await stopping;
    this.life?.leave();
  }

  /** The log lines that a person would see, as `level message`, by device or server where they name one. */
  log(...about: readonly string[]): string[] {
    return this.lines
      .filter(({ level }) => level !== "debug")
      .filter(({ fields: { device, server } }) => about.length === 0 || about.includes(String(device ?? server)))
      .map(({ level, message }) => `${level} ${message}`);
  }

  /** The server as the device sees it that has registered there by itself, under this endpoint: layout `clients`. */
  client(endpoint: string, server = 101): ScriptedServer {
    return this.endsOf(server).of(endpoint);
  }

  /** All that such a server has heard, of whichever device, in the order of its coming. */
  endsOf(id: number): ScriptedEnds {
    const ends = this.ends[id - 101];
    if (ends === undefined) throw new RangeError(`there is no server ${id}`);
    return ends;
  }
}

function configText({ mapping = "eastron-sdm630", prefix = "meter-1", ...setup }: Setup): string {
  const entries = setup.devices ?? [`{ id: ${prefix}, mapping: ${mapping}, link: bus, unit_id: 1 }`];
  const { scheme = "coap" } = setup;
  const psk = ["psk: { identity: gateway-1, key: !secret psk }"];
  const servers = (setup.servers ?? [""]).map((keys, i) => {
    const own = [`id: ${101 + i}`, `uri: "${scheme}://server-${101 + i}"`];
    const security = scheme === "coaps" && !/\b(?:psk|rpk|x509):/.test(keys) ? psk : [];
    return `  - { ${[...own, ...security, ...(keys === "" ? [] : [keys])].join(", ")} }`;
  });
  return [
    `gateway: { endpoint: urn:dev:ops:32473-test${setup.gateway === undefined ? "" : `, ${setup.gateway}`} }`,
    "servers:",
    ...servers,
    "links:",
    "  bus: { type: modbus-tcp, host: bus }",
    ...(setup.links ?? []).map((link) => `  ${link}`),
    `devices:${entries.length === 0 ? " []" : ""}`,
    ...entries.map((entry) => `  - ${entry}`),
    "",
  ].join("\n");
}
