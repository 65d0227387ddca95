/** Server-sent events (HTML Living Standard §9.2), written and read. */
import type { ServerResponse } from "node:http";
import { type Clock, SECOND } from "../clock.ts";
import { fromJson, toJson } from "./json.ts";
import type { Stream, StreamEvent } from "./route.ts";

/** Whatever stands in between takes a line on which nothing comes for dead. */
export const KEEP_ALIVE = 15 * SECOND;

/** Until the events end: they do where whoever listens has gone. */
export async function sendEvents(
  response: ServerResponse,
  { events }: Stream,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  response.writeHead(200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-accel-buffering": "no",
  });
  // The head goes now: whoever listens knows that it does.
  response.write(": \n\n");
  const stopBeating = beat(response, clock);
  try {
    for await (const event of events) {
      if (signal.aborted) return;
      if (!response.write(textOf(event))) await drained(response);
    }
  } finally {
    stopBeating();
    response.end();
  }
}

/** Reads what the other end writes, as it comes. */
export async function* readEvents(chunks: AsyncIterable<string>): AsyncGenerator<StreamEvent> {
  let rest = "";
  for await (const chunk of chunks) {
    const blocks = `${rest}${chunk}`.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) yield event;
    }
  }
}

function textOf({ event, data }: StreamEvent): string {
  return `event: ${event}\ndata: ${toJson(data)}\n\n`;
}

/** Undefined for a comment. */
function eventOf(block: string): StreamEvent | undefined {
  const fields = new Map(
    block.split("\n").map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const [event, data] = [fields.get("event"), fields.get("data")];
  return event === undefined || data === undefined ? undefined : { event, data: fromJson(data) };
}

function beat(response: ServerResponse, clock: Clock): () => void {
  let cancel = (): void => {};
  const again = (): void => {
    cancel = clock.at(clock.monotonic() + KEEP_ALIVE, () => {
      // One that takes nothing anyway needs no more of it.
      if (!response.writableNeedDrain) response.write(": \n\n");
      again();
    });
  };
  again();
  return () => cancel();
}

/** Or closed, for good. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}
