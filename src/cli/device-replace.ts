import { askGateway, NotRunning, SOCKET_OPTION } from "./admin.ts";
import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";

/** The disk keeps nothing of the hardware: only a gateway that runs has learned something of it. */
export const deviceReplace: Command = {
  name: "device replace",
  summary: "Tells the running gateway that the hardware of a device was swapped: prefix and history stay.",
  positionals: "ID",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    json: { type: "boolean", help: "Prints the outcome as JSON." },
  },
  async run(args) {
    const id = oneId(args);
    const prefix = await replaced(args, id);
    const text =
      prefix === undefined
        ? `no gateway runs, so nothing was learned of the old hardware: ${id} keeps its prefix and history`
        : `/${prefix} keeps its numbers and history; its counters may begin anew`;
    process.stdout.write(`${args.flag("json") ? JSON.stringify({ device: id, prefix }) : text}\n`);
    return EXIT.ok;
  },
};

async function replaced(args: Arguments, id: string): Promise<string | undefined> {
  try {
    const route = `/v1/devices/${encodeURIComponent(id)}/replace`;
    // The answer is our own program's, on a socket that only its user can open.
    return ((await askGateway(args, route, POSTED)) as { readonly prefix: string }).prefix;
  } catch (error) {
    if (error instanceof NotRunning) return undefined;
    throw error;
  }
}

const POSTED = { body: undefined, patience: 5000 };

/** The one positional argument. Throws UsageError. */
export function oneId({ positionals }: Arguments): string {
  const [id, surplus] = positionals;
  if (id === undefined) throw new UsageError("which device? expected the ID that it has, or had, in the configuration");
  if (surplus !== undefined) throw new UsageError(`one device at a time: "${surplus}" is too much`);
  return id;
}
