/** What a device says of its slots: Zephyr, "Application/software image management group", get state of images. */
import { z } from "zod";
import { DeviceError } from "../../../src/adapter.ts";
import type { SmpMap } from "./cbor.ts";

/** A slot with an image. */
export interface ImageSlot {
  /** Of devices with several images: which one. */
  readonly image: number;
  readonly slot: number;
  readonly version: string;
  /** That of MCUboot, from the trailer of the image, in hexadecimal; absent where the device does not tell it. */
  readonly hash?: string | undefined;
  readonly active: boolean;
  readonly confirmed: boolean;
  /** It is started at the next reset. */
  readonly pending: boolean;
}

const flag = z.boolean().default(false);

const answerSchema = z.object({
  images: z.array(
    z
      .object({
        image: z.int().min(0).default(0),
        slot: z.int().min(0),
        version: z.string().default(""),
        hash: z.instanceof(Uint8Array).optional(),
        active: flag,
        confirmed: flag,
        pending: flag,
      })
      .transform(({ hash, ...slot }): ImageSlot => {
        const hasHash = hash !== undefined && hash.length > 0;
        return { ...slot, ...(hasHash ? { hash: Buffer.from(hash).toString("hex") } : {}) };
      }),
  ),
});

/** Those of one image. Throws DeviceError `malformed`. */
export function imageSlots(answer: SmpMap, image: number): readonly ImageSlot[] {
  const { success, data } = answerSchema.safeParse(answer);
  if (!success) throw new DeviceError("malformed", "the device sent a list of images that is none");
  return data.images.filter((slot) => slot.image === image);
}

/** What runs: a bootloader says of no slot that it is active. */
export function runningSlot(slots: readonly ImageSlot[]): ImageSlot | undefined {
  return slots.find(({ active }) => active) ?? slots.find(({ slot }) => slot % 2 === 0);
}

/** What does not run. */
export function spareSlot(slots: readonly ImageSlot[]): ImageSlot | undefined {
  const running = runningSlot(slots);
  return slots.find((slot) => slot !== running);
}
