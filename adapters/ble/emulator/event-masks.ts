/** Which events a host wants to hear (Core Specification 5.4, Vol. 4, Part E, 7.3.1 and 7.8.1). */
import { EVENT } from "./hci-codes.ts";

const USUAL = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x00, 0x00]);
const USUAL_LE = Uint8Array.from([0x1f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00]);
const EVENT_PACKET = 0x04;

/** What no mask holds back. */
const ALWAYS: readonly number[] = [EVENT.commandComplete, EVENT.commandStatus, EVENT.numberOfCompletedPackets];

export class EventMasks {
  private mask = USUAL;
  private leMask = USUAL_LE;

  set(mask: Uint8Array): void {
    this.mask = Uint8Array.from(mask);
  }

  setLe(mask: Uint8Array): void {
    this.leMask = Uint8Array.from(mask);
  }

  reset(): void {
    this.mask = USUAL;
    this.leMask = USUAL_LE;
  }

  /** Whether the host hears this packet. */
  let([type, code = 0, , subevent = 0]: Uint8Array): boolean {
    if (type !== EVENT_PACKET || ALWAYS.includes(code)) return true;
    return hasBit(this.mask, code - 1) && (code !== EVENT.leMeta || hasBit(this.leMask, subevent - 1));
  }
}

function hasBit(mask: Uint8Array, bit: number): boolean {
  return (((mask[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
}
