/** The smallest LwM2M Server that a client can register at: it answers Register (in blocks too), Update and De-register. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { blockOption, readBlock } from "../../src/coap/block.ts";
import { CODE, isRequest } from "../../src/coap/codes.ts";
import { decodeMessage, encodeEmpty, encodeMessage, TYPE, type UdpMessage } from "../../src/coap/message.ts";
import { type CoapOption, NO_PAYLOAD, OPTION, stringOptions, stringValues } from "../../src/coap/options.ts";
import type { Engine } from "../../src/dtls/native.ts";
import { machineTime, type RegistrationFigures } from "./orders.ts";

/** What a socket may hold: a window of answers must never be lost for want of room. */
const SOCKET_BUFFER = 4 << 20;

export interface Client {
  readonly address: string;
  readonly port: number;
}

/** Takes the answer to a request of ours. */
export type Taker = (answer: Uint8Array) => void;

export class LoadServer {
  /** Takes what a Send carries. */
  onSend: (payload: Uint8Array) => void = () => {};
  private readonly socket: Socket;
  private readonly association: Engine | undefined;
  private readonly takers = new Map<number, Taker>();
  /** Of requests that get more than one answer. */
  private readonly observers = new Map<number, Taker>();
  /** Of Registers that come in blocks, by the port of the client. */
  private readonly arriving = new Map<number, { readonly blocks: Uint8Array[]; readonly firstBlockAt: number }>();
  private readonly registers: number[] = [];
  private onRegister: () => void = () => {};
  private registrant: Client | undefined;
  private readonly registered: Promise<RegistrationFigures>;
  private onRegistered: (figures: RegistrationFigures) => void = () => {};

  private constructor(socket: Socket, association?: Engine) {
    this.socket = socket;
    this.association = association;
    this.registered = new Promise((resolve) => {
      this.onRegistered = resolve;
    });
    socket.on("message", (bytes, from) => this.hear(bytes, from));
  }

  /** `association`: through which all is said and heard; absent: as it is. */
  static async open(association?: Engine): Promise<LoadServer> {
    const socket = createSocket({ type: "udp4", recvBufferSize: SOCKET_BUFFER, sendBufferSize: SOCKET_BUFFER });
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new LoadServer(socket, association);
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** The client that registered last. Throws where none did. */
  get client(): Client {
    if (this.registrant === undefined) throw new Error("no client has registered");
    return this.registrant;
  }

  /** Resolves with the first Register. */
  registration(): Promise<RegistrationFigures> {
    return this.registered;
  }

  /** Resolves when so many clients have registered, with the times of their Registers. */
  async registrations(count: number): Promise<readonly number[]> {
    while (this.registers.length < count) {
      await new Promise<void>((resolve) => {
        this.onRegister = resolve;
      });
    }
    return this.registers;
  }

  /** Sends a request that has the token `token`, four bytes; its answer goes to the taker. */
  send(request: Uint8Array, token: number, client: Client, taker: Taker): void {
    this.takers.set(token, taker);
    this.say(request, client);
  }

  /** Sends a request as `send` does; the taker gets every answer, until it is forgotten. */
  observe(request: Uint8Array, token: number, client: Client, taker: Taker): void {
    this.observers.set(token, taker);
    this.say(request, client);
  }

  /** No answer to this request is wanted any more. */
  forget(token: number): void {
    this.takers.delete(token);
    this.observers.delete(token);
  }

  close(): void {
    this.socket.close();
  }

  private say(message: Uint8Array, to: Client): void {
    const datagrams = this.association?.send(message).datagrams ?? [message];
    for (const datagram of datagrams) this.socket.send(datagram, to.port, to.address);
  }

  private hear(datagram: Buffer, from: RemoteInfo): void {
    if (this.association === undefined) {
      this.receive(datagram, from);
      return;
    }
    const { datagrams, data } = this.association.receive(datagram);
    for (const answer of datagrams) this.socket.send(answer, from.port, from.address);
    for (const { buffer, byteOffset, length } of data) this.receive(Buffer.from(buffer, byteOffset, length), from);
  }

  /** An answer is found by its token alone: the load generator must be quicker than what it measures. */
  private receive(bytes: Buffer, from: RemoteInfo): void {
    const [first = 0, code = 0] = bytes;
    if (code >= CODE.created && (first & 0x0f) === 4) {
      if (first >> 4 === 4) this.say(encodeEmpty(TYPE.ack, bytes.readUInt16BE(2)), from);
      const token = bytes.readUInt32BE(4);
      const taker = this.takers.get(token) ?? this.observers.get(token);
      this.takers.delete(token);
      taker?.(bytes);
    } else if (isRequest(code)) this.serve(decodeMessage(bytes), from);
  }

  private serve(request: UdpMessage, from: RemoteInfo): void {
    const [first, ...location] = stringValues(request, OPTION.uriPath);
    if (first === "dp") {
      this.reply(request, from, CODE.changed, []);
      this.onSend(request.payload);
      return;
    }
    if (first !== "rd" || location.length > 0) {
      this.reply(request, from, request.code === CODE.delete ? CODE.deleted : CODE.changed, []);
      return;
    }
    const block = readBlock(request, OPTION.block1);
    if (block === "invalid") throw new Error("a Register with a Block1 option that cannot be read");
    const known = block === undefined || block.number === 0 ? undefined : this.arriving.get(from.port);
    const arriving = known ?? { blocks: [], firstBlockAt: machineTime() };
    arriving.blocks[block?.number ?? 0] = request.payload;
    this.arriving.set(from.port, arriving);
    const echo = block === undefined ? [] : [blockOption(OPTION.block1, block)];
    if (block?.more) this.reply(request, from, CODE.continue, echo);
    else this.register(request, from, echo);
  }

  private register(request: UdpMessage, from: RemoteInfo, echo: readonly CoapOption[]): void {
    const { blocks = [], firstBlockAt = 0 } = this.arriving.get(from.port) ?? {};
    const body = Buffer.concat(blocks);
    this.arriving.delete(from.port);
    this.registrant = { address: from.address, port: from.port };
    this.reply(request, from, CODE.created, [...stringOptions(OPTION.locationPath, ["rd", "load"]), ...echo]);
    const completeAt = machineTime();
    this.registers.push(completeAt);
    this.onRegister();
    const links = body.toString().split("<").length - 1;
    this.onRegistered({ firstBlockAt, completeAt, bytes: body.length, blocks: blocks.length, links });
  }

  private reply(request: UdpMessage, to: RemoteInfo, code: number, options: readonly CoapOption[]): void {
    const type = request.type === TYPE.con ? TYPE.ack : TYPE.non;
    const answer = encodeMessage(type, request.messageId, request.token, { code, options, payload: NO_PAYLOAD });
    this.say(answer, to);
  }
}
