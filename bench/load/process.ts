/** The load generator, a process of its own: takes orders over the channel to its parent, one at a time. */

import type { Engine } from "../../src/dtls/native.ts";
import { measureDrain } from "./drain.ts";
import { measureNotifications } from "./notifications.ts";
import type { Answers, ListenOrder, Order } from "./orders.ts";
import { measureReads } from "./reads.ts";
import { getWhole } from "./requests.ts";
import { CONNECTION_ID, serverEngine } from "./secured.ts";
import { LoadServer } from "./server.ts";

let server: LoadServer | undefined;

// Without the benchmark there is nobody to play the server for.
process.on("disconnect", () => process.exit());
process.on("message", (order: Order) => {
  void obey(order).then(
    (answer) => process.send?.({ answer }),
    (error: Error) => process.send?.({ error: error.message }),
  );
});

async function obey(order: Order): Promise<Answers[Order["type"]]> {
  if (order.type === "listen") {
    server?.close();
    server = await LoadServer.open(associationFor(order));
    return { port: server.port };
  }
  if (server === undefined) throw new Error("the first order is to listen");
  switch (order.type) {
    case "registration":
      return within(server.registration(), order.limit);
    case "registrations":
      return registrationsFigures(await within(server.registrations(order.count), order.limit));
    case "get":
      return getWhole(server, order);
    case "reads":
      return measureReads(server, order);
    case "notifications":
      return measureNotifications(server, order);
    case "drain":
      return measureDrain(server, order);
  }
}

function registrationsFigures(times: readonly number[]): Answers["registrations"] {
  const mostASecond = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length));
  return { firstAt: times[0] ?? 0, lastAt: times.at(-1) ?? 0, mostASecond };
}

function associationFor({ security }: ListenOrder): Engine | undefined {
  if (security === "none") return undefined;
  return serverEngine(security === "DTLS" ? undefined : CONNECTION_ID);
}

async function within<T>(promise: Promise<T>, limit: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nobody registered within ${limit} ms`)), limit);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
