/**
 * A Bluetooth controller with peripherals around it, for hosts that speak HCI over a UART (H4). Each host that attaches has a controller
 * of its own; the peripherals are the same for all, and each serves one central at a time.
 */
import type { AdapterContext, Clock, Millis, Random } from "../../../src/adapter.ts";
import type { PlayedSession } from "../../wires/played-port.ts";
import { HostSession } from "./host-session.ts";
import { addressBytes, addressText } from "./little-endian.ts";
import { type Air, type HeardAdvertisement, Peripheral } from "./peripheral.ts";
import type { PeripheralSpec } from "./peripheral-spec.ts";

export interface ControllerOptions {
  /** Its public address. */
  readonly address?: string | undefined;
  /** The largest payload of an ACL packet, in both directions: 27 … 251. */
  readonly aclLength?: number | undefined;
  /** How many ACL packets a host may send before it hears that they are gone. */
  readonly aclPackets?: number | undefined;
  /** How many connections a host may have at once. */
  readonly connections?: number | undefined;
  /** Every command that comes, before it is done. */
  readonly onCommand?: ((opcode: number, parameters: Uint8Array) => void) | undefined;
}

/** What a host's session needs of it. */
export interface ControllerState {
  readonly address: string;
  readonly aclLength: number;
  readonly aclPackets: number;
  readonly connections: number;
  /** LE features (Core Specification 5.4, Vol. 6, Part B, 4.6), 8 bytes. */
  readonly features: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  readonly onCommand: ControllerOptions["onCommand"];
  readonly silent: boolean;
  readonly mangle: ((packet: Uint8Array) => Uint8Array | undefined) | undefined;
  listeningChanged(): void;
  left(session: HostSession): void;
}

/** Octets of the smallest LE packet, and of the largest. */
const SMALLEST_ACL = 27;
const LARGEST_ACL = 251;
/** LE Data Packet Length Extension. */
const DATA_LENGTH_EXTENSION = 0x20;
/** Peripherals that come at once do not speak at once. */
const PHASE_STEP: Millis = 37;

export class Controller implements ControllerState, Air {
  readonly address: string;
  readonly aclLength: number;
  readonly aclPackets: number;
  readonly connections: number;
  readonly features: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  readonly onCommand: ControllerOptions["onCommand"];
  /** True: it hears nothing and says nothing, as one that hangs. */
  silent = false;
  /** What becomes of each packet to a host, the H4 type first; undefined: it is lost. Absent: it stays as it is. */
  mangle: ((packet: Uint8Array) => Uint8Array | undefined) | undefined;
  private readonly sessions = new Set<HostSession>();
  private readonly known = new Map<string, Peripheral>();

  /** Throws RangeError where the options cannot be. */
  constructor(options: ControllerOptions, { clock, random }: Pick<AdapterContext, "clock" | "random">) {
    const { address = "02:00:00:00:00:01", aclLength = LARGEST_ACL, aclPackets = 8, connections = 8 } = options;
    if (!(aclLength >= SMALLEST_ACL && aclLength <= LARGEST_ACL))
      throw new RangeError(`ACL packets of ${aclLength} bytes: expected ${SMALLEST_ACL} … ${LARGEST_ACL}`);
    this.address = addressText(addressBytes(address));
    this.aclLength = aclLength;
    this.aclPackets = aclPackets;
    this.connections = connections;
    this.features = Uint8Array.of(aclLength > SMALLEST_ACL ? DATA_LENGTH_EXTENSION : 0, 0, 0, 0, 0, 0, 0, 0);
    this.clock = clock;
    this.random = random;
    this.onCommand = options.onCommand;
  }

  /** Throws RangeError where the specification cannot be, or the address is taken. */
  add(spec: PeripheralSpec): Peripheral {
    const phase = (this.known.size * PHASE_STEP) % (spec.advertising?.interval ?? PHASE_STEP);
    const peripheral = new Peripheral(spec, this, phase);
    if (this.known.has(peripheral.address)) throw new RangeError(`there is a peripheral ${peripheral.address} already`);
    this.known.set(peripheral.address, peripheral);
    return peripheral;
  }

  get peripherals(): readonly Peripheral[] {
    return [...this.known.values()];
  }

  /** A host comes. `send`: what the controller says to it, H4 packets. */
  attach(send: (bytes: Uint8Array) => void): PlayedSession {
    const session = new HostSession(this, send);
    this.sessions.add(session);
    return session;
  }

  /** How the first host scans. */
  get scanning(): "active" | "passive" | "off" {
    return this.first?.scanner.state ?? "off";
  }

  /** The address that the first host wants to connect to; undefined: none. */
  get connecting(): string | undefined {
    return this.first?.connecting;
  }

  /** Says these bytes to every host, whatever they are. */
  say(bytes: Uint8Array): void {
    for (const session of this.sessions) session.sendRaw(bytes);
  }

  /** Nothing is heard and said any more. */
  close(): void {
    for (const session of [...this.sessions]) session.close();
  }

  get listening(): boolean {
    return [...this.sessions].some((session) => session.listening);
  }

  heard(peripheral: Peripheral, advertisement: HeardAdvertisement): void {
    for (const session of this.sessions) session.heard(peripheral, advertisement);
  }

  listeningChanged(): void {
    for (const peripheral of this.known.values()) peripheral.listen();
  }

  left(session: HostSession): void {
    this.sessions.delete(session);
    this.listeningChanged();
  }

  private get first(): HostSession | undefined {
    return [...this.sessions].find((session) => session.listening) ?? [...this.sessions][0];
  }
}
