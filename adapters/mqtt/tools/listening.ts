/** Listens to a broker for a time. */
import {
  DeviceError,
  type Millis,
  type ToolArguments,
  type ToolContext,
  WrongArguments,
} from "../../../src/adapter.ts";
import { until } from "../../wires/deadline.ts";
import type { BrokerConnection } from "../broker/connection.ts";
import type { Qos } from "../keys.ts";
import { Message } from "../message.ts";
import { filterFault } from "../topic-filter.ts";
import { shortened } from "./payload-text.ts";
import { connectWire, type Wire } from "./wire.ts";

export interface Listening {
  readonly filters: readonly string[];
  readonly qos: Qos;
  /** How long; it may be ended before, by the signal or by what `hear` says. */
  readonly span: Millis;
  /** Returns whether that is enough. */
  readonly hear: (message: Message) => boolean;
  /** What is done once we listen, e.g. something is published. */
  readonly begun?: (connection: BrokerConnection) => Promise<void>;
}

export interface Listened {
  /** How long it was. */
  readonly span: Millis;
  /** Why it ended before its time: the connection did. */
  readonly lost?: string;
}

/** Rejects with DeviceError where there is no connection, or where the broker refuses all filters. */
export async function listen(wire: Wire, listening: Listening, context: ToolContext): Promise<Listened> {
  const { clock, signal } = context;
  const ending = new AbortController();
  let lost: string | undefined;
  const started = clock.monotonic();
  const stop = (): void => ending.abort();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  const connection = await connectWire(
    wire,
    {
      onMessage: (received) => {
        if (!ending.signal.aborted && listening.hear(new Message(received))) stop();
      },
      onOversized: (topic, bytes) =>
        context.tell(`${shortened(topic, 200)}: a payload of ${bytes} bytes is not read: it is too large`),
      onLost: (error) => {
        lost = error.message;
        stop();
      },
    },
    context,
  );
  try {
    await subscribe(connection, listening, context);
    await listening.begun?.(connection);
    await until(clock.monotonic() + listening.span, clock, ending.signal).catch(() => {});
  } finally {
    signal.removeEventListener("abort", stop);
    if (lost === undefined) await connection.end();
  }
  return { span: clock.monotonic() - started, ...(lost === undefined ? {} : { lost }) };
}

async function subscribe(
  connection: BrokerConnection,
  { filters, qos }: Listening,
  { tell }: ToolContext,
): Promise<void> {
  const refusals = await connection.subscribe(filters.map((filter) => ({ filter, qos })));
  const sentences = filters.flatMap((filter, i) => {
    const why = refusals[i];
    return why === undefined ? [] : [`the broker refuses to tell of "${filter}": ${why}`];
  });
  if (filters.length > 0 && sentences.length === filters.length)
    throw new DeviceError("rejected", sentences.join("; "));
  for (const sentence of sentences) tell(sentence);
}

/** Throws WrongArguments. */
export function filterOf(text: string): string {
  const fault = filterFault(text);
  if (fault === undefined) return text;
  throw new WrongArguments(fault);
}

/** Throws WrongArguments. */
export function qosOf(args: ToolArguments): Qos {
  const text = args.text("qos") ?? "0";
  if (text === "0" || text === "1" || text === "2") return text === "0" ? 0 : text === "1" ? 1 : 2;
  throw new WrongArguments(`--qos ${text}: expected 0, 1 or 2`);
}
