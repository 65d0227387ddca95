/** How images get to devices on a serial line: the words behind `via:`, and what begins each. */
import { z } from "zod";
import type { AdapterContext, FirmwareWay, Transfer, TransferContext } from "../../src/adapter.ts";
import { SMP, type SmpOptions, smpKeys, smpOptions } from "../transfers/smp/keys.ts";
import type { SerialFraming } from "../transfers/smp/serial-pipe.ts";
import { type XymodemOptions, xymodemKeys, xymodemOptions, ymodemKeys } from "../transfers/xymodem/keys.ts";
import type { ClaimableWire } from "../wires/claimed-wire.ts";

interface SerialSmpOptions extends SmpOptions {
  readonly framing: SerialFraming;
  readonly baudRate?: number | undefined;
}

/** What stands under `transfer:`, of whichever way. */
export type SerialTransferOptions = SerialSmpOptions | SerialXymodemOptions;

interface SerialXymodemOptions extends XymodemOptions {
  readonly baudRate?: number | undefined;
}

const baudRate = z
  .int()
  .min(1200)
  .max(4_000_000)
  .optional()
  .describe("Speed of the line while the image is sent, where it is another one");

const smpSchema: z.ZodType<SerialSmpOptions> = z
  .strictObject({
    transport: z
      .enum(["console", "raw"])
      .default("console")
      .describe("console: packets in lines, among what the device prints; raw: nothing but packets"),
    baud_rate: baudRate,
    ...smpKeys,
  })
  .transform(({ transport: framing, baud_rate, ...keys }) => ({ ...smpOptions(keys), framing, baudRate: baud_rate }));

const smp: FirmwareWay<SerialSmpOptions> = { ...SMP, transfer: smpSchema, needsLine: true };

const ymodem: FirmwareWay<SerialXymodemOptions> = {
  needsLine: true,
  transfer: z
    .strictObject({ ...ymodemKeys, baud_rate: baudRate })
    .transform(({ baud_rate, ...keys }) => ({ ...xymodemOptions("ymodem", keys), baudRate: baud_rate })),
};

const xmodem1k: FirmwareWay<SerialXymodemOptions> = {
  needsLine: true,
  transfer: z
    .strictObject({ ...xymodemKeys, baud_rate: baudRate })
    .transform(({ baud_rate, ...keys }) => ({ ...xymodemOptions("xmodem", keys), baudRate: baud_rate })),
};

export const firmware: Readonly<Record<string, FirmwareWay>> = { smp, ymodem, xmodem1k };

/** Begins to deal with an image for a device on this line. What sends it is loaded when an image is there. */
export async function beginTransfer(
  { options, image, cookie }: TransferContext<SerialTransferOptions>,
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
    case "xmodem":
    case "ymodem": {
      const { XymodemTransfer } = await import("../transfers/xymodem/transfer.ts");
      return new XymodemTransfer(line, { image, options, cookie }, context);
    }
  }
}
