/** SMP over Bluetooth: Zephyr, "SMP Transport Specification", Bluetooth. One characteristic takes packets, and notifies answers. */
import { DeviceError, type Millis } from "../../../src/adapter.ts";
import { PacketReader } from "../../transfers/smp/packet-reader.ts";
import { LONGEST_ANSWER, type PacketChannel, type PacketPipe } from "../../transfers/smp/pipe.ts";
import type { Peripheral, Session } from "../central/session-types.ts";

const SMP = {
  service: "8d53dc1d-1db7-4cd3-868b-8a527460aa84",
  uuid: "da2e7828-fbce-4e01-ae9e-261174997c48",
};
/** ATT: what a write has beside the bytes. Core Specification, Vol. 3, Part F, 3.4.5. */
const WRITE_OVERHEAD = 3;

export class SmpPipe implements PacketPipe {
  private readonly session: Pick<Session, "use">;
  /** Of one exchange of ATT. */
  private readonly timeout: Millis;
  private readonly life = new AbortController();
  /** Resolves when the device may be asked something else again. */
  private readonly over: Promise<void>;

  constructor(session: Pick<Session, "use">, { timeout }: { readonly timeout: Millis }) {
    this.session = session;
    this.timeout = timeout;
    this.over = new Promise((resolve) => {
      this.life.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  /** Holds the connection, and makes it where there is none: whoever else wants something of the device waits. */
  open(hears: (packet: Uint8Array) => void): Promise<PacketChannel> {
    return new Promise<PacketChannel>((resolve, reject) => {
      const held = this.session.use("write", async (peripheral) => {
        if (this.life.signal.aborted) throw new DeviceError("unreachable", "the transfer is over");
        resolve(await this.begin(peripheral, hears));
        await this.over;
      });
      // Once it is open, the channel says why it is lost.
      held.catch(reject);
    });
  }

  close(): void {
    this.life.abort();
  }

  private async begin(peripheral: Peripheral, hears: (packet: Uint8Array) => void): Promise<PacketChannel> {
    const { timeout } = this;
    const reader = new PacketReader(LONGEST_ANSWER);
    const hear = (bytes: Uint8Array): void => {
      for (const packet of reader.push(bytes)) hears(packet);
    };
    await peripheral.subscribe(SMP, hear, timeout);
    return {
      // Of longer packets the radio makes pieces, which not every device puts together.
      ...{ signal: peripheral.signal, certain: peripheral.mtu - WRITE_OVERHEAD, overhead: 0 },
      time: () => 0,
      send: (packet) => peripheral.write(SMP, packet, { response: false, timeout }),
      reset: () => reader.reset(),
    };
  }
}
