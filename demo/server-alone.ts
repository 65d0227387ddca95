/** `npm run server`: the demonstration's LwM2M Server by itself, for a gateway with a configuration of its own. */
import { parseArgs } from "node:util";
import { reasonOf } from "../src/errors.ts";
import { DemoServer } from "./server.ts";
import { View } from "./view.ts";

const REDRAW = 500;
const TEND = 5000;
const USAGE = "usage: npm run server -- [--host ADDRESS] [--port PORT]   (127.0.0.1 and 5683 where none is named)";

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { host: { type: "string" }, port: { type: "string" } } });
  const { host = "127.0.0.1", port = "5683" } = values;
  const view = new View(process.stdout, [
    `LwM2M Server on coap://${host}:${port}, for trials: it asks nobody who he is. Ctrl-C ends it.`,
  ]);
  const server = await DemoServer.start(
    {
      onEvent: (sentence) => view.event(sentence),
      onValues: (client, received) => view.values(client, received),
    },
    { host, port: Number(port) },
  );
  setInterval(() => view.draw(server.clients), REDRAW).unref();
  setInterval(() => server.tend(), TEND).unref();
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => resolve());
  });
  await server.close();
  return 0;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${reasonOf(error)}\n${USAGE}\n`);
  return 1;
});
