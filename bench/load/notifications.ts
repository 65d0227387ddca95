/** Many observations at once: what comes of them is counted and put in order, while ordinary reads go on. */
import { CODE } from "../../src/coap/codes.ts";
import { decodeMessage, TYPE } from "../../src/coap/message.ts";
import { OPTION, stringOption, uintOption, uintValue } from "../../src/coap/options.ts";
import { cpuTime } from "../process-figures.ts";
import { percentile, round } from "../statistics.ts";
import { machineTime, type NotificationsFigures, type NotificationsOrder } from "./orders.ts";
import { getRequest, numbered } from "./requests.ts";
import type { LoadServer } from "./server.ts";

/** RFC 7252 §4.8: ACK_TIMEOUT, in milliseconds: when a client would send its request again. */
const ACK_TIMEOUT = 2000;
/** How many Observe requests are under way at the same time. */
const OBSERVES_AT_ONCE = 16;
/** RFC 7641 §3.4: of two numbers the later one is ahead by less than half their range. */
const HALF_RANGE = 1 << 23;
const RANGE = 1 << 24;

/** Observes every path, counts for the duration, and ends the observations. Rejects where one is not granted. */
export async function measureNotifications(
  server: LoadServer,
  order: NotificationsOrder,
): Promise<NotificationsFigures> {
  const notifications = new Notifications(server, order);
  await notifications.observeAll();
  await pause(order.settle);
  const figures = await counted(notifications, new ReadsMeanwhile(server, order), order);
  await notifications.endAll();
  return figures;
}

async function counted(
  notifications: Notifications,
  reads: ReadsMeanwhile,
  { duration, pid }: NotificationsOrder,
): Promise<NotificationsFigures> {
  const before = notifications.tally;
  const own = process.cpuUsage();
  const cpu = cpuTime(pid);
  const start = machineTime();
  reads.start();
  await pause(duration);
  const elapsed = machineTime() - start;
  const { user, system } = process.cpuUsage(own);
  const busy = cpuTime(pid) - cpu;
  const after = notifications.tally;
  const count = after.count - before.count;
  return {
    count,
    perSecond: round((count * 1000) / elapsed),
    outOfOrder: after.outOfOrder - before.outOfOrder,
    failed: after.failed - before.failed,
    cpu: busy / 1e6 / elapsed,
    generatorCpu: (user + system) / 1000 / elapsed,
    ...(await reads.end()),
  };
}

interface Tally {
  readonly count: number;
  readonly outOfOrder: number;
  readonly failed: number;
}

interface Observed {
  readonly path: string;
  token: number;
  /** Of the newest notification. */
  sequence: number;
  value: number;
}

class Notifications {
  private readonly server: LoadServer;
  private readonly confirmable: boolean;
  private readonly observed: readonly Observed[];
  private count = 0;
  private outOfOrder = 0;
  private failed = 0;

  constructor(server: LoadServer, { paths, confirmable }: NotificationsOrder) {
    this.server = server;
    this.confirmable = confirmable;
    this.observed = paths.map((path) => ({ path, token: 0, sequence: 0, value: Number.NEGATIVE_INFINITY }));
  }

  get tally(): Tally {
    return { count: this.count, outOfOrder: this.outOfOrder, failed: this.failed };
  }

  observeAll(): Promise<void> {
    return inTurn(this.observed, (observation) => this.observe(observation));
  }

  endAll(): Promise<void> {
    return inTurn(this.observed, (observation) => this.end(observation));
  }

  /** An attribute says how the notifications come, and so does the type of the request, for programs without attributes. */
  private observe(observation: Observed): Promise<void> {
    const con = stringOption(OPTION.uriQuery, `con=${this.confirmable ? 1 : 0}`);
    const type = this.confirmable ? TYPE.con : TYPE.non;
    const request = getRequest(observation.path, [uintOption(OPTION.observe, 0), con], type);
    const { bytes, token } = numbered(request);
    observation.token = token;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${observation.path} was not observed in time`)), ACK_TIMEOUT);
      this.server.observe(bytes, token, this.server.client, (answer) => {
        clearTimeout(late);
        resolve();
        this.take(observation, answer);
      });
    });
  }

  /** With the same token and Observe 1 (RFC 7641 §3.6). */
  private end({ path, token }: Observed): Promise<void> {
    const { bytes } = numbered(getRequest(path, [uintOption(OPTION.observe, 1)]));
    bytes.writeUInt32BE(token, 4);
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(late);
        this.server.forget(token);
        resolve();
      };
      const late = setTimeout(settle, ACK_TIMEOUT);
      this.server.observe(bytes, token, this.server.client, (answer) => {
        if (uintValue(decodeMessage(answer), OPTION.observe) === undefined) settle();
      });
    });
  }

  private take(observation: Observed, answer: Uint8Array): void {
    const message = decodeMessage(answer);
    const sequence = uintValue(message, OPTION.observe);
    const value = message.payload.length === 0 ? Number.NaN : Number(new TextDecoder().decode(message.payload));
    this.count++;
    if (message.code !== CODE.content || sequence === undefined || Number.isNaN(value)) {
      this.failed++;
      return;
    }
    const ahead = (sequence - observation.sequence + RANGE) % RANGE;
    const first = observation.value === Number.NEGATIVE_INFINITY;
    if (!first && (ahead === 0 || ahead >= HALF_RANGE || value <= observation.value)) this.outOfOrder++;
    observation.sequence = sequence;
    observation.value = value;
  }
}

/** Ordinary reads, one after the other at their times, whether the one before was answered or not. */
class ReadsMeanwhile {
  private readonly server: LoadServer;
  private readonly order: NotificationsOrder;
  private readonly latencies: number[] = [];
  private readonly running = new Set<number>();
  private sent = 0;
  private timeouts = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(server: LoadServer, order: NotificationsOrder) {
    this.server = server;
    this.order = order;
  }

  start(): void {
    this.timer = setInterval(() => this.read(), this.order.readEvery);
  }

  /** Waits for the last answers. */
  async end(): Promise<Pick<NotificationsFigures, "reads" | "readP50" | "readP99" | "readTimeouts">> {
    clearInterval(this.timer);
    if (this.running.size > 0) await pause(ACK_TIMEOUT);
    const sorted = Float64Array.from(this.latencies).sort();
    if (sorted.length === 0) throw new Error("no read was answered");
    return {
      reads: this.sent,
      readP50: round(percentile(sorted, 50) * 1000),
      readP99: round(percentile(sorted, 99) * 1000),
      readTimeouts: this.timeouts + this.running.size,
    };
  }

  private read(): void {
    const { paths } = this.order;
    const { bytes, token } = numbered(getRequest(paths[this.sent++ % paths.length] ?? "/"));
    const start = machineTime();
    this.running.add(token);
    this.server.send(bytes, token, this.server.client, () => {
      this.running.delete(token);
      const latency = machineTime() - start;
      if (latency > ACK_TIMEOUT) this.timeouts++;
      this.latencies.push(latency);
    });
  }
}

/** A few at a time, so that neither side's socket overflows. */
export async function inTurn<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < all.length; i += OBSERVES_AT_ONCE) {
    await Promise.all(all.slice(i, i + OBSERVES_AT_ONCE).map(act));
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
