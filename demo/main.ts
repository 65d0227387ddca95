/** `npm start`: an LwM2M Server, simulated devices as real Modbus TCP slaves, the gateway between them, and what arrives. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parsePath } from "../src/lwm2m/path.ts";
import { demoConfig, EXAMPLE_LINKS } from "./example-config.ts";
import { type Program, startProgram } from "./programs.ts";
import { DemoServer } from "./server.ts";
import { View } from "./view.ts";

const EXAMPLE = fileURLToPath(new URL("../config.example.yaml", import.meta.url));
const REDRAW = 500;
const RETRY = 5000;
/** How often the server gives the valve another set point, so that the way down is seen as well. */
const NEW_SET_POINT = 10_000;
const VALVE = parsePath("/valve-1/3306/0/5851");

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lwm2m-gateway-demo-"));
  const programs: Program[] = [];
  const example = readFileSync(EXAMPLE, "utf8");
  const view = new View(process.stdout, [
    "lwm2m-gateway demo: Modbus TCP slaves -> gateway -> LwM2M Server, all on 127.0.0.1. Ctrl-C ends it.",
    `configuration and logs of this run: ${folder}`,
  ]);
  const server = await DemoServer.start({
    onEvent: (sentence) => view.event(sentence),
    onValues: (client, values) => view.values(client, values),
  });
  try {
    const linkPorts = new Map<string, number>();
    for (const link of EXAMPLE_LINKS.keys()) {
      const slaves = start(programs, `sim-${link}`, folder, [
        "sim",
        "--link",
        link,
        "--config",
        EXAMPLE,
        "--port",
        "0",
        "--json",
      ]);
      linkPorts.set(link, portOf(await slaves.firstLine));
    }
    const config = join(folder, "config.yaml");
    const stateDirectory = join(folder, "state");
    writeFileSync(config, demoConfig(example, { serverPort: server.port, linkPorts, stateDirectory }));
    const gateway = start(programs, "gateway", folder, ["run", "--config", config]);
    const reason = await Promise.race([interrupted(), gateway.ended, live(server, view)]);
    view.event(`ending: ${reason}`);
  } finally {
    // The gateway first: it de-registers while the server still answers, and reads no slave that is gone.
    for (const program of programs.reverse()) await program.stop();
    view.draw(server.clients);
    process.stdout.write("\n");
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(programs: Program[], name: string, folder: string, args: readonly string[]): Program {
  const program = startProgram(name, args, join(folder, `${name}.log`));
  programs.push(program);
  return program;
}

/** Shows the tree while it changes, and moves the valve. Never ends. */
function live(server: DemoServer, view: View): Promise<string> {
  setInterval(() => view.draw(server.clients), REDRAW).unref();
  setInterval(() => server.retry(), RETRY).unref();
  let setPoint = 25;
  setInterval(() => {
    setPoint = setPoint === 75 ? 25 : 75;
    moveValve(server, view, setPoint);
  }, NEW_SET_POINT).unref();
  return new Promise(() => {});
}

function moveValve(server: DemoServer, view: View, setPoint: number): void {
  const client = server.clients.find(({ devices }) => devices.has("valve-1"));
  if (client === undefined) return;
  server.write(client, VALVE, setPoint).then(
    () => view.event(`wrote ${VALVE} = ${setPoint}: confirmed by the valve`),
    (error: unknown) =>
      view.event(`the valve was not moved: ${error instanceof Error ? error.message : String(error)}`),
  );
}

function portOf(line: string): number {
  const address: unknown = JSON.parse(line);
  if (typeof address === "object" && address !== null && "port" in address) return Number(address.port);
  throw new Error(`no port in ${line}`);
}

function interrupted(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => resolve(signal));
  });
}

await main();
process.exit();
