/** A way of datagrams to a server that can be cut: then nothing passes, in neither direction. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export class CuttableLink {
  cut = false;
  private readonly front: Socket;
  private readonly target: number;
  /** By port of the client: the server sees a port of ours for each. */
  private readonly backs = new Map<number, Socket>();

  private constructor(front: Socket, target: number) {
    this.front = front;
    this.target = target;
    front.on("message", (bytes, { port }) => this.up(bytes, port));
    // A client that was killed has no port any more.
    front.on("error", () => {});
  }

  /** To a port of 127.0.0.1. */
  static async open(target: number): Promise<CuttableLink> {
    const front = createSocket("udp4");
    front.bind(0, "127.0.0.1");
    await once(front, "listening");
    return new CuttableLink(front, target);
  }

  get port(): number {
    return this.front.address().port;
  }

  close(): void {
    for (const socket of [this.front, ...this.backs.values()]) socket.close();
  }

  private up(bytes: Uint8Array, client: number): void {
    if (this.cut) return;
    this.back(client).send(bytes, this.target, "127.0.0.1");
  }

  private back(client: number): Socket {
    const known = this.backs.get(client);
    if (known !== undefined) return known;
    const back = createSocket("udp4");
    back.on("message", (bytes) => {
      if (!this.cut) this.front.send(bytes, client, "127.0.0.1");
    });
    back.on("error", () => {});
    this.backs.set(client, back);
    return back;
  }
}
