/** `npm start`: an LwM2M Server, simulated devices as real Modbus TCP slaves, the gateway between them, and what arrives. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Millis, systemClock } from "../src/clock.ts";
import { reasonOf } from "../src/errors.ts";
import { demoConfig, EXAMPLE_LINKS } from "./example-config.ts";
import { Programs } from "./programs.ts";
import { DemoServer } from "./server.ts";
import { Valve } from "./valve.ts";
import { View } from "./view.ts";

const EXAMPLE = fileURLToPath(new URL("../config.example.yaml", import.meta.url));
const REDRAW = 500;
const TEND = 5000;

/** Why it ends, and with which exit code. */
interface End {
  readonly reason: string;
  readonly code: number;
}

/** A signal to the whole process group comes again at once, from the launcher that passes it on: that is no second wish. */
const ECHO: Millis = 300;

/** What a person does to end it. */
class Ends {
  readonly asked: Promise<End>;
  private end: (end: End) => void = () => {};
  private toldAt: Millis | undefined;

  constructor() {
    this.asked = new Promise((resolve) => {
      this.end = resolve;
    });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.on(signal, () => {
        const now = systemClock.monotonic();
        // The second one does not wait: it takes the programs along.
        if (this.toldAt !== undefined && now - this.toldAt > ECHO) process.exit(1);
        this.toldAt ??= now;
        this.end({ reason: signal, code: 0 });
      });
    }
    // Who reads us may go, as `head` does: without a reader there is nothing to show.
    process.stdout.on("error", () => this.end({ reason: "nobody reads on", code: 0 }));
  }
}

async function main(pace: number): Promise<number> {
  const ends = new Ends();
  const folder = mkdtempSync(join(tmpdir(), "lwm2m-gateway-demo-"));
  const programs = new Programs(folder);
  // The programs are in groups of their own: a bug of ours must not leave them behind.
  process.on("exit", () => programs.kill());
  const view = new View(process.stdout, [
    "lwm2m-gateway demo: Modbus TCP slaves -> gateway -> LwM2M Server, all on 127.0.0.1. Ctrl-C ends it.",
    `configuration and logs of this run: ${folder}`,
  ]);
  const server = await DemoServer.start({
    onEvent: (sentence) => view.event(sentence),
    onValues: (client, values) => view.values(client, values),
  });
  const failed = programs.failure.then((reason): End => ({ reason, code: 1 }));
  const started = start(programs, folder, server.port);
  // Resolves only where it fails: what runs, runs until somebody ends it.
  const broken = started.then(
    () => failed,
    (error: unknown): End => ({ reason: reasonOf(error), code: 1 }),
  );
  const valve = new Valve(server, (sentence) => view.event(sentence));
  const timers = live(server, view, valve, pace);
  const { reason, code } = await Promise.race([ends.asked, failed, broken]);
  for (const timer of timers) clearInterval(timer);
  valve.end();
  view.event(`ending: ${reason}`);
  // The gateway first: it de-registers while the server still answers, and reads no slave that is gone.
  await programs.stop();
  view.draw(server.clients);
  view.close();
  await server.close();
  if (code === 0) rmSync(folder, { recursive: true, force: true });
  else process.stderr.write(`demo: ${reason}\n`);
  return code;
}

/** Resolves when the gateway runs. */
async function start(programs: Programs, folder: string, serverPort: number): Promise<void> {
  const linkPorts = new Map<string, number>();
  for (const link of EXAMPLE_LINKS.keys()) {
    const args = ["sim", "--link", link, "--config", EXAMPLE, "--port", "0", "--json"];
    linkPorts.set(link, portOf(await programs.start(`sim-${link}`, args).firstLine()));
  }
  const config = join(folder, "config.yaml");
  const stateDirectory = join(folder, "state");
  writeFileSync(config, demoConfig(readFileSync(EXAMPLE, "utf8"), { serverPort, linkPorts, stateDirectory }));
  await programs.start("gateway", ["run", "--config", config]).firstLine();
}

/** Shows the tree while it changes, and moves the valve. */
function live(server: DemoServer, view: View, valve: Valve, pace: number): readonly NodeJS.Timeout[] {
  return [
    setInterval(() => view.draw(server.clients), REDRAW),
    setInterval(() => server.tend(), TEND),
    setInterval(() => void valve.turn(), pace),
  ];
}

function portOf(line: string): number {
  const address: unknown = JSON.parse(line);
  if (typeof address === "object" && address !== null && "port" in address) return Number(address.port);
  throw new Error(`no port in ${line}`);
}

/** `--pace MS`: how often the server asks something of the valve. Undefined: wrong. */
function paceOf(argv: readonly string[]): number | undefined {
  try {
    const { values } = parseArgs({ args: [...argv], options: { pace: { type: "string", default: "10000" } } });
    return /^[1-9]\d{0,6}$/.test(values.pace) ? Number(values.pace) : undefined;
  } catch {
    return undefined;
  }
}

const pace = paceOf(process.argv.slice(2));
if (pace === undefined) {
  process.stderr.write("usage: node demo/main.ts [--pace MILLISECONDS]\n");
  process.exit(2);
}
process.exit(await main(pace));
