/** What the tests of one file share: one Leshan, one gateway, the Modbus slave behind it, and a record of the wire. */
import { after, type TestContext } from "node:test";
import type { Lifetime } from "../../support/process.ts";
import { type EveryType, startEveryType } from "./every-type.ts";
import { GatewayProcess, type GatewaySetup } from "./gateway-process.ts";
import { findLeshan, type JavaProgram } from "./installation.ts";
import { LeshanServer } from "./leshan-server.ts";
import { WireRecorder } from "./wire-recorder.ts";

/** The rest is the session's. */
export type SessionSetup = Pick<GatewaySetup, "gateway" | "server" | "devices">;

export class Session {
  readonly gateway: GatewayProcess;
  readonly meter: EveryType;
  readonly wire: WireRecorder;
  readonly endpoint: string;
  private readonly owner: Lifetime;
  private readonly java: JavaProgram;
  private server: LeshanServer;

  private constructor(parts: Pick<Session, "gateway" | "meter" | "wire" | "endpoint">, started: Started) {
    this.gateway = parts.gateway;
    this.meter = parts.meter;
    this.wire = parts.wire;
    this.endpoint = parts.endpoint;
    this.owner = started.owner;
    this.java = started.java;
    this.server = started.leshan;
  }

  /** Resolves when the gateway is registered and its meter is online. */
  static async open(owner: Lifetime, java: JavaProgram, name: string, setup: SessionSetup): Promise<Session> {
    const endpoint = `urn:dev:ops:32473-${name}`;
    const meter = await startEveryType(owner);
    const leshan = await LeshanServer.start(owner, java, endpoint);
    const wire = await WireRecorder.open(owner, leshan.coapPort);
    const gateway = new GatewayProcess(owner, { ...setup, endpoint, port: wire.port, modbusPort: meter.port });
    await leshan.events.next(0, "REGISTRATION");
    await gateway.printed(/the device is online/);
    return new Session({ gateway, meter, wire, endpoint }, { owner, java, leshan });
  }

  get leshan(): LeshanServer {
    return this.server;
  }

  /** A Leshan that knows nothing, in the place of the one that was killed. */
  async startLeshanAgain(): Promise<void> {
    this.server = await LeshanServer.start(this.owner, this.java, this.endpoint);
    this.wire.serverPort = this.server.coapPort;
  }
}

interface Started {
  readonly owner: Lifetime;
  readonly java: JavaProgram;
  readonly leshan: LeshanServer;
}

/**
 * For the top of a test file: gives each test the session, opened by the first; or undefined, the test being skipped, where
 * Leshan cannot be had.
 */
export function sharedSession(
  name: string,
  setup: SessionSetup = {},
): (t: TestContext) => Promise<Session | undefined> {
  const ends: (() => unknown)[] = [];
  // Said while the file is loaded: inside a test it would be that test's end.
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  const owner: Lifetime = { after: (end) => ends.push(end) };
  let session: Promise<Session> | undefined;
  return async (t) => {
    const java = await findLeshan(t);
    if (java === undefined) return undefined;
    session ??= Session.open(owner, java, name, setup);
    return session;
  };
}
