/** A device that speaks SMP, at the other end of a pipe of packets: slots, an upload, and what a test wants to go wrong. */
import { createHash } from "node:crypto";
import { decodeMap, type SmpMap } from "../../adapters/transfers/smp/cbor.ts";
import { encodePacket, GROUP, HEADER, IMAGE, OS } from "../../adapters/transfers/smp/packet.ts";
import type { PacketChannel, PacketPipe } from "../../adapters/transfers/smp/pipe.ts";
import { DeviceError, type FirmwareImage } from "../../src/adapter.ts";

export interface PlayedSlot {
  readonly slot: number;
  version: string;
  hash?: Buffer;
  active?: boolean;
  confirmed?: boolean;
  pending?: boolean;
}

/** "lost": nobody answers; "late": nor before the next; a map: that is the answer. */
export type SmpTwist = "lost" | SmpMap | undefined;

interface Asked {
  readonly group: number;
  readonly command: number;
  readonly body: SmpMap;
}

export class ScriptedSmp implements PacketPipe {
  slots: PlayedSlot[] = [{ slot: 0, version: "1.0.0", hash: Buffer.alloc(32, 1), active: true, confirmed: true }];
  /** Of what came of an image. */
  received = Buffer.alloc(0);
  /** What is asked of it, e.g. "upload 0+24". */
  readonly asked: string[] = [];
  /** Looks at each request first. */
  twist: (asked: Asked, count: number) => SmpTwist = () => undefined;
  parameters: SmpMap | undefined = { buf_size: 128, buf_count: 4 };
  /** It takes no more of a packet. */
  takes = 128;
  isOpen = false;
  certain = 96;
  private session: { readonly length: number; readonly sha: Buffer } | undefined;
  private hears: (packet: Uint8Array) => void = () => {};
  private life = new AbortController();

  async open(hears: (packet: Uint8Array) => void): Promise<PacketChannel> {
    this.isOpen = true;
    this.hears = hears;
    this.life = new AbortController();
    const { certain } = this;
    const { signal } = this.life;
    const send = async (packet: Uint8Array): Promise<void> => this.take(packet);
    return { signal, certain, overhead: 0, time: () => 0, send, reset() {} };
  }

  close(): void {
    this.isOpen = false;
  }

  /** The connection is lost. */
  drop(): void {
    this.life.abort(new DeviceError("unreachable", "the connection was lost"));
  }

  /** It restarts: it knows nothing any more of an upload. */
  restart(): void {
    this.session = undefined;
    this.received = Buffer.alloc(0);
  }

  private take(packet: Uint8Array): void {
    const view = Buffer.from(packet);
    const asked = { group: view.readUInt16BE(4), command: view[7] ?? 0, body: decodeMap(view.subarray(HEADER)) };
    this.asked.push(textOf(asked));
    if (packet.length > this.takes) return;
    const twist = this.twist(asked, this.asked.length);
    if (twist === "lost") return;
    const body = twist ?? this.answer(asked);
    const [first = 0, sequence = 0] = [view[0], view[6]];
    const answer = encodePacket({ op: (first & 7) + 1, version: first >> 3, ...asked, sequence, body });
    queueMicrotask(() => this.hears(answer));
  }

  private answer({ group, command, body }: Asked): SmpMap {
    if (group === GROUP.os) return command === OS.parameters ? (this.parameters ?? { rc: 8 }) : {};
    if (command === IMAGE.upload) return this.upload(body);
    if (command === IMAGE.erase) {
      this.slots = this.slots.filter(({ active }) => active === true);
      return {};
    }
    if ("confirm" in body) return this.change(body);
    return { images: this.slots };
  }

  private upload({ off, len, sha, data }: SmpMap): SmpMap {
    if (!(data instanceof Uint8Array) || typeof off !== "number") return { rc: 3 };
    if (off === 0 && typeof len === "number" && sha instanceof Uint8Array) {
      if (this.session?.sha.equals(sha) === true) return { off: this.received.length };
      this.session = { length: len, sha: Buffer.from(sha) };
      this.received = Buffer.alloc(0);
    }
    if (this.session === undefined) return { off: 0 };
    if (off !== this.received.length) return { off: this.received.length };
    this.received = Buffer.concat([this.received, data]);
    if (this.received.length < this.session.length) return { off: this.received.length };
    const match = createHash("sha256").update(this.received).digest().equals(this.session.sha);
    this.slots = [...this.slots.slice(0, 1), { slot: 1, version: "2.0.0", hash: Buffer.alloc(32, 2) }];
    return { off: this.received.length, match };
  }

  private change({ hash, confirm }: SmpMap): SmpMap {
    const found = hash instanceof Uint8Array ? this.slots.find((slot) => slot.hash?.equals(hash)) : this.slots[0];
    if (found === undefined) return { rc: 5 };
    if (confirm === true && found.active === true) found.confirmed = true;
    else found.pending = true;
    return { images: this.slots };
  }
}

function textOf({ group, command, body }: Asked): string {
  if (group === GROUP.os) return command === OS.reset ? "reset" : "parameters";
  if (command === IMAGE.erase) return "erase";
  const { off, data, sha, confirm } = body;
  if (command === IMAGE.state) return confirm === undefined ? "list" : `state ${String(confirm)}`;
  return `upload ${sha === undefined ? "" : "first "}${off}+${data instanceof Uint8Array ? data.length : "?"}`;
}

/** An image of these bytes. */
export function imageOf(bytes: Uint8Array): FirmwareImage {
  const sha256 = createHash("sha256").update(bytes).digest();
  return { size: bytes.length, sha256, read: async (offset, length) => bytes.slice(offset, offset + length) };
}

/** An image as MCUboot has them, of that version, with a trailer that holds the hash. */
export function mcubootImage(hash: Uint8Array, body = 600): Uint8Array {
  const header = Buffer.alloc(32);
  header.writeUInt32LE(0x96f3b83d, 0);
  header.writeUInt16LE(header.length, 8);
  header.writeUInt32LE(body, 12);
  header.set([2, 0, 0, 0], 20);
  const trailer = Buffer.alloc(4 + 4 + 4 + 4 + hash.length);
  trailer.writeUInt16LE(0x6907, 0);
  trailer.writeUInt16LE(trailer.length, 2);
  trailer.writeUInt16LE(0x01, 4);
  trailer.writeUInt16LE(4, 6);
  trailer.writeUInt16LE(0x10, 12);
  trailer.writeUInt16LE(hash.length, 14);
  trailer.set(hash, 16);
  return Buffer.concat([header, Buffer.alloc(body, 0x5a), trailer]);
}
