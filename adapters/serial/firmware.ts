/** How images get to devices on a serial line: the words behind `via:`, and what begins each. */
import { z } from "zod";
import type { AdapterContext, FirmwareWay, Transfer, TransferContext } from "../../src/adapter.ts";
import { SMP, type SmpOptions, smpKeys, smpOptions } from "../transfers/smp/keys.ts";
import type { SerialFraming } from "../transfers/smp/serial-pipe.ts";
import type { ClaimableWire } from "../wires/claimed-wire.ts";

interface SerialSmpOptions extends SmpOptions {
  readonly framing: SerialFraming;
  readonly baudRate?: number | undefined;
}

/** What stands under `transfer:`, of whichever way. */
export type SerialTransferOptions = SerialSmpOptions;

const smpSchema: z.ZodType<SerialSmpOptions> = z
  .strictObject({
    transport: z
      .enum(["console", "raw"])
      .default("console")
      .describe("console: packets in lines, among what the device prints; raw: nothing but packets"),
    baud_rate: z
      .int()
      .min(1200)
      .max(4_000_000)
      .optional()
      .describe("Speed of the line while the image is sent, where it is another one"),
    ...smpKeys,
  })
  .transform(({ transport: framing, baud_rate: baudRate, ...keys }) => ({ ...smpOptions(keys), framing, baudRate }));

const smp: FirmwareWay<SerialSmpOptions> = { ...SMP, transfer: smpSchema, needsLine: true };

export const firmware: Readonly<Record<string, FirmwareWay>> = { smp };

/** Begins to deal with an image for a device on this line. What sends it is loaded when an image is there. */
export async function beginTransfer(
  { options, image }: TransferContext<SerialTransferOptions>,
  line: ClaimableWire,
  context: AdapterContext,
): Promise<Transfer> {
  switch (options.protocol) {
    case "smp": {
      const [{ SmpTransfer }, { SerialPipe }] = await Promise.all([
        import("../transfers/smp/transfer.ts"),
        import("../transfers/smp/serial-pipe.ts"),
      ]);
      return new SmpTransfer(new SerialPipe(line, options), { image, options }, context);
    }
  }
}
