/** A TCP hop between one gateway and its server that keeps every piece, as a pcap file has it. */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Lifetime } from "../../support/process.ts";
import { fileHeader, ipHeader, packetRecord } from "../leshan/pcap.ts";

interface Piece {
  readonly connection: number;
  readonly fromGateway: boolean;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

const HOST = "127.0.0.1";
/** Of the gateway, for its first connection; each later one has the next. */
const GATEWAY_PORT = 40_000;
const SYN = 0x02;
const PSH_ACK = 0x18;
/** What fits an IPv4 packet. */
const LONGEST_SEGMENT = 60_000;

export class StreamRecorder {
  readonly pieces: Piece[] = [];
  private readonly server: Server;
  private readonly sockets: Socket[] = [];
  private connections = 0;

  private constructor(server: Server) {
    this.server = server;
  }

  static async open(owner: Lifetime, serverPort: number): Promise<StreamRecorder> {
    const server = createServer().listen(0, HOST);
    await once(server, "listening");
    const recorder = new StreamRecorder(server);
    server.on("connection", (gateway) => recorder.join(gateway, connect({ host: HOST, port: serverPort })));
    owner.after(() => {
      recorder.break();
      server.close();
    });
    return recorder;
  }

  /** Where the gateway finds its server. */
  get port(): number {
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Every connection breaks. */
  break(): void {
    for (const socket of this.sockets.splice(0)) socket.destroy();
  }

  /** A capture file of raw IPv4 packets with whole connections; the server's port in it is `port`. */
  toPcap(): Uint8Array {
    const records = [fileHeader()];
    const sent = new Map<string, number>();
    for (const { connection, fromGateway, time, bytes } of this.pieces) {
      const segment = (flags: number, from: boolean, payload: Uint8Array): void => {
        const sequence = sent.get(`${connection} ${from}`) ?? 0;
        const acknowledged = sent.get(`${connection} ${!from}`) ?? 0;
        sent.set(`${connection} ${from}`, sequence + (flags === SYN ? 1 : payload.length));
        const tcp = this.tcpHeader({ connection, from, flags, sequence, acknowledged });
        records.push(packetRecord(time, Buffer.concat([ipHeader(from, 6, tcp.length + payload.length), tcp, payload])));
      };
      if (!sent.has(`${connection} true`)) for (const from of [true, false]) segment(SYN, from, new Uint8Array(0));
      for (let at = 0; at < bytes.length; at += LONGEST_SEGMENT) {
        segment(PSH_ACK, fromGateway, bytes.subarray(at, at + LONGEST_SEGMENT));
      }
    }
    return Buffer.concat(records);
  }

  private join(gateway: Socket, server: Socket): void {
    const connection = this.connections++;
    this.sockets.push(gateway, server);
    for (const [from, to] of [
      [gateway, server],
      [server, gateway],
    ] as const) {
      from.on("data", (bytes) => {
        const fromGateway = from === gateway;
        this.pieces.push({ connection, fromGateway, time: Date.now(), bytes: Uint8Array.from(bytes) });
        to.write(bytes);
      });
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  }

  /** RFC 9293 §3.1; without a checksum, which tshark does not ask for. */
  private tcpHeader({ connection, from, flags, sequence, acknowledged }: Segment): Buffer {
    const tcp = Buffer.alloc(20);
    const ports = [GATEWAY_PORT + connection, this.port];
    tcp.writeUInt16BE(ports[from ? 0 : 1] ?? 0, 0);
    tcp.writeUInt16BE(ports[from ? 1 : 0] ?? 0, 2);
    tcp.writeUInt32BE(sequence, 4);
    tcp.writeUInt32BE(acknowledged, 8);
    tcp.writeUInt8(0x50, 12);
    tcp.writeUInt8(flags === SYN && !from ? 0x12 : flags, 13);
    tcp.writeUInt16BE(65_535, 14);
    return tcp;
  }
}

interface Segment {
  readonly connection: number;
  /** The gateway's. */
  readonly from: boolean;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledged: number;
}
