/**
 * A UDP hop between one gateway and its server that keeps every datagram, as a pcap file has it: what was on the wire, seen
 * without privileges and on every system.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Lifetime } from "../../support/process.ts";
import { fileHeader, ipHeader, packetRecord } from "./pcap.ts";

export interface Datagram {
  readonly fromGateway: boolean;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

const HOST = "127.0.0.1";

export class WireRecorder {
  readonly datagrams: Datagram[] = [];
  /** Where the server listens; it may come back elsewhere. */
  serverPort: number;
  private readonly front: Socket;
  private back: Socket;
  private readonly owner: Lifetime;
  private gateway: RemoteInfo | undefined;

  private constructor(owner: Lifetime, front: Socket, back: Socket, serverPort: number) {
    this.owner = owner;
    this.front = front;
    this.back = back;
    this.serverPort = serverPort;
    front.on("message", (bytes, from) => {
      this.gateway = from;
      this.keep(true, bytes);
      this.back.send(bytes, this.serverPort, HOST);
    });
    this.listen();
  }

  static async open(owner: Lifetime, serverPort: number): Promise<WireRecorder> {
    const [front, back] = [await bound(owner), await bound(owner)];
    return new WireRecorder(owner, front, back, serverPort);
  }

  /** As a NAT that has forgotten the gateway: the server sees another port, and what it sends to the one before is lost. */
  async remap(): Promise<void> {
    this.back.removeAllListeners("message");
    this.back = await bound(this.owner);
    this.listen();
  }

  /** Where the gateway finds its server. */
  get port(): number {
    return this.front.address().port;
  }

  /** A capture file of raw IPv4 packets; the server's port in it is `port`. */
  toPcap(): Uint8Array {
    return captureOf(this.datagrams, this.port);
  }

  private listen(): void {
    this.back.on("message", (bytes) => {
      this.keep(false, bytes);
      if (this.gateway !== undefined) this.front.send(bytes, this.gateway.port, HOST);
    });
  }

  private keep(fromGateway: boolean, bytes: Uint8Array): void {
    this.datagrams.push({ fromGateway, time: Date.now(), bytes: Uint8Array.from(bytes) });
  }
}

/** A capture file of raw IPv4 packets, in which the server has that port. */
export function captureOf(datagrams: readonly Datagram[], port: number): Uint8Array {
  return Buffer.concat([
    fileHeader(),
    ...datagrams.map((datagram) => packetRecord(datagram.time, ipPacket(datagram, port))),
  ]);
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

/** RFC 768; UDP over IPv4 may go without a checksum. */
function ipPacket({ fromGateway, bytes }: Datagram, port: number): Uint8Array {
  const GATEWAY_PORT = 40000;
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(fromGateway ? GATEWAY_PORT : port, 0);
  udp.writeUInt16BE(fromGateway ? port : GATEWAY_PORT, 2);
  udp.writeUInt16BE(8 + bytes.length, 4);
  return Buffer.concat([ipHeader(fromGateway, 17, 8 + bytes.length), udp, bytes]);
}
