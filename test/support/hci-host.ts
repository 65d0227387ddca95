/** A host at the emulated controller that says nothing by itself: tests write each command, and see each packet. */
import type { Controller } from "../../adapters/ble/emulator/controller.ts";
import type { PlayedSession } from "../../adapters/wires/played-port.ts";

const ATT_CHANNEL = 0x0004;

export interface HeardEvent {
  readonly code: number;
  readonly parameters: Buffer;
}

export interface HeardReport {
  readonly type: number;
  readonly addressType: number;
  readonly address: string;
  readonly data: string;
  readonly rssi: number;
}

export class HciHost {
  /** Every packet that came, H4 type first. */
  readonly packets: Buffer[] = [];
  readonly session: PlayedSession;

  constructor(controller: Controller) {
    this.session = controller.attach((bytes) => this.packets.push(Buffer.from(bytes)));
  }

  /** Every event that came since the last call. */
  events(): readonly HeardEvent[] {
    const events = this.packets.filter(([type]) => type === 0x04);
    this.packets.length = 0;
    return events.map((packet) => ({ code: packet.readUInt8(1), parameters: packet.subarray(3) }));
  }

  /** Sends a command; what came at once. `parameters`: hexadecimal. */
  command(opcode: number, parameters = ""): readonly HeardEvent[] {
    this.events();
    const bytes = hex(parameters);
    this.session.push(Buffer.concat([Buffer.from([0x01, opcode & 0xff, opcode >> 8, bytes.length]), bytes]));
    return this.events();
  }

  /** The parameters that a command returns, hexadecimal, the status first. */
  returned(opcode: number, parameters = ""): string {
    const complete = this.command(opcode, parameters).find(({ code }) => code === 0x0e);
    return complete === undefined ? "no Command Complete" : complete.parameters.subarray(3).toString("hex");
  }

  /** The status of a command that is begun. */
  status(opcode: number, parameters = ""): number | undefined {
    return this.command(opcode, parameters).find(({ code }) => code === 0x0f)?.parameters[0];
  }

  /** As a host does before it scans or connects: it wants all events. */
  prepare(): void {
    this.command(0x0c03);
    this.command(0x0c01, "ffffffffffffff3f");
    this.command(0x2001, "ff00000000000000");
  }

  scan(how: "active" | "passive", filterDuplicates = false): void {
    this.command(0x200b, `${how === "active" ? "01" : "00"}100010000000`);
    this.command(0x200c, `01${filterDuplicates ? "01" : "00"}`);
  }

  /** The advertising reports that came since the last call. */
  reports(): readonly HeardReport[] {
    return this.events()
      .filter(({ code, parameters: [subevent] }) => code === 0x3e && subevent === 0x02)
      .map(({ parameters }) => {
        const length = parameters.readUInt8(10);
        return {
          type: parameters.readUInt8(2),
          addressType: parameters.readUInt8(3),
          address: Buffer.from(parameters.subarray(4, 10)).reverse().toString("hex"),
          data: parameters.subarray(11, 11 + length).toString("hex"),
          rssi: parameters.readInt8(11 + length),
        };
      });
  }

  /** Wants a connection: 30 … 50 ms, supervision timeout 4 s. Returns the status of the command. */
  connect(address: string, addressType: "public" | "random" = "public"): number | undefined {
    const peer = Buffer.from(address.replaceAll(":", ""), "hex").reverse().toString("hex");
    const type = addressType === "random" ? "01" : "00";
    return this.status(0x200d, `6000300000${type}${peer}0018002800000090010000ffff`);
  }

  /** Sends a frame in packets of at most `size` bytes. */
  frame(handle: number, channel: number, payload: Uint8Array, size = 251): void {
    const frame = Buffer.concat([u16(payload.length), u16(channel), payload]);
    for (let at = 0; at < frame.length; at += size) {
      const piece = frame.subarray(at, at + size);
      const header = u16(handle | ((at === 0 ? 0b00 : 0b01) << 12));
      this.session.push(Buffer.concat([Buffer.of(0x02), header, u16(piece.length), piece]));
    }
  }

  /** Sends an ATT PDU; what came of ATT at once. Both hexadecimal. */
  att(handle: number, pdu: string): readonly string[] {
    this.packets.length = 0;
    this.frame(handle, ATT_CHANNEL, hex(pdu));
    return this.heardAtt();
  }

  /** The ATT PDUs that came since the last call, hexadecimal. */
  heardAtt(): readonly string[] {
    return this.frames()
      .filter(({ channel }) => channel === ATT_CHANNEL)
      .map(({ payload }) => payload.toString("hex"));
  }

  /** The L2CAP frames that came since the last call. */
  frames(): readonly { readonly channel: number; readonly payload: Buffer }[] {
    const frames: Buffer[] = [];
    for (const packet of this.packets.filter(([type]) => type === 0x02)) {
      const isFirst = ((packet.readUInt16LE(1) >> 12) & 0b11) === 0b10;
      const before = isFirst ? Buffer.alloc(0) : (frames.pop() ?? Buffer.alloc(0));
      frames.push(Buffer.concat([before, packet.subarray(5)]));
    }
    this.packets.length = 0;
    return frames.map((frame) => ({ channel: frame.readUInt16LE(2), payload: frame.subarray(4) }));
  }
}

export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

function u16(value: number): Buffer {
  return Buffer.of(value & 0xff, (value >> 8) & 0xff);
}
