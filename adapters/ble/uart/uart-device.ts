/** What a device says over its UART service, and is asked there: a device that speaks, as the rooms above know it, on a line of its own. */
import type { AdapterContext, PointId, RawValue, ReadResult } from "../../../src/adapter.ts";
import type { RequestStep } from "../../spoken/requests.ts";
import { SpokenDeviceLink } from "../../spoken/stream/device-link.ts";
import type { SpokenPoint } from "../../spoken/stream/points.ts";
import type { CharacteristicRef, Session } from "../central/session-types.ts";
import { UartLine } from "./uart-line.ts";
import type { UartSpec } from "./uart-section.ts";

export interface UartParts {
  readonly uart: UartSpec;
  readonly points: ReadonlyMap<PointId, SpokenPoint>;
  /** Subscribed to `uart.notify`. */
  readonly session: Pick<Session, "use">;
}

/** Hears what the device says by itself. */
export type OnSaid = (readings: ReadResult["readings"], refused: ReadResult["refused"]) => void;

export class UartDevice {
  private readonly uart: UartSpec;
  private readonly line: UartLine;
  private readonly speaker: SpokenDeviceLink;
  /** What it tells by itself. */
  private readonly told: readonly PointId[];

  constructor({ uart, points, session }: UartParts, onSaid: OnSaid, context: AdapterContext) {
    this.uart = uart;
    this.told = [...points].flatMap(([id, { source }]) => (source.kind === "message" ? [id] : []));
    this.line = new UartLine(session, uart, context);
    // The air below repeats what was lost: nothing is gained by asking again.
    const attached = { device: uart.speaker, points, unit: 0, retries: 0 };
    const listener = {
      onReadings: (readings: ReadResult["readings"], refused: ReadResult["refused"] = []) => onSaid(readings, refused),
      onReachable: () => {},
    };
    this.speaker = new SpokenDeviceLink(this.line, attached, listener, context);
  }

  read(points: readonly PointId[]): Promise<ReadResult> {
    return this.speaker.read(points);
  }

  write(point: PointId, value: RawValue, mask: Uint8Array | undefined): Promise<void> {
    return this.speaker.write(point, value, mask);
  }

  ask(step: RequestStep): Promise<void> {
    return this.speaker.invoke([step]);
  }

  /** A connection begins. */
  connected(): void {
    this.line.connected();
  }

  /** Something was notified; returns whether it was the UART. */
  notified(ref: CharacteristicRef, bytes: Uint8Array): boolean {
    if (ref !== this.uart.notify) return false;
    this.line.receive(bytes);
    return true;
  }

  /** Nothing is said by this characteristic, or where none is named, at all. Returns what is not told therefore. */
  silenced(reason: string, ref: CharacteristicRef | undefined): readonly PointId[] {
    if (ref === this.uart.notify) this.line.refused(reason);
    return ref === undefined || ref === this.uart.notify ? this.told : [];
  }

  close(): Promise<void> {
    return this.speaker.close();
  }
}
