/** Whether anybody answers from there: one datagram, on a socket of its own, beside all that goes on. */
import { createSocket } from "node:dgram";
import { type Clock, type Millis, SECOND } from "../../clock.ts";
import type { Uplink } from "../uplink/selection.ts";

export interface Asked {
  readonly address: string;
  readonly port: number;
}

/** Said so often, so far apart: as long as RFC 7252 §4.8 waits for its first acknowledgements. */
const TIMES = 3;
const APART: Millis = 2 * SECOND;

/** Whether any datagram came from there; false also where the address is not ours any more. Takes six seconds at most. */
export function answersFrom(
  from: Uplink,
  { address, port }: Asked,
  datagram: Uint8Array,
  clock: Clock,
): Promise<boolean> {
  const socket = createSocket(from.family === 6 ? "udp6" : "udp4");
  return new Promise((resolve) => {
    let cancel = (): void => {};
    let over = false;
    const end = (answers: boolean): void => {
      if (over) return;
      over = true;
      cancel();
      socket.close();
      resolve(answers);
    };
    const say = (left: number): void => {
      if (left > 0) socket.send(datagram, port, address, () => {});
      cancel = clock.at(clock.monotonic() + APART, () => (left > 1 ? say(left - 1) : end(false)));
    };
    socket.on("error", () => end(false));
    socket.on("message", (_datagram, { address: host, port: service }) => {
      if (host === address && service === port) end(true);
    });
    socket.bind({ address: from.address }, () => say(TIMES));
  });
}
