import { join } from "node:path";
import { type AdminSocket, openAdminSocket } from "../admin/socket.ts";
import { systemClock, systemRandom } from "../clock.ts";
import { Gateway } from "../gateway/gateway.ts";
import type { Logger } from "../log.ts";
import { StoreError } from "../store/store.ts";
import { type Command, EXIT, UsageError } from "./command.ts";
import { CONFIG_OPTION, configFile } from "./config-option.ts";
import { LOG_LEVELS, type LogLevel, pinoLogger } from "./pino-logger.ts";

/** The daemon in the foreground: SIGTERM and SIGINT stop it in order, SIGHUP reloads. */
export const run: Command = {
  name: "run",
  summary: "Runs the gateway until SIGTERM or Ctrl-C; SIGHUP reloads the configuration.",
  options: {
    config: CONFIG_OPTION,
    "log-level": { type: "string", value: "LEVEL", help: `One of ${LOG_LEVELS.join(", ")}.`, default: "info" },
  },
  async run(args) {
    const level = LOG_LEVELS.find((name) => name === args.text("log-level"));
    if (level === undefined) throw new UsageError(`--log-level must be one of ${LOG_LEVELS.join(", ")}`);
    return serve(configFile(args), pinoLogger(level satisfies LogLevel));
  },
};

async function serve(file: string, log: Logger): Promise<number> {
  const ending = new Ending();
  let gateway: Gateway;
  let socket: AdminSocket | undefined;
  try {
    gateway = await Gateway.start({
      configFile: file,
      clock: systemClock,
      random: systemRandom,
      log,
      onFatal: (error) => {
        log.error({ err: error }, "the store failed: the gateway ends so that it can be started again");
        ending.end(EXIT.failure);
      },
    });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    process.stderr.write(`lwm2m-gateway: ${error.message}\n`);
    return EXIT.failure;
  }
  try {
    socket = await openAdminSocket(join(gateway.stateDirectory, "admin.sock"), adminRoutes(gateway), log);
    ending.listen(() => void gateway.reload());
    return await ending.wait;
  } finally {
    await gateway.stop();
    await socket?.close();
    log.info({}, "stopped");
  }
}

function adminRoutes(gateway: Gateway): ReadonlyMap<string, () => unknown> {
  return new Map([["/status", () => gateway.status()]]);
}

/** Waits for the signal that ends the process; a second one ends it at once. */
class Ending {
  end: (code: number) => void = () => {};
  readonly wait = new Promise<number>((resolve) => {
    this.end = resolve;
  });

  listen(reload: () => void): void {
    let asked = false;
    const stop = (): void => {
      if (asked) process.exit(EXIT.failure);
      asked = true;
      this.end(EXIT.ok);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    process.on("SIGHUP", reload);
  }
}
