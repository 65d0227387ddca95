/** Where images are fetched from: an HTTP server of Node's that has one. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** Resolves to its URI. */
export async function servedImage(
  t: Pick<TestContext, "after">,
  body: Uint8Array,
  name = "firmware.bin",
): Promise<string> {
  const server = createServer((_, answer) => answer.setHeader("content-length", body.length).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return `http://127.0.0.1:${port}/${name}`;
}
