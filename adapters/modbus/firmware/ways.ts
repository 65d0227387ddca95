/** How images get to Modbus devices: the words behind `via:`. */
import { z } from "zod";
import type { FirmwareWay } from "../../../src/adapter.ts";
import { wireAddress } from "../address.ts";
import {
  type FileOptions,
  fileSchema,
  type ModbusTransferOptions,
  type RegisterOptions,
  registerSchema,
} from "./keys.ts";
import { registerCount } from "./numbers.ts";

/** What of the parsed section counts here. */
const addressed = z.object({ addressing: z.enum(["zero", "one", "modicon"]) });

const COMMON = {
  actions: { key: "modbus", words: ["commit"] },
  defaults: { activate: ["commit"] },
  staged: true,
  fault: (options, device) => faultOf(options, addressed.parse(device)),
} as const satisfies Omit<FirmwareWay<ModbusTransferOptions>, "transfer">;

const file: FirmwareWay<FileOptions> = { ...COMMON, transfer: fileSchema };
const registers: FirmwareWay<RegisterOptions> = { ...COMMON, transfer: registerSchema };

export const firmware: Readonly<Record<string, FirmwareWay>> = {
  "modbus-file": file,
  "modbus-registers": registers,
};

/** Addresses are written without their device, which says how they count. */
function faultOf(options: ModbusTransferOptions, { addressing }: z.output<typeof addressed>): string | undefined {
  const { status, commit } = options;
  const places: readonly (readonly [string, "holding" | "input", number, number] | undefined)[] = [
    status && ["status", status.table, status.address, registerCount(status)],
    commit && ["commit", "holding", commit.holding, registerCount(commit)],
    ...(options.way === "modbus-registers" ? placesOf(options) : []),
  ];
  for (const place of places) {
    if (place === undefined) continue;
    const [name, table, address, count] = place;
    try {
      if (wireAddress(table, address, addressing) + count > 0x1_0000)
        return `${name}: it ends behind the last register`;
    } catch (error) {
      return `${name}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}

function placesOf({ base, block, index, size, crc, next }: RegisterOptions) {
  const held = (name: string, place: typeof index | typeof size | typeof crc) =>
    place && ([name, "holding", place.holding, registerCount(place)] as const);
  return [
    ["base", "holding", base, block] as const,
    held("index", index),
    held("size", size),
    held("crc", crc),
    next && (["next", next.table, next.address, registerCount(next)] as const),
  ];
}
