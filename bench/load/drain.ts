/** What waited, as it comes to the server: by Send or in notifications. Of each path every second is expected, in order. */
import { decodeMessage } from "../../src/coap/message.ts";
import { OPTION, sortOptions, stringOption, uintOption } from "../../src/coap/options.ts";
import { CONTENT_FORMAT } from "../../src/lwm2m/formats/codec.ts";
import { senmlCbor } from "../../src/lwm2m/formats/senml-cbor.ts";
import { catalogue } from "../../src/lwm2m/objects/index.ts";
import { type Path, parsePath } from "../../src/lwm2m/path.ts";
import { cpuTime } from "../process-figures.ts";
import { round } from "../statistics.ts";
import { inTurn } from "./notifications.ts";
import { type DrainFigures, type DrainOrder, machineTime } from "./orders.ts";
import { getRequest, numbered } from "./requests.ts";
import type { LoadServer } from "./server.ts";

const SECOND = 1000;
/** Without anything new for so long, nothing more comes: in milliseconds. */
const SILENCE = 20_000;
const LOOK = 100;

/** Takes what comes, from the first registration on, until everything has come or nothing more does. */
export async function measureDrain(server: LoadServer, order: DrainOrder): Promise<DrainFigures> {
  const drain = new Drain(server, order);
  server.onSend = (payload) => drain.take(payload, ROOT);
  await server.registration();
  const own = process.cpuUsage();
  const cpu = cpuTime(order.pid);
  if (order.observe) await drain.observeAll();
  await drain.end();
  server.onSend = () => {};
  const { user, system } = process.cpuUsage(own);
  const elapsed = drain.lastAt - drain.firstAt;
  return {
    ...drain.figures(),
    seconds: round(elapsed / 1000, 1),
    cpu: (cpuTime(order.pid) - cpu) / 1e6 / elapsed,
    generatorCpu: (user + system) / 1000 / elapsed,
  };
}

class Drain {
  firstAt = 0;
  lastAt = 0;
  private readonly server: LoadServer;
  private readonly order: DrainOrder;
  /** How many of the samples of each path have come. */
  private readonly came: Map<string, number>;
  private samples = 0;
  private messages = 0;
  private disorder = 0;

  constructor(server: LoadServer, order: DrainOrder) {
    this.server = server;
    this.order = order;
    this.came = new Map(order.paths.map((path) => [path, 0]));
  }

  observeAll(): Promise<void> {
    return inTurn(this.order.paths, (path) => this.observe(path));
  }

  take(payload: Uint8Array, base: Path): void {
    this.lastAt = machineTime();
    if (this.messages++ === 0) this.firstAt = this.lastAt;
    const { since, samples } = this.order;
    for (const { path, time = 0 } of senmlCbor.decodeReport(payload, { base, typeOf: catalogue.typeOf })) {
      const nth = (time - since) / SECOND;
      // What is measured now comes between, and an answer has no time.
      if (nth < 0 || nth >= samples) continue;
      const expected = this.came.get(path) ?? 0;
      if (nth !== expected) this.disorder++;
      this.came.set(path, nth + 1);
      this.samples++;
    }
  }

  async end(): Promise<void> {
    const all = this.order.paths.length * this.order.samples;
    let before = -1;
    let since = machineTime();
    while (this.samples < all) {
      await new Promise((resolve) => setTimeout(resolve, LOOK));
      if (this.samples !== before) since = machineTime();
      else if (machineTime() - since > SILENCE) return;
      before = this.samples;
    }
  }

  private observe(text: string): Promise<void> {
    const options = [
      uintOption(OPTION.observe, 0),
      uintOption(OPTION.accept, CONTENT_FORMAT.senmlCbor),
      stringOption(OPTION.uriQuery, "con=1"),
    ];
    const path = parsePath(text);
    const { bytes, token } = numbered(getRequest(text, sortOptions(options)));
    return new Promise((resolve) => {
      this.server.observe(bytes, token, this.server.client, (answer) => {
        resolve();
        this.take(decodeMessage(answer).payload, path);
      });
    });
  }

  figures(): Pick<DrainFigures, "count" | "perSecond" | "messages" | "missing" | "disorder"> {
    const all = this.order.paths.length * this.order.samples;
    return {
      count: this.samples,
      perSecond: round((this.samples * 1000) / (this.lastAt - this.firstAt)),
      messages: this.messages,
      missing: all - this.samples,
      disorder: this.disorder,
    };
  }
}

const ROOT = parsePath("/");
