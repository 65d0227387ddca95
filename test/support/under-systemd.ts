/** A gateway whose service manager is a test: what it says is kept, and it is killed when it does not feed its watchdog. */
import type { TestContext } from "node:test";
import type { Millis } from "../../src/clock.ts";
import { locateData } from "../../src/locate.ts";
import { aConfig, aFolder, aServer, PROGRAM } from "./command.ts";
import { aDatagramSocket, type DatagramSocket } from "./datagram-socket.ts";
import { type RunningProcess, start } from "./process.ts";

export interface Service {
  readonly socket: DatagramSocket;
  readonly gateway: RunningProcess;
  /** The folder of config.yaml. */
  readonly folder: string;
  /** The port of its server. */
  readonly port: number;
}

export interface ServiceSetup {
  /** WATCHDOG_USEC; absent: nobody watches. */
  readonly watchdog?: Millis;
  readonly environment?: Readonly<Record<string, string>>;
}

const DEVICES = ["{ id: room, mapping: simulated-climate, link: trial }"];

/** Undefined, the test being skipped, where there is no Python. It is ready when this resolves. */
export async function aService(t: TestContext, { watchdog, environment = {} }: ServiceSetup = {}) {
  const socket = await aDatagramSocket(t);
  if (socket === undefined) return undefined;
  const { server } = await aServer(t);
  const folder = aFolder(t, { "config.yaml": aConfig({ server: server.port, devices: DEVICES }) });
  const watched = watchdog === undefined ? {} : { WATCHDOG_USEC: String(watchdog * 1000) };
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const gateway = start(
    t,
    process.execPath,
    ["--import", locateData("test/support/standstill.mjs"), PROGRAM, "run", "--config", `${folder}/config.yaml`],
    { env: { PATH, NODE_COMPILE_CACHE, NOTIFY_SOCKET: socket.path, ...watched, ...environment } },
  );
  if (watchdog !== undefined) killUnfed(t, { socket, gateway, watchdog });
  await Promise.race([socket.got(/READY=1/), gateway.outcome.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  return { socket, gateway, folder, port: server.port };
}

export interface Watched {
  readonly socket: DatagramSocket;
  readonly gateway: RunningProcess;
  readonly watchdog: Millis;
}

/** As systemd does: with SIGABRT, and from READY=1 on. */
export function killUnfed(t: TestContext, { socket, gateway, watchdog }: Watched): void {
  let timer: NodeJS.Timeout | undefined;
  socket.onText((text) => {
    if (!/READY=1|WATCHDOG=1/.test(text)) return;
    clearTimeout(timer);
    timer = setTimeout(() => gateway.child.kill("SIGABRT"), watchdog);
  });
  t.after(() => clearTimeout(timer));
}
