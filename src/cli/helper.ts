import { serveHelper } from "../service/helper/serve.ts";
import { type Command, EXIT } from "./command.ts";

/** What lwm2m-gateway-helper@.service runs as root; nobody types it. */
export const helper: Command = {
  name: "helper",
  summary: "Reboots, resets or sets the clock for the gateway: systemd starts it.",
  options: {},
  async run() {
    const audit = (sentence: string): void => void process.stderr.write(`lwm2m-gateway-helper: ${sentence}\n`);
    const done = await serveHelper({ input: process.stdin, output: process.stdout, audit });
    process.stdin.destroy();
    return done ? EXIT.ok : EXIT.failure;
  },
};
