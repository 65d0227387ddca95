import { AdminSocketError } from "../admin/errors.ts";
import { LogRing } from "../admin/log-ring.ts";
import { type Millis, SECOND, systemClock, systemRandom } from "../clock.ts";
import { Gateway } from "../gateway/gateway.ts";
import { ForeignState } from "../gateway/state/machine.ts";
import { beginYoung, growSlowly } from "../heap.ts";
import { packageVersion } from "../locate.ts";
import type { Logger } from "../log.ts";
import { pooled } from "../random-pool.ts";
import { loadAddon } from "../service/native.ts";
import { StoreError } from "../store/store.ts";
import { reloadOnChange } from "./auto-reload.ts";
import { type Arguments, type Command, EXIT, FailureError, UsageError } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";
import { openDoors } from "./doors.ts";
import { closeAll, Ending, endOnBug, type Opened } from "./ending.ts";
import { LimitedLog } from "./limited-log.ts";
import { daemonLogger, LOG_FORMATS } from "./log-formats.ts";
import { LOG_LEVELS } from "./pino-logger.ts";
import { Reloads } from "./reloads.ts";
import { routesOf } from "./routes/index.ts";
import { UnderSystemd } from "./under-systemd.ts";

/** The daemon in the foreground: SIGTERM and SIGINT stop it in order, SIGHUP reloads. Standard output is its log alone. */
export const run: Command = {
  name: "run",
  summary: "Runs the gateway until SIGTERM or Ctrl-C; SIGHUP reloads the configuration.",
  options: {
    config: CONFIG_OPTION,
    "log-level": {
      type: "string",
      value: "LEVEL",
      help: `One of ${LOG_LEVELS.join(", ")}.`,
      choices: LOG_LEVELS,
      default: "info",
    },
    "log-format": {
      type: "string",
      value: "FORMAT",
      help: `One of ${LOG_FORMATS.join(", ")}; auto: the journal, text on a terminal, else json.`,
      choices: LOG_FORMATS,
      default: "auto",
    },
  },
  async run(args) {
    const level = oneOf(args, "log-level", LOG_LEVELS);
    const format = oneOf(args, "log-format", LOG_FORMATS);
    const ring = new LogRing();
    const addon = loadAddon();
    const tap = (line: string): void => ring.push(line.trimEnd());
    const limited = new LimitedLog(daemonLogger({ level, format, addon, tap }), systemClock);
    // However it ends.
    process.once("exit", () => limited.stop());
    return serve(configFile(args), { limited, ring, systemd: new UnderSystemd(addon, limited.logger) });
  },
};

function oneOf<T extends string>(args: Arguments, option: string, names: readonly T[]): T {
  const found = names.find((name) => name === args.text(option));
  if (found !== undefined) return found;
  throw new UsageError(`--${option} ${args.text(option)}: expected one of ${names.join(", ")}`);
}

/** By then it has registered, devices were read, and what the start left is garbage. */
const SETTLING: Millis = 20 * SECOND;

/** Whatever was opened is closed, also where the rest could not be. Rejects with ConfigError or FailureError. */
async function serve(file: string, given: Given): Promise<number> {
  const { limited, ring, systemd } = given;
  const log = limited.logger;
  const ending = new Ending();
  const opened: Opened[] = [];
  let code: number = EXIT.failure;
  ending.listen();
  endOnBug(log);
  try {
    await open(file, { ending, opened, log, ring, systemd });
    code = await ending.wanted;
    systemd.stopping();
  } catch (error) {
    throw failureOf(error);
  } finally {
    if (!(await closeAll(opened, log))) code = EXIT.failure;
    limited.stop();
    if (opened.length > 0) log.info({}, "stopped");
    systemd.close();
  }
  return code;
}

interface Given {
  readonly limited: LimitedLog;
  readonly ring: LogRing;
  readonly systemd: UnderSystemd;
}

interface Daemon extends Pick<Given, "ring" | "systemd"> {
  readonly ending: Ending;
  /** What is open so far. */
  readonly opened: Opened[];
  readonly log: Logger;
}

async function open(file: string, { ending, opened, log, ring, systemd }: Daemon): Promise<void> {
  // A hang-up may come at any time, and would end a process that does not listen.
  let early = false;
  let hangUp = (): void => {
    early = true;
  };
  process.on("SIGHUP", () => hangUp());
  const onFatal = (error: Error): void => {
    log.error({ code: "LG665", err: error }, "the store failed: the gateway ends, so that it can be started again");
    ending.end(EXIT.failure);
  };
  const onRestart = (): void => ending.end(EXIT.again);
  growSlowly();
  beginYoung();
  // A thousand devices draw where they begin: the system's generator would cost more than all the rest of that.
  const times = { clock: systemClock, random: pooled(systemRandom) };
  const gateway = await Gateway.start({ configFile: file, ...times, log, onFatal, onRestart });
  opened.push({ name: "the gateway", close: () => gateway.stop() });
  const reloads = new Reloads((by) => gateway.reload(by));
  reloads.listen(systemd);
  const routes = routesOf(gateway, { ring, reloads });
  await openDoors(gateway, routes, { log, opened });
  opened.push({ name: "the reload", close: () => reloads.stop() });
  const watching = { gateway, reloads, clock: systemClock, log };
  opened.push({ name: "the watch over the files", close: reloadOnChange(watching) });
  log.info({ version: packageVersion(), config: file, state: gateway.stateDirectory }, "started");
  opened.push({ name: "what waits for the start to be over", close: tidyOften(gateway, systemd) });
  systemd.ready(gateway);
  hangUp = () => void reloads.ask("SIGHUP");
  if (early) hangUp();
}

/** Until the start is over: a thousand devices may register one after the other. Returns what ends it. */
function tidyOften(gateway: Gateway, systemd: UnderSystemd): () => Promise<void> {
  let cancel = (): void => {};
  const again = (): void => {
    cancel = systemClock.at(systemClock.monotonic() + SETTLING, () => {
      void tidy(gateway).then((isOver) => {
        systemd.trimMemory();
        if (!isOver) again();
      });
    });
  };
  again();
  return async () => cancel();
}

/** Whether the start is over. A store that fails meanwhile says so by itself. */
async function tidy(gateway: Gateway): Promise<boolean> {
  try {
    return await gateway.tidy();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return true;
  }
}

/** What its reader can mend becomes a sentence; the rest stays what it is. */
function failureOf(error: unknown): unknown {
  if (error instanceof AdminSocketError) {
    return new FailureError(error.message, { code: error.told, cause: error });
  }
  // Exit code 2: to be started again changes nothing.
  if (error instanceof ForeignState) {
    return new UsageError(error.message, { code: "LG610", next: "lwm2m-gateway restore --adopt", cause: error });
  }
  return error instanceof StoreError ? new FailureError(error.message, { cause: error }) : error;
}
