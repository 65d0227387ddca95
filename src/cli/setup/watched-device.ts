/** One device, read by the gateway itself for a while: with its link and its mapping, and no server that hears of it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock, systemRandom } from "../../clock.ts";
import type { DeviceStatus, ValueStatus } from "../../devices/device-status.ts";
import { ConfigError, reasonOf, systemCode } from "../../errors.ts";
import { Gateway } from "../../gateway/gateway.ts";
import { silentLogger } from "../../log.ts";
import { nodeLines } from "../../yaml/node-text.ts";
import { childOf } from "../../yaml/nodes.ts";
import { parseYaml } from "../../yaml/parse.ts";
import { FailureError } from "../command.ts";
import type { Stage } from "./stage.ts";

const FILE = "watch.yaml";

export interface Watching {
  /** As it is now; undefined: the gateway has no such device. */
  device(): DeviceStatus | undefined;
  close(): Promise<void>;
}

/** `link` and `device`: their lines, as config.yaml has them. Rejects with FailureError. */
export async function watchDevice(
  stage: Stage,
  target: string,
  { link, device }: { readonly link: string; readonly device: string },
): Promise<Watching> {
  const text = [
    "gateway:",
    "  endpoint: watched",
    `  state: ${JSON.stringify(join(stage.folder, "watched"))}`,
    ...(await ownSettings(target)),
    // Nobody is registered at within a day, and so nobody is asked.
    'servers: [ { id: 1, uri: "coap://127.0.0.1:9", initial_delay: 1d } ]',
    "links:",
    `  ${link}`,
    "devices:",
    `  - ${device}`,
    "",
  ].join("\n");
  const configFile = await stage.with(FILE, text);
  try {
    const onFatal = (): void => {};
    const gateway = await Gateway.start({
      ...{ configFile, clock: systemClock, random: systemRandom, log: silentLogger, onFatal },
    });
    return { device: () => gateway.status().devices[0], close: () => gateway.stop() };
  } catch (error) {
    const why = error instanceof ConfigError ? stage.told(error) : reasonOf(error);
    throw new FailureError(`the device cannot be watched: ${why}`, { cause: error });
  }
}

/** What of the gateway's own keys decides what mappings and devices mean. */
async function ownSettings(target: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = await readFile(target, "utf8");
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
  const gateway = childOf(parseYaml(text, target), "gateway");
  return ["objects", "site"].flatMap((key) => {
    const node = childOf(gateway, key);
    return node === undefined ? [] : [`  ${key}: ${nodeLines(node, " ").join(" ").trim()}`];
  });
}

/** Values of the device itself: what the gateway adds is there whatever the device says. */
export function ownValues({ values }: DeviceStatus): readonly ValueStatus[] {
  return values.filter(({ source, time }) => source !== undefined && time !== undefined);
}
