/** An image as registers have it. */
import type { FirmwareImage } from "../../../src/adapter.ts";
import type { ModbusTransferOptions } from "./keys.ts";
import { swappedPairs } from "./numbers.ts";

export interface Stretch {
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** A part of the image, filled up to whole registers. */
export async function registersOf(
  image: FirmwareImage,
  { offset, length }: Stretch,
  { order, fill }: Pick<ModbusTransferOptions, "order" | "fill">,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length + (length % 2)).fill(fill);
  bytes.set(await image.read(offset, length));
  return order === "AB" ? bytes : swappedPairs(bytes);
}
