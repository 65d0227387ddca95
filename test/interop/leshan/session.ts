/** What the tests of one file share: one Leshan and one gateway, started by the first test that asks. */
import { after, type TestContext } from "node:test";
import { tellPeer } from "../../support/peer.ts";
import type { Lifetime } from "../../support/process.ts";
import { type EveryType, startEveryType } from "./every-type.ts";
import { type GatewayProcess, type GatewaySetup, startGateway } from "./gateway-process.ts";
import { findLeshan, type JavaProgram } from "./installation.ts";
import { LeshanServer } from "./leshan-server.ts";

export interface Session {
  readonly owner: Lifetime;
  readonly java: JavaProgram;
  readonly endpoint: string;
  readonly leshan: LeshanServer;
  readonly gateway: GatewayProcess;
  readonly meter: EveryType;
}

/**
 * For the top of a test file. What it returns gives each test the session, with the gateway registered; or undefined, the test
 * being skipped, where Leshan cannot be had.
 */
export function sharedSession(
  name: string,
  setup: Omit<GatewaySetup, "endpoint" | "port" | "modbusPort"> = {},
): (t: TestContext) => Promise<Session | undefined> {
  const owner = endOfFile();
  let session: Promise<Session> | undefined;
  return async (t) => {
    const java = await findLeshan(t);
    if (java === undefined) return undefined;
    session ??= open(owner, java, `urn:dev:ops:32473-${name}`, setup);
    const { leshan } = await session;
    tellPeer(t, "Leshan", leshan.version);
    return session;
  };
}

/** Must be called while the file is loaded: inside a test it would be that test's end. */
export function endOfFile(): Lifetime {
  const ends: (() => unknown)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (end) => ends.push(end) };
}

async function open(
  owner: Lifetime,
  java: JavaProgram,
  endpoint: string,
  setup: Omit<GatewaySetup, "endpoint" | "port" | "modbusPort">,
): Promise<Session> {
  const meter = await startEveryType(owner);
  const leshan = await LeshanServer.start(owner, java, endpoint);
  const gateway = startGateway(owner, { ...setup, endpoint, port: leshan.coapPort, modbusPort: meter.port });
  await leshan.events.next(0, "REGISTRATION");
  await gateway.printed(/the device is online/);
  return { owner, java, endpoint, leshan, gateway, meter };
}
