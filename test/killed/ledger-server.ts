/** An LwM2M Server that observes one path and writes down what it gets, and how. */
import { type CoapSocket, openCoapSocket, type Peer } from "../../demo/coap-socket.ts";
import { Management } from "../../demo/management.ts";
import { answer, Registrations } from "../../demo/registrations.ts";
import { systemClock } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { type CoapMessage, OPTION, stringValues } from "../../src/coap/options.ts";
import type { Path } from "../../src/lwm2m/path.ts";
import { parsePath } from "../../src/lwm2m/path.ts";

/** Times are of the monotonic clock. */
export interface Receipt {
  readonly path: Path;
  readonly value: number;
  /** The answer to an Observe is what it reads then, and is not owed. */
  readonly by: "answer" | "notification" | "send";
  readonly at: number;
}

export interface Moment {
  readonly what: "registered" | "observed";
  readonly at: number;
}

export class LedgerServer {
  readonly receipts: Receipt[] = [];
  readonly moments: Moment[] = [];
  private readonly path: Path;
  private readonly socket: CoapSocket;
  private readonly management: Management;
  private readonly registrations: Registrations;
  private closed = false;

  private constructor(socket: CoapSocket, path: Path) {
    this.socket = socket;
    this.path = path;
    this.management = new Management(socket, systemClock);
    this.registrations = new Registrations({
      onRegistered: ({ peer, endpoint }) => {
        this.note("registered");
        void this.observe(peer, endpoint);
      },
      onUpdated: () => {},
      onDeregistered: () => {},
    });
  }

  static async start(path: Path): Promise<LedgerServer> {
    let server: LedgerServer | undefined;
    const socket = await openCoapSocket({
      onRequest: async (peer, message) => server?.serve(peer, message) ?? answer(CODE.serviceUnavailable),
    });
    server = new LedgerServer(socket, path);
    return server;
  }

  get port(): number {
    return this.socket.port;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.socket.close();
  }

  private serve(peer: Peer, message: CoapMessage): CoapMessage {
    const [first] = stringValues(message, OPTION.uriPath);
    if (first === "rd") return this.registrations.serve(peer, message);
    if (first !== "dp") return answer(CODE.notFound);
    if (!this.registrations.all.some((client) => client.peer === peer)) return answer(CODE.notFound);
    this.take("send", this.management.valuesOf(parsePath("/"), message));
    return answer(CODE.changed);
  }

  /** Until it is answered, or somebody else is registered: the link may be cut, the device not read yet. */
  private async observe(peer: Peer, endpoint: string): Promise<void> {
    let by: Receipt["by"] = "answer";
    const isThere = (): boolean =>
      !this.closed && this.registrations.all.some((client) => client.endpoint === endpoint && client.peer === peer);
    while (isThere()) {
      try {
        await this.management.observe(peer, this.path, {
          onValues: (values) => this.take(by, values),
          onEnd: () => {},
        });
        by = "notification";
        this.note("observed");
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  private take(by: Receipt["by"], values: readonly { readonly path: Path; readonly value: unknown }[]): void {
    const at = systemClock.monotonic();
    for (const { path, value } of values) this.receipts.push({ path, value: Number(value), by, at });
  }

  private note(what: Moment["what"]): void {
    this.moments.push({ what, at: systemClock.monotonic() });
  }
}
