import { systemClock } from "../clock.ts";
import { table } from "../table.ts";
import { askGateway, SOCKET_OPTION } from "./admin.ts";
import { type Command, EXIT } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { pathArguments, routeOf } from "./path-arguments.ts";
import { whileWaiting } from "./progress.ts";
import type { ReadAnswer } from "./routes/operator.ts";
import { valueRow } from "./value-text.ts";

/** As a server would read it; a device that has not been asked for long is asked. */
export const read: Command = {
  name: "read",
  summary: "Reads values of the running gateway and its devices.",
  positionals: "PATH...",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    json: { type: "boolean", help: "Prints the values as JSON." },
  },
  async run(args) {
    const paths = pathArguments(args.positionals);
    // A line may be slow, and many wait for their turn on it.
    const ask = () => askGateway(args, routeOf("/v1/read", paths), { patience: PATIENCE });
    // The answer is our own program's, on a socket that only its user can open.
    const answer = (await whileWaiting(!args.flag("json"), `reading ${paths.join(" ")}`, ask)) as ReadAnswer;
    const now = systemClock.wall();
    const text = args.flag("json")
      ? JSON.stringify(answer, undefined, 2)
      : table(answer.values.map((value) => valueRow(value, now))).join("\n");
    if (text !== "") process.stdout.write(`${text}\n`);
    if (args.flag("json")) return answer.errors.length === 0 ? EXIT.ok : EXIT.failure;
    for (const { path, error, code } of answer.errors)
      process.stderr.write(`lwm2m-gateway: ${path}: ${error} [${code}]\n`);
    return answer.errors.length === 0 ? EXIT.ok : EXIT.failure;
  },
};

const PATIENCE = 300_000;
