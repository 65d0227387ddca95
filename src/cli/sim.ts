import { type AdapterModule, type SimulateOptions, type Simulation, WrongArguments } from "../adapter.ts";
import { systemClock, systemRandom } from "../clock.ts";
import { formatProblem } from "../errors.ts";
import type { Logger } from "../log.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";
import { closeAll, Ending, endOnBug } from "./ending.ts";
import { pinoLogger, standardOutput } from "./pino-logger.ts";
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
      help: "Modbus addresses to answer as, e.g. 1,2,7 or 1-12: short for --param unit_id=LIST.",
    },
    param: {
      type: "string",
      value: "NAME=VALUE",
      help: "A parameter of the mapping; may be repeated.",
    },
    link: { type: "string", value: "ID", help: "Instead of MAPPING: every device of this link of the configuration." },
    config: CONFIG_OPTION,
    host: { type: "string", value: "ADDRESS", help: "Where to listen.", default: "127.0.0.1" },
    port: {
      type: "string",
      value: "PORT",
      help: "Where to listen; 0 takes a free port. Or a serial port, e.g. /dev/ttyUSB0.",
      default: "1502",
    },
    pty: { type: "string", value: "PATH", help: "Instead of a port: makes a serial port of this name (needs socat)." },
    line: { type: "string", value: "LINE", help: "Settings of the serial port; default: 9600-8N1." },
    type: {
      type: "string",
      value: "TYPE",
      help: "What is spoken, as the type of a link says it, e.g. modbus-ascii; default: modbus-tcp, on serial ports modbus-rtu; of serial mappings the port says it.",
    },
    url: { type: "string", value: "URL", help: "Of MQTT mappings: the broker, mqtt://host or mqtts://host." },
    user: { type: "string", value: "NAME", help: "User name at the broker." },
    password: { type: "string", value: "TEXT", help: "Its password; @FILE is read from that file." },
    ca: { type: "string", value: "FILE", help: "The CA of the broker's certificate, PEM." },
    faults: {
      type: "string",
      value: "LIST",
      help: "What goes wrong, e.g. crc:1%,late:2%,dead:30s,echo,exception:6:5%,short:1%,foreign:1%; of serial mappings silent, late, short, noise, damaged, dead; of MQTT mappings drop, late, garbage, malformed, wrong, huge, twice, flapping, dead; of BLE mappings missed, short, damaged, silent, late, refused, lost, dead.",
    },
    json: { type: "boolean", help: "Prints the address as JSON, for scripts." },
  },
  async run(args) {
    const { plans, adapter, problems, options } = await cabinetOf(args);
    for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
    const ending = new Ending();
    ending.listen();
    const log = pinoLogger("info", standardOutput());
    endOnBug(log);
    const simulation = await listen({ plans, adapter }, await placeOf(args, adapter, options), log);
    const where = textOf(simulation.address);
    const who = plans.map(({ id, mapping }) => `${id} (${mapping})`).join(", ");
    process.stdout.write(`${args.flag("json") ? JSON.stringify(simulation.address) : `playing ${who} on ${where}`}\n`);
    const code = await ending.wanted;
    return (await closeAll([{ name: "the simulation", close: () => simulation.close() }], log)) ? code : EXIT.failure;
  },
};

async function listen(
  { plans, adapter }: Pick<Cabinet, "plans" | "adapter">,
  place: SimulateOptions,
  log: Logger,
): Promise<Simulation> {
  try {
    const context = { clock: systemClock, random: systemRandom, log };
    return await simulateCabinet(plans, adapter, place, context);
  } catch (error) {
    if (error instanceof WrongArguments) throw new UsageError(error.message, { cause: error });
    if (!(error instanceof Error) || error instanceof UsageError || error instanceof TypeError) throw error;
    const { host, port, pty } = place;
    const where = host === undefined ? "" : ` on ${textOf({ host, port: pty ?? port })}`;
    throw new FailureError(`cannot play${where}: ${error.message}`, { cause: error });
  }
}

/** `127.0.0.1:1502`, or the path of a serial port and its settings. */
function textOf({ host, port, line }: Readonly<Record<string, unknown>>): string {
  if (typeof port === "number") return `${String(host)}:${port}`;
  return [port, line].filter((part) => part !== undefined).join(" ");
}

function cabinetOf(args: Arguments): Promise<Cabinet> {
  const [mapping, surplus] = args.positionals;
  const link = args.text("link");
  if (surplus !== undefined) throw new UsageError(`sim takes one mapping, not "${surplus}" as well`);
  if ((mapping === undefined) === (link === undefined)) throw new UsageError("sim takes a MAPPING or --link ID");
  if (link !== undefined) return cabinetOfLink(configFile(args), link);
  const unit = args.text("unit");
  return cabinetOfMapping(mapping ?? "", [
    ...args.texts("param"),
    ...(unit === undefined ? [] : [`unit_id=${unitList(unit)}`]),
  ]);
}

/** `1,3-5` and `3..5` are what `scan` takes, too; what is no number the mapping refuses. */
function unitList(text: string): string {
  const units = text.split(",").flatMap((part) => {
    const [, from, to] = /^(\d{1,3})(?:-|\.\.)(\d{1,3})$/.exec(part.trim()) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from === undefined) return [part.trim()];
    if (first > last) throw new UsageError(`--unit ${text}: "${part}" ends before it begins`);
    return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
  });
  return units.join(",");
}

/** Where they listen; or the broker, of which the devices are clients. A port that is no number is the path of a serial one. */
async function placeOf(args: Arguments, adapter: AdapterModule, link: unknown): Promise<SimulateOptions> {
  if ((await adapter.tools?.())?.besides === true) {
    return { ...(link === undefined ? {} : { link }), ...given(args, ["url", "user", "password", "ca", "faults"]) };
  }
  const { host = "", port = "" } = { host: args.text("host"), port: args.text("port") };
  const place = { host, port: numberOr(port), ...given(args, ["line", "type", "faults", "pty"]) };
  if (typeof place.port === "number" || port.startsWith("/") || args.text("pty") !== undefined) return place;
  throw new UsageError(`--port ${port}: expected a number from 0 to 65535, or the path of a serial port`);
}

function given(args: Arguments, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name): [string, string][] => {
      const text = args.text(name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}

function numberOr(port: string): number | string {
  return /^\d{1,5}$/.test(port) && Number(port) <= 65535 ? Number(port) : port;
}
