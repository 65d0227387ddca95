/** Asking the running gateway about firmware. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { reasonOf } from "../../errors.ts";
import type { FirmwareStatus } from "../../firmware/job.ts";
import type { FirmwareView } from "../../gateway/firmware/firmware-admin.ts";
import { askGateway, SOCKET_OPTION, sendToGateway } from "../admin.ts";
import { type Arguments, type OptionHelp, UsageError } from "../command.ts";
import { CONFIG_OPTION } from "../config-option.ts";
import type { Progress } from "../progress.ts";
import { sizeText } from "./text.ts";

export const FIRMWARE_OPTIONS = {
  config: CONFIG_OPTION,
  socket: SOCKET_OPTION,
  json: { type: "boolean", help: "Prints what the gateway says as JSON." },
} satisfies Readonly<Record<string, OptionHelp>>;

/** What is on its way to the disk is waited for. */
const PATIENCE = 60_000;

export async function askedFirmware(args: Arguments): Promise<FirmwareView> {
  return (await askGateway(args, "/v1/firmware")) as FirmwareView;
}

export async function firmwareOf(args: Arguments, id: string): Promise<FirmwareStatus> {
  return (await askGateway(args, pathOf(id))) as FirmwareStatus;
}

export type Verb = "update" | "cancel" | "defer";

export async function toldFirmware(args: Arguments, id: string, verb: Verb, body = {}): Promise<FirmwareStatus> {
  return (await askGateway(args, `${pathOf(id)}/${verb}`, { body, patience: PATIENCE })) as FirmwareStatus;
}

/** Throws UsageError where the file cannot be read. */
export async function sentImage(
  args: Arguments,
  id: string,
  file: string,
  progress: Progress,
): Promise<FirmwareStatus> {
  const length = await sizeOf(file);
  let sent = 0;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(file)) {
      sent += chunk.length;
      progress.show(() => `${sizeText(sent)} of ${sizeText(length)} sent to the gateway`);
      yield chunk;
    }
  }
  return (await sendToGateway(args, `${pathOf(id)}/image`, {
    bytes: bytes(),
    length,
    patience: PATIENCE,
  })) as FirmwareStatus;
}

/** The first of the arguments. Throws UsageError. */
export function deviceArgument({ positionals: [id] }: Arguments): string {
  if (id === undefined) throw new UsageError("of which device? lwm2m-gateway firmware list tells which there are");
  return id;
}

/** Throws UsageError where there are more arguments than so many. */
export function noMoreThan({ positionals }: Arguments, most: number): void {
  const surplus = positionals[most];
  if (surplus !== undefined) throw new UsageError(`"${surplus}" is too much`);
}

async function sizeOf(file: string): Promise<number> {
  try {
    const found = await stat(file);
    if (found.isFile() && found.size > 0) return found.size;
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  throw new UsageError(`${file} is no image: expected a file that is not empty`);
}

function pathOf(id: string): string {
  return `/v1/firmware/${encodeURIComponent(id)}`;
}
