/** What the tests of one file share: one Leshan, one gateway, the Modbus slaves behind it, and a record of the wire. */
import { after, type TestContext } from "node:test";
import { tellShown } from "../../support/peer.ts";
import type { Lifetime } from "../../support/process.ts";
import { type Cabinet, openCabinet } from "./cabinet.ts";
import type { EveryType } from "./every-type.ts";
import { GatewayProcess, type GatewaySetup } from "./gateway-process.ts";
import { findLeshan, type JavaProgram } from "./installation.ts";
import type { LeshanSecurity } from "./leshan-security.ts";
import { LeshanServer } from "./leshan-server.ts";
import { WireRecorder } from "./wire-recorder.ts";

/** The rest is the session's. */
export interface SessionSetup extends Pick<GatewaySetup, "gateway" | "server" | "devices" | "files"> {
  /** The session is over coaps, with these. */
  readonly security?: LeshanSecurity;
}

export class Session {
  readonly gateway: GatewayProcess;
  readonly cabinet: Cabinet;
  readonly wire: WireRecorder;
  readonly endpoint: string;
  private readonly start: () => Promise<LeshanServer>;
  private server: LeshanServer;

  private constructor(parts: Pick<Session, "gateway" | "cabinet" | "wire" | "endpoint">, started: Started) {
    this.gateway = parts.gateway;
    this.cabinet = parts.cabinet;
    this.wire = parts.wire;
    this.endpoint = parts.endpoint;
    this.start = started.start;
    this.server = started.leshan;
  }

  /** Resolves when the gateway is registered and its meter is online. */
  static async open(owner: Lifetime, java: JavaProgram, name: string, setup: SessionSetup): Promise<Session> {
    const endpoint = `urn:dev:ops:32473-${name}`;
    const { security, ...rest } = setup;
    const cabinet = await openCabinet(owner);
    const start = () => LeshanServer.start(owner, java, endpoint, security);
    const leshan = await start();
    const wire = await WireRecorder.open(owner, portOf(leshan));
    const scheme = security === undefined ? "coap" : "coaps";
    const gateway = new GatewayProcess(owner, { ...rest, scheme, endpoint, port: wire.port, modbusPort: cabinet.port });
    await leshan.events.next(0, "REGISTRATION", (one) => one.endpoint === endpoint);
    // Leshan may tell of it before its answer has come.
    await Promise.all([gateway.printed(/"msg":"registered"/), gateway.printed(/the device is online/)]);
    return new Session({ gateway, cabinet, wire, endpoint }, { start, leshan });
  }

  get meter(): EveryType {
    return this.cabinet.meter;
  }

  get leshan(): LeshanServer {
    return this.server;
  }

  /** A Leshan that knows nothing, in the place of the one that was killed. */
  async startLeshanAgain(): Promise<void> {
    this.server = await this.start();
    this.wire.serverPort = portOf(this.server);
  }
}

interface Started {
  readonly start: () => Promise<LeshanServer>;
  readonly leshan: LeshanServer;
}

/** That of coaps, where it has one. */
function portOf({ coapPort, coapsPort }: LeshanServer): number {
  return coapsPort ?? coapPort;
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
    tellTried(t, setup);
    session ??= Session.open(owner, java, name, setup);
    return session;
  };
}

/** For the table of the layouts: what the name of a test says that it tries. */
const TRIED = ["TLV", "SENML_JSON", "SENML_CBOR", "TEXT", "history"];

function tellTried(t: TestContext, { server = "" }: SessionSetup): void {
  const [, layout = "gateway"] = /\blayout: (\w+)/.exec(server) ?? [];
  for (const tried of TRIED) if (t.name.includes(tried)) tellShown(t, layout, tried);
}
