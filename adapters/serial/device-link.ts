/** One device on the line, as the core sees it: in words of its own, and with images that are sent to it. */
import type {
  AdapterContext,
  DeviceLink,
  PointId,
  RawValue,
  ReadResult,
  Transfer,
  TransferContext,
} from "../../src/adapter.ts";
import type { SpokenDeviceLink } from "../spoken/stream/device-link.ts";
import type { SpokenStep } from "../spoken/stream/points.ts";
import type { ClaimableWire } from "../wires/claimed-wire.ts";
import { beginTransfer, type SerialTransferOptions } from "./firmware.ts";

export class SerialDeviceLink implements DeviceLink<SpokenStep> {
  private readonly speaker: SpokenDeviceLink;
  private readonly line: ClaimableWire;
  private readonly context: AdapterContext;

  constructor(speaker: SpokenDeviceLink, line: ClaimableWire, context: AdapterContext) {
    this.speaker = speaker;
    this.line = line;
    this.context = context;
  }

  read(points: readonly PointId[]): Promise<ReadResult> {
    return this.speaker.read(points);
  }

  write(point: PointId, value: RawValue, mask?: Uint8Array): Promise<void> {
    return this.speaker.write(point, value, mask);
  }

  invoke(steps: readonly SpokenStep[]): Promise<void> {
    return this.speaker.invoke(steps);
  }

  /** Claims the line with the first that is asked, and has it until it is closed. */
  transfer(context: TransferContext<SerialTransferOptions>): Promise<Transfer> {
    return beginTransfer(context, this.line, this.context);
  }

  close(): Promise<void> {
    return this.speaker.close();
  }
}
