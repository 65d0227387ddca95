/** Our end of an association with somebody else's program, on a socket and in real time. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { systemClock } from "../../../src/clock.ts";
import {
  type AssociationOptions,
  DtlsAssociation,
  type DtlsEffect,
  type DtlsEnd,
  type DtlsEvent,
  type DtlsSession,
} from "../../../src/dtls/association.ts";
import type { Credentials } from "../../../src/dtls/credentials.ts";
import type { NativeDtls } from "../../../src/dtls/native.ts";
import { drive } from "../../../src/machine.ts";
import type { Lifetime } from "../../support/process.ts";

export interface OurEnd {
  /** Or why there is none, in words. */
  readonly session: Promise<DtlsSession>;
  readonly ended: Promise<DtlsEnd>;
  say(text: string): void;
  /** Resolves with all that was heard, once that matches. */
  hears(pattern: RegExp): Promise<string>;
  /** The same association on another socket, with another port. */
  rebind(): Promise<void>;
  close(): void;
}

export interface Theirs {
  readonly port: number;
  readonly credentials: Credentials;
  readonly options?: Partial<AssociationOptions>;
}

export async function connectTo(
  t: Lifetime,
  native: NativeDtls,
  { port, credentials, options }: Theirs,
): Promise<OurEnd> {
  let socket = await connectedSocket(port);
  const association = new DtlsAssociation(native, credentials, { host: "lwm2m.example", time: Date.now(), ...options });
  const session = promised<DtlsSession>();
  const ended = promised<DtlsEnd>();
  session.promise.catch(() => {});
  let heard = "";
  const listeners: (() => void)[] = [];
  const perform = (effect: DtlsEffect): void => {
    if (effect.type === "send") socket.send(effect.bytes);
    if (effect.type === "received") {
      heard += Buffer.from(effect.bytes).toString();
      for (const listener of listeners.splice(0)) listener();
    }
    if (effect.type === "connected") session.resolve(effect.session);
    if (effect.type === "closed") {
      const { why } = effect;
      session.reject(new Error(why.by === "failure" ? why.failure.message : `closed by ${why.by}`));
      ended.resolve(why);
    }
  };
  const feed = drive<DtlsEvent, DtlsEffect>(association, systemClock, perform);
  const listen = (): void => {
    socket.on("message", (bytes) => feed({ type: "datagram", bytes }));
  };
  listen();
  t.after(() => {
    feed({ type: "close" });
    feed.stop();
    socket.close();
  });
  feed({ type: "connect" });
  return {
    session: session.promise,
    ended: ended.promise,
    say: (text) => feed({ type: "send", bytes: Buffer.from(text) }),
    async rebind() {
      const before = socket;
      // The other one is there first, so that it has another port.
      socket = await connectedSocket(port);
      before.close();
      listen();
    },
    close: () => feed({ type: "close" }),
    async hears(pattern) {
      while (!pattern.test(heard)) await new Promise<void>((resolve) => listeners.push(resolve));
      return heard;
    },
  };
}

async function connectedSocket(port: number): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.connect(port, "127.0.0.1");
  await once(socket, "connect");
  // Nobody listens there yet, or any more: as good as a lost datagram.
  socket.on("error", () => {});
  return socket;
}

function promised<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return { promise, resolve, reject };
}
