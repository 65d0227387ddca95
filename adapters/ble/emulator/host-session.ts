/** One host at the controller: what it sets, whom it hears, and the connections that it has. */
import type { PlayedSession } from "../../wires/played-port.ts";
import type { Host, WantedConnection } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import type { ControllerState } from "./controller.ts";
import { EventMasks } from "./event-masks.ts";
import {
  commandComplete,
  commandStatus,
  completedPackets,
  connectionComplete,
  connectionFailed,
  dataBufferOverflow,
  disconnectionComplete,
  hardwareError,
} from "./events.ts";
import { type HostPacket, HostPackets } from "./h4.ts";
import { STATUS } from "./hci-codes.ts";
import { Link } from "./link.ts";
import type { HeardAdvertisement, Peripheral } from "./peripheral.ts";
import { Scanner } from "./scanner.ts";

/** Hardware_Code of a host that is out of step (Core Specification 5.4, Vol. 4, Part A, 4). */
const OUT_OF_STEP = 0x00;

export class HostSession implements PlayedSession, Host {
  readonly controller: ControllerState;
  readonly scanner = new Scanner();
  readonly masks = new EventMasks();
  private readonly write: (bytes: Uint8Array) => void;
  private readonly packets = new HostPackets();
  private readonly links = new Map<number, Link>();
  private wanted: WantedConnection | undefined;
  private isClosed = false;

  constructor(controller: ControllerState, write: (bytes: Uint8Array) => void) {
    this.controller = controller;
    this.write = write;
  }

  /** Whatever comes, nothing is thrown, and a Reset is understood behind it. */
  push(chunk: Uint8Array): undefined {
    if (this.isClosed || this.controller.silent) return;
    const completed = new Map<number, number>();
    for (const packet of this.packets.push(chunk)) {
      this.take(packet);
      if (packet.type === "data") completed.set(packet.handle, (completed.get(packet.handle) ?? 0) + 1);
    }
    for (const [handle, count] of completed) if (this.links.has(handle)) this.send(completedPackets(handle, count));
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.reset();
    this.controller.left(this);
  }

  get listening(): boolean {
    return this.scanner.state !== "off" || this.wanted !== undefined;
  }

  get connections(): readonly Link[] {
    return [...this.links.values()];
  }

  /** The address that it wants to connect to. */
  get connecting(): string | undefined {
    return this.wanted?.address;
  }

  link(handle: number): Link | undefined {
    return this.links.get(handle);
  }

  /** All is as at the beginning; nobody is told (Core Specification 5.4, Vol. 4, Part E, 7.3.2). */
  reset(): void {
    this.scanner.reset();
    this.masks.reset();
    this.wanted = undefined;
    for (const link of this.links.values()) link.close();
    this.links.clear();
    this.controller.listeningChanged();
  }

  want(wanted: WantedConnection): void {
    this.wanted = wanted;
    this.controller.listeningChanged();
  }

  /** Nobody is wanted any more (7.8.13). */
  cancelWanted(): void {
    this.wanted = undefined;
    this.controller.listeningChanged();
    this.send(connectionFailed(STATUS.unknownConnection));
  }

  heard(peripheral: Peripheral, advertisement: HeardAdvertisement): void {
    for (const report of this.scanner.reports(peripheral, advertisement)) this.send(report);
    const { wanted } = this;
    const isWanted = wanted?.address === peripheral.address && wanted.addressType === peripheral.addressType;
    if (isWanted && advertisement.type === "connectable" && !peripheral.connected) this.connect(peripheral, wanted);
  }

  /** As far as the host wants to know it. */
  send(packet: Uint8Array): void {
    if (this.masks.let(packet)) this.sendRaw(packet);
  }

  sendRaw(packet: Uint8Array): void {
    if (this.isClosed || this.controller.silent) return;
    const { mangle } = this.controller;
    const sent = mangle === undefined ? packet : mangle(packet);
    if (sent !== undefined) this.write(sent);
  }

  private connect(peripheral: Peripheral, { parameters }: WantedConnection): void {
    this.wanted = undefined;
    const { clock, aclLength } = this.controller;
    const { refuseConnect } = peripheral.faults;
    if (refuseConnect === undefined) {
      const handle = this.freeHandle();
      const link = new Link(handle, peripheral, parameters, {
        clock,
        aclLength,
        send: (packet) => this.send(packet),
        over: (ended, reason) => this.lost(ended, reason),
      });
      this.links.set(handle, link);
      peripheral.joined(link);
      this.send(connectionComplete(handle, peripheral, parameters));
    } else this.send(connectionFailed(refuseConnect));
    this.controller.listeningChanged();
  }

  private freeHandle(): number {
    let handle = 1;
    while (this.links.has(handle)) handle++;
    return handle;
  }

  private lost({ handle }: Link, reason: number): void {
    this.links.delete(handle);
    this.send(disconnectionComplete(handle, reason));
  }

  private take(packet: HostPacket): void {
    switch (packet.type) {
      case "command":
        this.run(packet.opcode, packet.parameters);
        return;
      case "data":
        if (packet.data.length > this.controller.aclLength) this.send(dataBufferOverflow());
        else this.links.get(packet.handle)?.receive(packet.boundary, packet.data);
        return;
      case "lost":
        this.send(hardwareError(OUT_OF_STEP));
        return;
      default:
        packet satisfies never;
    }
  }

  private run(opcode: number, parameters: Uint8Array): void {
    this.controller.onCommand?.(opcode, parameters);
    const command = COMMANDS.get(opcode);
    if (command === undefined) this.send(commandStatus(opcode, STATUS.unknownCommand));
    else if (parameters.length !== command.length) this.send(commandComplete(opcode, [STATUS.invalidParameters]));
    else {
      const answer = command.run(this, parameters);
      if ("status" in answer) {
        this.send(commandStatus(opcode, answer.status));
        answer.after?.();
      } else {
        this.send(commandComplete(opcode, answer.complete));
        answer.after?.();
      }
    }
  }
}
