import { existsSync } from "node:fs";
import { type Arguments, type OptionHelp, UsageError } from "./command.ts";

/** The configuration of the systemd unit. */
export const SERVICE_CONFIG = "/etc/lwm2m-gateway/config.yaml";

/** Where a configuration is looked for, in this order, when none is named. */
const PLACES: readonly string[] = ["config.yaml", SERVICE_CONFIG];

export const CONFIG_OPTION: OptionHelp = {
  type: "string",
  short: "c",
  value: "FILE",
  help: `The configuration (default: the first of ${PLACES.join(", ")} that exists).`,
};

/** The path of config.yaml. Throws UsageError where none is named and none is found. */
export function configFile(args: Arguments): string {
  const file = foundConfig(args);
  if (file === undefined) {
    throw new UsageError(`no configuration found (looked for ${PLACES.join(" and ")}); name one with --config FILE`, {
      code: "LG103",
    });
  }
  return file;
}

/** The same, for what can do without one. */
export function foundConfig(args: Arguments): string | undefined {
  return args.text("config") ?? PLACES.find((place) => existsSync(place));
}
