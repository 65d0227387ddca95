/** One connection between a host and a peripheral: ACL data, L2CAP, and the peripheral's ATT server. */
import type { Clock, Millis } from "../../../src/adapter.ts";
import { AttServer } from "./att-server.ts";
import { STATUS } from "./hci-codes.ts";
import { CHANNEL, type Frame, FrameAssembler, framePackets } from "./l2cap.ts";
import { type ConnectionParameters, pairingAnswer, parameterUpdateRequest, signalAnswer } from "./link-requests.ts";
import type { Peripheral } from "./peripheral.ts";
import type { Hearer } from "./played-characteristic.ts";

/** The unit of supervision timeouts. */
const SUPERVISION_UNIT: Millis = 10;

export interface LinkEnds {
  readonly clock: Clock;
  /** The most bytes of one ACL packet to the host. */
  readonly aclLength: number;
  readonly send: (packet: Uint8Array) => void;
  /** The host is told that it is over. */
  readonly over: (link: Link, reason: number) => void;
}

export class Link implements Hearer {
  readonly handle: number;
  readonly peripheral: Peripheral;
  parameters: ConnectionParameters;
  private readonly ends: LinkEnds;
  private readonly server: AttServer;
  private readonly frames = new FrameAssembler();
  private readonly alarms = new Set<() => void>();
  private stopWatching: (() => void) | undefined;
  private isOver = false;

  constructor(handle: number, peripheral: Peripheral, parameters: ConnectionParameters, ends: LinkEnds) {
    this.handle = handle;
    this.peripheral = peripheral;
    this.parameters = parameters;
    this.ends = ends;
    this.server = new AttServer(peripheral.database, peripheral.mtu);
  }

  /** A packet of the host. */
  receive(boundary: number, data: Uint8Array): void {
    const frame = this.frames.push(boundary, data);
    if (frame === undefined || !this.peripheral.present) return;
    switch (frame.channel) {
      case CHANNEL.att:
        this.serve(frame.payload);
        return;
      case CHANNEL.signalling:
        this.answer(CHANNEL.signalling, signalAnswer(frame.payload));
        return;
      case CHANNEL.security:
        this.answer(CHANNEL.security, pairingAnswer(frame.payload));
        return;
      default:
      // Nobody listens on other channels.
    }
  }

  hears(valueHandle: number, how: number): boolean {
    return this.server.hears(valueHandle, how);
  }

  get mtu(): number {
    return this.server.mtu;
  }

  tell(valueHandle: number, how: number, bytes: Uint8Array): void {
    if (!this.peripheral.present) return;
    this.answer(CHANNEL.att, this.server.tell(valueHandle, how, bytes));
  }

  requestParameters(parameters: ConnectionParameters): void {
    this.answer(CHANNEL.signalling, parameterUpdateRequest(parameters));
  }

  /** Who is out of reach for longer than the supervision timeout is lost. */
  setReach(present: boolean): void {
    this.stopWatching?.();
    this.stopWatching = undefined;
    if (present) return;
    const { clock } = this.ends;
    const end = clock.monotonic() + this.parameters.supervision * SUPERVISION_UNIT;
    this.stopWatching = clock.at(end, () => this.lose(STATUS.connectionTimeout));
  }

  /** It is over, and the host is told why. */
  lose(reason: number): void {
    if (this.isOver) return;
    this.close();
    this.ends.over(this, reason);
  }

  /** It is over, and nobody is told. */
  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stopWatching?.();
    for (const cancel of this.alarms) cancel();
    this.alarms.clear();
    this.peripheral.joined(undefined);
  }

  private serve(pdu: Uint8Array): void {
    const { mute, delay = 0, refuse, drop } = this.peripheral.nextFault();
    const answer = refuse === undefined ? this.server.handle(pdu) : this.server.refuse(pdu, refuse);
    if (drop !== undefined) this.lose(drop);
    else if (mute === true) return;
    else if (delay === 0) this.answer(CHANNEL.att, answer);
    else this.later(delay, () => this.answer(CHANNEL.att, answer));
  }

  private answer(channel: Frame["channel"], payload: Uint8Array | undefined): void {
    if (payload === undefined || this.isOver) return;
    const { aclLength, send } = this.ends;
    for (const packet of framePackets(this.handle, { channel, payload }, aclLength)) send(packet);
  }

  private later(after: Millis, task: () => void): void {
    const { clock } = this.ends;
    const cancel = clock.at(clock.monotonic() + after, () => {
      this.alarms.delete(cancel);
      task();
    });
    this.alarms.add(cancel);
  }
}
