/** An outbox over a real history, whose messages are recorded in place of being sent. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/clock.ts";
import { SECOND } from "../../src/clock.ts";
import { CODE } from "../../src/coap/codes.ts";
import { NO_PAYLOAD } from "../../src/coap/options.ts";
import { Outbox } from "../../src/servers/outbox.ts";
import type { NotificationPort, OutboxOptions, PackPort } from "../../src/servers/outbox-ports.ts";
import { type HistoryWorld, openHistory } from "./history.ts";
import { recordingLogger } from "./recording-logger.ts";

/** A history in a folder of its own, which goes with the process. */
export function aHistory(clock: Clock): HistoryWorld {
  const directory = mkdtempSync(join(tmpdir(), "lwm2m-gateway-"));
  folders.push(directory);
  return openHistory(directory, { clock });
}

const folders: string[] = [];
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A server that takes no Send. */
export const NO_SEND: PackPort = {
  canSend: () => false,
  delivery: () => "notify",
  write: () => ({ code: CODE.post, options: [], payload: NO_PAYLOAD }),
  isThere: () => true,
  transmit: () => () => {},
};

export function makeOutbox(
  notifications: NotificationPort,
  { clock, ...others }: Partial<OutboxOptions> & { readonly clock: Clock },
): Outbox {
  return new Outbox(() => ({
    history: aHistory(clock).history,
    notifications,
    packs: NO_SEND,
    nstart: 1,
    ackTimeout: 2 * SECOND,
    maxMessage: 1024,
    clock,
    log: recordingLogger([]),
    ...others,
  }));
}
