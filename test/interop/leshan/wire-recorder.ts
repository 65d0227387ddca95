/**
 * A UDP hop between one gateway and its server that keeps every datagram, as a pcap file has it: what was on the wire, seen
 * without privileges and on every system.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Lifetime } from "../../support/process.ts";

export interface Datagram {
  readonly fromGateway: boolean;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

const HOST = "127.0.0.1";
/** Addresses in the capture that tell the two apart (RFC 5737: for documentation). */
const GATEWAY = [192, 0, 2, 1];
const SERVER = [192, 0, 2, 2];

export class WireRecorder {
  readonly datagrams: Datagram[] = [];
  /** Where the server listens; it may come back elsewhere. */
  serverPort: number;
  private readonly front: Socket;
  private readonly back: Socket;
  private gateway: RemoteInfo | undefined;

  private constructor(front: Socket, back: Socket, serverPort: number) {
    this.front = front;
    this.back = back;
    this.serverPort = serverPort;
    front.on("message", (bytes, from) => {
      this.gateway = from;
      this.keep(true, bytes);
      this.back.send(bytes, this.serverPort, HOST);
    });
    back.on("message", (bytes) => {
      this.keep(false, bytes);
      if (this.gateway !== undefined) this.front.send(bytes, this.gateway.port, HOST);
    });
  }

  static async open(owner: Lifetime, serverPort: number): Promise<WireRecorder> {
    const [front, back] = [await bound(owner), await bound(owner)];
    return new WireRecorder(front, back, serverPort);
  }

  /** Where the gateway finds its server. */
  get port(): number {
    return this.front.address().port;
  }

  /** A capture file of raw IPv4 packets; the server's port in it is `port`. */
  toPcap(): Uint8Array {
    return Buffer.concat([fileHeader(), ...this.datagrams.map((datagram) => record(datagram, this.port))]);
  }

  private keep(fromGateway: boolean, bytes: Uint8Array): void {
    this.datagrams.push({ fromGateway, time: Date.now(), bytes: Uint8Array.from(bytes) });
  }
}

async function bound(owner: Lifetime): Promise<Socket> {
  const socket = createSocket("udp4");
  // A server that was killed: its port is closed, and the system says so.
  socket.on("error", () => {});
  socket.bind(0, HOST);
  await once(socket, "listening");
  owner.after(() => socket.close());
  return socket;
}

/** The classic format of libpcap, version 2.4; link type 101, LINKTYPE_RAW: each packet begins with its IP header. */
function fileHeader(): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(101, 20);
  return header;
}

function record({ fromGateway, time, bytes }: Datagram, port: number): Uint8Array {
  const packet = ipPacket(fromGateway, bytes, port);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(Math.floor(time / 1000), 0);
  header.writeUInt32LE((time % 1000) * 1000, 4);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length, 12);
  return Buffer.concat([header, packet]);
}

/** RFC 791 and RFC 768; UDP over IPv4 may go without a checksum. */
function ipPacket(fromGateway: boolean, bytes: Uint8Array, port: number): Uint8Array {
  const GATEWAY_PORT = 40000;
  const ip = Buffer.alloc(20);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt16BE(28 + bytes.length, 2);
  ip.writeUInt8(64, 8);
  ip.writeUInt8(17, 9);
  ip.set(fromGateway ? [...GATEWAY, ...SERVER] : [...SERVER, ...GATEWAY], 12);
  ip.writeUInt16BE(checksum(ip), 10);
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(fromGateway ? GATEWAY_PORT : port, 0);
  udp.writeUInt16BE(fromGateway ? port : GATEWAY_PORT, 2);
  udp.writeUInt16BE(8 + bytes.length, 4);
  return Buffer.concat([ip, udp, bytes]);
}

function checksum(header: Buffer): number {
  let sum = 0;
  for (let i = 0; i < header.length; i += 2) sum += header.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
