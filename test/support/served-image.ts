/** Where images are fetched from: an HTTP server of Node's that has one. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { TestContext } from "node:test";

/** Resolves to its URI. */
export async function servedImage(t: Pick<TestContext, "after">, body: Uint8Array): Promise<string> {
  const http = createServer((_, answer) => answer.end(body)).listen(0, "127.0.0.1");
  t.after(() => http.close());
  await once(http, "listening");
  const address = http.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/firmware.bin`;
}
