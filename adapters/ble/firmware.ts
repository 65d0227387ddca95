/** How images get to devices over Bluetooth: the words behind `via:`, and what begins each. */
import { z } from "zod";
import type { AdapterContext, FirmwareWay, Transfer, TransferContext } from "../../src/adapter.ts";
import { SMP, type SmpOptions, smpKeys, smpOptions } from "../transfers/smp/keys.ts";
import type { Session } from "./central/session-types.ts";

/** What stands under `transfer:`, of whichever way. */
export type BleTransferOptions = SmpOptions;

const smpSchema: z.ZodType<SmpOptions> = z.strictObject(smpKeys).transform(smpOptions);
const smp: FirmwareWay<SmpOptions> = { ...SMP, transfer: smpSchema };

export const firmware: Readonly<Record<string, FirmwareWay>> = { smp };

/** Begins to deal with an image for one device. What sends it is loaded when an image is there. */
export async function beginTransfer(
  { options, image }: TransferContext<BleTransferOptions>,
  session: Pick<Session, "use">,
  context: AdapterContext,
): Promise<Transfer> {
  switch (options.protocol) {
    case "smp": {
      const [{ SmpTransfer }, { SmpPipe }] = await Promise.all([
        import("../transfers/smp/transfer.ts"),
        import("./smp/smp-pipe.ts"),
      ]);
      return new SmpTransfer(new SmpPipe(session, { timeout: options.ackTimeout }), { image, options }, context);
    }
  }
}
