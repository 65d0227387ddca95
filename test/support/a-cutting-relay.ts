/** A TCP hop before a real server that ends each of its first connections after so many bytes of the answer. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { Lifetime } from "./process.ts";

export interface CuttingRelay {
  readonly port: number;
  readonly connections: () => number;
}

export async function aCuttingRelay(t: Lifetime, server: number, cuts: number[]): Promise<CuttingRelay> {
  let connections = 0;
  const relay = createServer((client) => {
    connections++;
    const cut = cuts.shift();
    const far = connect({ host: "127.0.0.1", port: server });
    let passed = 0;
    far.on("data", (bytes) => {
      const left = cut === undefined ? bytes.length : Math.max(0, cut - passed);
      passed += bytes.length;
      client.write(bytes.subarray(0, left), () => {
        if (left < bytes.length) client.resetAndDestroy();
      });
    });
    client.on("data", (bytes) => far.write(bytes));
    for (const [one, other] of [
      [client, far],
      [far, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.end());
    }
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  t.after(() => relay.close());
  const address = relay.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, connections: () => connections };
}
