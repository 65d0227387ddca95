/**
 * A UDP hop between one gateway and its server that keeps every datagram, as a pcap file has it: what was on the wire, seen
 * without privileges and on every system. Each port of the gateway has one of its own towards the server.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Lifetime } from "../../support/process.ts";
import { fileHeader, ipHeader, packetRecord } from "./pcap.ts";

export interface Datagram {
  readonly fromGateway: boolean;
  /** Which port of the gateway: counted from 0, in the order in which they were heard of. */
  readonly way: number;
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
  /** By the port of the gateway. */
  private readonly ways = new Map<number, Way>();
  private readonly owner: Lifetime;

  private constructor(owner: Lifetime, front: Socket, serverPort: number) {
    this.owner = owner;
    this.front = front;
    this.serverPort = serverPort;
    front.on("message", (bytes, { port }) => {
      const { number, back } = this.ways.get(port) ?? this.openWay(port, this.ways.size);
      this.keep(true, number, bytes);
      back.send(bytes, this.serverPort, HOST);
    });
  }

  static async open(owner: Lifetime, serverPort: number): Promise<WireRecorder> {
    const front = bound(owner);
    await once(front, "listening");
    return new WireRecorder(owner, front, serverPort);
  }

  /** As a NAT that has forgotten the gateway: the server sees other ports, and what it sends to those before is lost. */
  remap(): void {
    for (const [port, { number, back }] of this.ways) {
      back.removeAllListeners("message");
      this.openWay(port, number);
    }
  }

  /** Where the gateway finds its server. */
  get port(): number {
    return this.front.address().port;
  }

  /** A capture file of raw IPv4 packets; the server's port in it is `port`. */
  toPcap(): Uint8Array {
    return captureOf(this.datagrams, this.port);
  }

  /** What is sent before the socket is bound waits in it. */
  private openWay(port: number, number: number): Way {
    const way: Way = { number, back: bound(this.owner) };
    way.back.on("message", (bytes) => {
      this.keep(false, number, bytes);
      this.front.send(bytes, port, HOST);
    });
    this.ways.set(port, way);
    return way;
  }

  private keep(fromGateway: boolean, way: number, bytes: Uint8Array): void {
    this.datagrams.push({ fromGateway, way, time: Date.now(), bytes: Uint8Array.from(bytes) });
  }
}

interface Way {
  readonly number: number;
  /** Towards the server. */
  readonly back: Socket;
}

/** A capture file of raw IPv4 packets, in which the server has that port. */
export function captureOf(datagrams: readonly Datagram[], port: number): Uint8Array {
  return Buffer.concat([
    fileHeader(),
    ...datagrams.map((datagram) => packetRecord(datagram.time, ipPacket(datagram, port))),
  ]);
}

function bound(owner: Lifetime): Socket {
  const socket = createSocket("udp4");
  // A server that was killed: its port is closed, and the system says so.
  socket.on("error", () => {});
  socket.bind(0, HOST);
  owner.after(() => socket.close());
  return socket;
}

/** RFC 768; UDP over IPv4 may go without a checksum. */
function ipPacket({ fromGateway, way, bytes }: Datagram, port: number): Uint8Array {
  const gatewayPort = 40000 + way;
  const udp = Buffer.alloc(8);
  udp.writeUInt16BE(fromGateway ? gatewayPort : port, 0);
  udp.writeUInt16BE(fromGateway ? port : gatewayPort, 2);
  udp.writeUInt16BE(8 + bytes.length, 4);
  return Buffer.concat([ipHeader(fromGateway, 17, 8 + bytes.length), udp, bytes]);
}
