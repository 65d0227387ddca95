import { systemClock, systemRandom } from "../clock.ts";
import { type Arguments, type Command, EXIT, UsageError } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";
import { LOG_LEVELS, pinoLogger } from "./pino-logger.ts";
import { type Cabinet, cabinetOfLink, cabinetOfMapping } from "./sim-plans.ts";
import { simulateCabinet } from "./simulated-cabinet.ts";

/** Runs mappings backwards: real sockets that answer as the devices would. */
export const sim: Command = {
  name: "sim",
  summary:
    "Plays devices: a mapping, or all devices of a link of the configuration, as real slaves with moving values.",
  positionals: "[MAPPING]",
  options: {
    unit: {
      type: "string",
      value: "LIST",
      help: "Modbus addresses to answer as, e.g. 1,2,7: short for --param unit_id=LIST.",
    },
    param: {
      type: "string",
      value: "NAME=VALUE",
      help: "A parameter of the mapping; may be repeated.",
    },
    link: { type: "string", value: "ID", help: "Instead of MAPPING: every device of this link of the configuration." },
    config: CONFIG_OPTION,
    host: { type: "string", value: "ADDRESS", help: "Where to listen.", default: "127.0.0.1" },
    port: { type: "string", value: "PORT", help: "Where to listen; 0 takes a free port.", default: "1502" },
    json: { type: "boolean", help: "Prints the address as JSON, for scripts." },
  },
  async run(args) {
    const { plans, adapter } = await cabinetOf(args);
    const context = { clock: systemClock, random: systemRandom, log: pinoLogger(LOG_LEVELS[2]) };
    const address = { host: args.text("host") ?? "127.0.0.1", port: portOf(args) };
    const simulation = await simulateCabinet(plans, adapter, address, context);
    const where = Object.values(simulation.address).join(":");
    const who = plans.map(({ id, mapping }) => `${id} (${mapping})`).join(", ");
    process.stdout.write(`${args.flag("json") ? JSON.stringify(simulation.address) : `playing ${who} on ${where}`}\n`);
    await endSignal();
    await simulation.close();
    return EXIT.ok;
  },
};

function cabinetOf(args: Arguments): Promise<Cabinet> {
  const [mapping, surplus] = args.positionals;
  const link = args.text("link");
  if (surplus !== undefined) throw new UsageError(`sim takes one mapping, not "${surplus}" as well`);
  if ((mapping === undefined) === (link === undefined)) throw new UsageError("sim takes a MAPPING or --link ID");
  if (link !== undefined) return cabinetOfLink(configFile(args), link);
  const unit = args.text("unit");
  return cabinetOfMapping(mapping ?? "", [...args.texts("param"), ...(unit === undefined ? [] : [`unit_id=${unit}`])]);
}

function portOf(args: Arguments): number {
  const port = Number(args.text("port"));
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new UsageError(`--port ${args.text("port")}: expected a number from 0 to 65535`);
}

function endSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}
