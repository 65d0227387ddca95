/** Commands to a controller, each with its answer: noble sends them, and tells answers as events. */
import type Hci from "@stoprocent/noble/lib/hci-socket/hci.js";
import { type Clock, DeviceError, type Millis, SECOND } from "../../../../../src/adapter.ts";
import { withDeadline } from "../../../../wires/deadline.ts";
import { statusError } from "./status.ts";

/** How often noble asks for the address when it starts, and once more. */
const MOST_ADDRESSES_ASKED = 6;
/** A controller answers within milliseconds. */
const LONGEST_ANSWER: Millis = 2 * SECOND;
/** HCI_LE_Set_Scan_Parameters (Core Specification, Vol. 4, Part E, 7.8.10), as a packet of the type "command". */
const SCAN_PARAMETERS = [0x01, 0x0b, 0x20, 7];
/** In units of 0.625 ms; both the same: it listens all the time. */
const SCAN_INTERVAL = 0x60;

export class HciCommands {
  private readonly hci: Hci;
  private readonly clock: Clock;

  constructor(hci: Hci, clock: Clock) {
    this.hci = hci;
    this.clock = clock;
  }

  /** Nothing is filtered: what is heard twice is a sign of life, and some repeat what they say with another number in it. */
  async startScan(active: boolean): Promise<void> {
    await this.stopScan();
    await this.answered("leScanParametersSet", () => this.setScanParameters(active));
    const [status] = await this.answered("leScanEnableSet", () => this.hci.setScanEnabled(true, false));
    if (status !== 0) throw statusError(Number(status), "the adapter does not scan");
  }

  /** One that did not scan may say that this is not allowed. */
  async stopScan(): Promise<void> {
    await this.answered("leScanEnableSet", () => this.hci.setScanEnabled(false, false));
  }

  /**
   * Resolves when nothing is under way that noble asked for by itself: at its start it asks for the same things several times, and tells the scan
   * to end, after it said that all is well. Answers come in the order of the questions.
   */
  async quiet(): Promise<void> {
    for (let round = 0; round < MOST_ADDRESSES_ASKED; round++) await this.probe();
  }

  /** Something that any controller can tell, whatever else it does. */
  async probe(): Promise<void> {
    await this.answered("addressChange", () => this.hci.readBdAddr());
  }

  async rssi(handle: number): Promise<number> {
    const isOurs = (of: unknown): boolean => of === handle;
    const [, rssi] = await this.answered("rssiRead", () => this.hci.readRssi(handle), isOurs);
    return Number(rssi);
  }

  /**
   * noble's own command asks every device that it hears for more (active scanning), which costs their batteries, and cannot be told
   * otherwise. So this is the one command that we write by ourselves, past it.
   */
  private setScanParameters(active: boolean): void {
    const interval = [SCAN_INTERVAL & 0xff, SCAN_INTERVAL >> 8];
    const [ownAddressIsPublic, acceptAll] = [0, 0];
    const parameters = [active ? 1 : 0, ...interval, ...interval, ownAddressIsPublic, acceptAll];
    this.hci._socket.write(Buffer.from([...SCAN_PARAMETERS, ...parameters]));
  }

  private answered(
    event: string,
    command: () => void,
    isAnswer: (first: unknown) => boolean = () => true,
  ): Promise<readonly unknown[]> {
    let stop = (): void => {};
    const answer = new Promise<readonly unknown[]>((resolve) => {
      const listener = (...values: readonly unknown[]): void => {
        if (isAnswer(values[0])) resolve(values);
      };
      this.hci.on(event, listener);
      stop = () => this.hci.off(event, listener);
      command();
    });
    const late = (): DeviceError => new DeviceError("unreachable", "the adapter does not answer");
    return withDeadline(answer, { clock: this.clock, span: LONGEST_ANSWER, late }).finally(stop);
  }
}
