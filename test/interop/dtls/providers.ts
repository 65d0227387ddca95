/** Whoever provides DTLS, as the gateway has it: a transport with a PSK, on a real socket. */
import type { TestContext } from "node:test";
import { type Clock, systemClock, systemRandom } from "../../../src/clock.ts";
import type { ConnectionEvent } from "../../../src/coap/events.ts";
import type { Psk } from "../../../src/dtls/credentials.ts";
import { openSslProvider } from "../../../src/dtls/provider.ts";
import { DtlsTransport } from "../../../src/servers/transport/dtls.ts";
import { NodeDtlsClientTransport } from "../../../src/servers/transport/node-dtls-client.ts";
import type { Transport } from "../../../src/servers/transport/transport.ts";
import { UdpTransport } from "../../../src/servers/transport/udp.ts";
import { dtlsAddon } from "../../support/dtls.ts";
import { settleUntil } from "../../support/fake-clock.ts";
import { recordingLogger } from "../../support/recording-logger.ts";

export const PROVIDERS = ["openssl", "node-dtls-client"] as const;
export type Provider = (typeof PROVIDERS)[number];

export const KEY = Buffer.from("0123456789abcdef");

export interface Ours {
  readonly transport: Transport;
  readonly events: ConnectionEvent[];
  /** The message IDs that were answered. */
  readonly answered: ReadonlySet<number>;
  /** GET /: of an answer the message ID is that of the request. */
  ask(messageId: number): void;
  isAnswered(messageId: number): Promise<void>;
}

export interface OursOptions {
  readonly port: number;
  readonly key?: Uint8Array;
  readonly clock?: Clock;
}

/** Undefined, the test being skipped, where the provider cannot be had. */
export async function ourEnd(t: TestContext, provider: Provider, options: OursOptions): Promise<Ours | undefined> {
  const transport = makeTransport(t, provider, options);
  if (transport === undefined) return undefined;
  const events: ConnectionEvent[] = [];
  const answered = new Set<number>();
  await transport.open(
    (bytes) => answered.add(Buffer.from(bytes).readUInt16BE(2)),
    (event) => events.push(event),
  );
  t.after(() => transport.close());
  const ask = (messageId: number): void => transport.send(Buffer.from([0x40, 1, messageId >> 8, messageId & 0xff]));
  return {
    ...{ transport, events, answered, ask },
    async isAnswered(messageId) {
      ask(messageId);
      await settleUntil(`message ${messageId} is answered`, () => answered.has(messageId));
    },
  };
}

/** One that runs so many times as fast as the machine's: what takes a minute is to be seen, not waited for. */
export function fastClock(times: number): Clock {
  return {
    monotonic: () => systemClock.monotonic() * times,
    wall: () => systemClock.wall(),
    at: (time, task) => systemClock.at(time / times, task),
  };
}

function makeTransport(t: TestContext, provider: Provider, options: OursOptions): Transport | undefined {
  const { port, key = KEY, clock = systemClock } = options;
  const psk: Psk = { mode: "psk", identity: "gateway-1", key };
  const parts = {
    ...{ host: "127.0.0.1", port, clock, random: systemRandom, log: recordingLogger([]) },
    security: { credentials: psk, connectionId: "off", provider },
  } as const;
  if (provider === "node-dtls-client") return new NodeDtlsClientTransport({ ...parts, psk });
  const native = dtlsAddon(t);
  if (native === undefined) return undefined;
  const wire = new UdpTransport({ host: "127.0.0.1", port });
  const certificateTime = () => ({ now: undefined });
  return new DtlsTransport({ ...parts, wire, provider: openSslProvider(native), certificateTime });
}
