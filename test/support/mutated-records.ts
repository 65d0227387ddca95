/** Records as a stranger on the way would send them: those of real conversations, cut, joined and changed. */
import type { NativeDtls, NativeSettings } from "../../src/dtls/native.ts";
import { converse, Speaker } from "./dtls.ts";
import { fakeRandom } from "./fake-clock.ts";

export interface Stranger {
  /** A datagram, another one each time; the same ones in each run. */
  next(): Uint8Array;
}

/** `other`: of the server, where they are not those of the client. */
export function aStranger(native: NativeDtls, settings: NativeSettings, other = settings): Stranger {
  return aStrangerWhoHeard(overheard(native, settings, other));
}

export function aStrangerWhoHeard(heard: readonly Uint8Array[]): Stranger {
  const random = fakeRandom(7);
  const below = (limit: number): number => {
    const [a = 0, b = 0, c = 0] = random(3);
    return ((a << 16) | (b << 8) | c) % limit;
  };
  const any = (): Uint8Array => heard[below(heard.length)] ?? Uint8Array.of(22);
  const changes: readonly ((bytes: Uint8Array) => Uint8Array)[] = [
    (bytes) => bytes.with(below(bytes.length), below(256)),
    // In the header of a record are the fields that decide.
    (bytes) => bytes.with(below(Math.min(13, bytes.length)), below(256)),
    (bytes) => bytes.slice(0, 1 + below(bytes.length)),
    (bytes) => Buffer.concat([bytes, any()]),
    (bytes) => Buffer.concat([bytes.subarray(0, 11), Uint8Array.of(0, below(40)), bytes.subarray(13)]),
  ];
  return {
    next() {
      let bytes = any();
      for (let left = 1 + below(3); left > 0; left--)
        bytes = (changes[below(changes.length)] ?? ((same) => same))(bytes);
      return bytes;
    },
  };
}

/** What goes over the wire in a handshake and in a short conversation, both ways. */
function overheard(native: NativeDtls, settings: NativeSettings, other: NativeSettings): readonly Uint8Array[] {
  const all: Uint8Array[] = [];
  const overhear = (datagram: Uint8Array): void => {
    all.push(datagram);
  };
  const client = new Speaker(native, settings, overhear);
  const server = new Speaker(native, { ...other, server: true }, overhear);
  client.take(client.engine.start());
  converse(client, server);
  for (const speaker of [client, server]) speaker.say("x".repeat(20));
  converse(client, server);
  for (const { engine } of [client, server]) engine.dispose();
  return all;
}
