/** Many reads at once: a window of requests is under way, and each answer lets the next one out. */
import { CODE } from "../../src/coap/codes.ts";
import { cpuTime } from "../process-figures.ts";
import { percentile, round } from "../statistics.ts";
import { machineTime, type ReadsFigures, type ReadsOrder } from "./orders.ts";
import { getRequest, numbered } from "./requests.ts";
import { LoadServer } from "./server.ts";

/** How long the last answers may take before they count as lost. */
const PATIENCE = 2000;

/** Reads until the count or the limit is reached. A request that is not answered keeps its place in the window empty. */
export async function measureReads(server: LoadServer, order: ReadsOrder): Promise<ReadsFigures> {
  const asker = order.newPort ? await LoadServer.open() : server;
  try {
    return await run(new Reads(asker, server, order), order);
  } finally {
    if (order.newPort) asker.close();
  }
}

async function run(reads: Reads, { limit, pid }: ReadsOrder): Promise<ReadsFigures> {
  const own = process.cpuUsage();
  const cpu = cpuTime(pid);
  const start = machineTime();
  await reads.run(limit);
  const duration = machineTime() - start - reads.waited;
  const { user, system } = process.cpuUsage(own);
  const sorted = reads.latencies.slice(0, reads.answered).sort();
  const count = sorted.length;
  if (count === 0) throw new Error("no read was answered");
  return {
    count,
    perSecond: round((count * 1000) / duration),
    p50: round(percentile(sorted, 50) * 1000),
    p99: round(percentile(sorted, 99) * 1000),
    p999: round(percentile(sorted, 99.9) * 1000),
    cpu: round((cpuTime(pid) - cpu) / 1000 / count, 2),
    generatorCpu: round((user + system) / count, 2),
    failed: reads.failed,
  };
}

class Reads {
  readonly latencies: Float64Array;
  answered = 0;
  failed = 0;
  /** How much of the run was spent waiting for answers that were lost. */
  waited = 0;
  private readonly asker: LoadServer;
  private readonly client: LoadServer["client"];
  private readonly requests: readonly Buffer[];
  private readonly order: ReadsOrder;
  private sent = 0;
  private settled = 0;
  private stopped = false;
  private onEnd: () => void = () => {};

  constructor(asker: LoadServer, server: LoadServer, order: ReadsOrder) {
    this.asker = asker;
    this.client = server.client;
    this.order = order;
    this.requests = order.paths.map((path) => getRequest(path));
    this.latencies = new Float64Array(order.count);
  }

  async run(limit: number): Promise<void> {
    const end = new Promise<void>((resolve) => {
      this.onEnd = resolve;
    });
    for (let i = 0; i < this.order.window; i++) this.next();
    const timer = setTimeout(() => this.stop(), limit);
    await end;
    clearTimeout(timer);
  }

  private next(): void {
    const request = this.requests[this.sent % this.requests.length];
    if (request === undefined) throw new RangeError("there is no path to read");
    this.sent++;
    const { bytes, token } = numbered(request);
    const start = machineTime();
    this.asker.send(bytes, token, this.client, (answer) => {
      this.settled++;
      if (answer[1] === CODE.content) this.latencies[this.answered++] = machineTime() - start;
      else this.failed++;
      if (this.stopped || this.sent === this.order.count) this.endIfSettled();
      else this.next();
    });
  }

  private endIfSettled(): void {
    if (this.settled === this.sent) this.onEnd();
  }

  private stop(): void {
    this.stopped = true;
    this.endIfSettled();
    const since = machineTime();
    setTimeout(() => {
      if (this.settled === this.sent) return;
      this.failed += this.sent - this.settled;
      this.waited = machineTime() - since;
      this.onEnd();
    }, PATIENCE).unref();
  }
}
