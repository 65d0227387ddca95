/** The UART service of a simulated device: what is written there is heard, and what the device says is notified. */
import type { AdapterContext, PointId } from "../../../src/adapter.ts";
import { PlayedDevices } from "../../spoken/stream/played/played-devices.ts";
import type { SpokenPoint } from "../../spoken/stream/points.ts";
import type { Peripheral } from "../emulator/peripheral.ts";
import type { UartSpec } from "../uart/uart-section.ts";
import type { PlayedBle } from "./composed.ts";

/** What goes wrong goes wrong with the connection below. */
const NO_FAULTS = { chances: new Map(), spans: new Map() };

export class PlayedUart {
  private readonly uart: UartSpec;
  private readonly peripheral: () => Peripheral;
  private readonly speaker: PlayedDevices;

  /** `peripheral`: whose characteristics carry it; it is asked for when something is said. */
  constructor(
    { device: _, ...played }: PlayedBle,
    uart: UartSpec,
    peripheral: () => Peripheral,
    context: AdapterContext,
  ) {
    this.uart = uart;
    this.peripheral = peripheral;
    const spoken = { ...played, device: uart.speaker, points: spokenPoints(played.points) };
    this.speaker = new PlayedDevices([spoken], NO_FAULTS, context, (bytes) => this.say(bytes));
  }

  hear(bytes: Uint8Array): void {
    this.speaker.push(bytes);
  }

  close(): void {
    this.speaker.close();
  }

  /** In pieces that one packet takes: a UART knows no others. Nobody hears it who has not subscribed. */
  private say(bytes: Uint8Array): void {
    const { uuid, ...which } = this.uart.notify;
    const characteristic = this.peripheral().characteristic(uuid, which);
    const most = characteristic.longestTold;
    for (let at = 0; at < bytes.length; at += most) characteristic.notify(bytes.subarray(at, at + most));
  }
}

function spokenPoints(points: PlayedBle["points"]): ReadonlyMap<PointId, SpokenPoint> {
  return new Map([...points].flatMap(([id, { source }]) => (source.kind === "uart" ? [[id, source.point]] : [])));
}
