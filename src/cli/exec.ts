import { Lwm2mError } from "../errors.ts";
import { parseExecuteArguments } from "../lwm2m/execute-arguments.ts";
import { askGateway, SOCKET_OPTION } from "./admin.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { CONFIG_OPTION } from "./config-option.ts";
import { pathArgument } from "./path-arguments.ts";
import { whileWaiting } from "./progress.ts";

/** As a server would execute it. */
export const exec: Command = {
  name: "exec",
  summary: "Executes a resource of the running gateway or of a device, such as a reboot.",
  positionals: "PATH [ARGS]",
  options: {
    config: CONFIG_OPTION,
    socket: SOCKET_OPTION,
    json: { type: "boolean", help: "Prints what was executed as JSON." },
  },
  async run(args) {
    const [path, list = "", surplus] = args.positionals;
    if (path === undefined) throw new UsageError("which path? expected PATH, such as /meter-1/3305/0/5822");
    if (surplus !== undefined)
      throw new UsageError(`"${surplus}" is too much: all arguments stand in one word, "0='60',1"`);
    const body = { path: pathArgument(path), args: checked(list) };
    const ask = () => askGateway(args, "/v1/execute", { body, patience: PATIENCE });
    const answer = await whileWaiting(!args.flag("json"), `executing ${body.path}`, ask);
    process.stdout.write(`${args.flag("json") ? JSON.stringify(answer) : `${body.path} done`}\n`);
    return EXIT.ok;
  },
};

const PATIENCE = 300_000;

/** Throws UsageError. */
function checked(list: string): string {
  try {
    parseExecuteArguments(list);
    return list;
  } catch (error) {
    if (!(error instanceof Lwm2mError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}
