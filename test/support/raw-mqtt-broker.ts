/** A broker that says to the byte what a test tells it, also what no broker should. MQTT 3.1.1 §2.2. */
import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { Heard } from "./heard.ts";

/** What a client sent. */
export interface RawPacket {
  /** The first four bits: 1 CONNECT, 3 PUBLISH, 8 SUBSCRIBE … */
  readonly type: number;
  /** After the length. */
  readonly body: Buffer;
}

export const CONNACK = Buffer.from([0x20, 2, 0, 0]);

export class RawMqttBroker {
  /** Connections, in their order. */
  readonly connections = new Heard<RawConnection>();
  readonly port: number;
  /** What the first connections hear after their CONNECT; the others a CONNACK. */
  private readonly welcomes: readonly Uint8Array[];

  constructor(port: number, welcomes: readonly Uint8Array[]) {
    this.port = port;
    this.welcomes = welcomes;
  }

  accept(socket: Socket): RawConnection {
    const connection = new RawConnection(socket, this.welcomes[this.connections.all.length] ?? CONNACK);
    this.connections.push(connection);
    return connection;
  }

  /** Resolves with the so many-th connection, from 1, once it has subscribed: what is published on it is heard. */
  async listener(number: number): Promise<RawConnection> {
    const connection = await this.connection(number);
    await connection.packets.find(({ type }) => type === 8);
    return connection;
  }

  async connection(number: number): Promise<RawConnection> {
    const connection = (await this.connections.count(number))[number - 1];
    if (connection === undefined) throw new RangeError("they count from 1");
    return connection;
  }
}

export class RawConnection {
  readonly packets = new Heard<RawPacket>();
  /** Resolves when it is closed, by whomever. */
  readonly closed: Promise<void>;
  private readonly socket: Socket;
  private rest = Buffer.alloc(0);

  constructor(socket: Socket, welcome: Uint8Array) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      this.rest = Buffer.concat([this.rest, bytes]);
      for (let packet = this.next(); packet !== undefined; packet = this.next()) {
        this.packets.push(packet);
        this.answer(packet, welcome);
      }
    });
  }

  /** Resolves when it has left, or the other end is gone. */
  send(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) resolve();
      else this.socket.write(bytes, () => resolve());
    });
  }

  /** Without a word. */
  close(): void {
    this.socket.destroy();
  }

  private answer({ type, body }: RawPacket, welcome: Uint8Array): void {
    const id = body.subarray(0, 2);
    if (type === 1) void this.send(welcome);
    if (type === 8) void this.send(packet(0x90, Buffer.from([...id, ...grants(body)])));
    if (type === 10) void this.send(packet(0xb0, id));
    if (type === 12) void this.send(Buffer.from([0xd0, 0]));
  }

  private next(): RawPacket | undefined {
    const { rest } = this;
    let length = 0;
    for (let at = 1, shift = 0; at < rest.length && at < 5; at++, shift += 7) {
      const byte = rest[at] ?? 0;
      length |= (byte & 0x7f) << shift;
      if (byte & 0x80) continue;
      if (rest.length < at + 1 + length) return undefined;
      this.rest = rest.subarray(at + 1 + length);
      return { type: (rest[0] ?? 0) >> 4, body: rest.subarray(at + 1, at + 1 + length) };
    }
    return undefined;
  }
}

/** QoS 0 for each filter of a SUBSCRIBE. §3.8.3 */
function grants(body: Buffer): readonly number[] {
  const granted: number[] = [];
  for (let at = 2; at + 2 < body.length; at += 3 + body.readUInt16BE(at)) granted.push(0);
  return granted;
}

export function packet(head: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([head]), lengthOf(body.length), body]);
}

/** §2.2.3: seven bits a byte. */
export function lengthOf(length: number): Buffer {
  const bytes: number[] = [];
  let left = length;
  do {
    bytes.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
    left >>>= 7;
  } while (left > 0);
  return Buffer.from(bytes);
}

/** A PUBLISH at QoS 0. */
export function publication(topic: string | Uint8Array, payload: string | Uint8Array): Buffer {
  return packet(0x30, Buffer.concat([text(topic), Buffer.from(payload)]));
}

function text(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** Closed at the end of the test. */
export async function aRawMqttBroker(t: TestContext, welcomes: readonly Uint8Array[] = []): Promise<RawMqttBroker> {
  const connections: RawConnection[] = [];
  let broker: RawMqttBroker | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    if (broker !== undefined) connections.push(broker.accept(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const connection of connections) connection.close();
    server.close();
  });
  const address = server.address();
  broker = new RawMqttBroker(typeof address === "object" && address !== null ? address.port : 0, welcomes);
  return broker;
}
