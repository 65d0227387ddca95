/**
 * The edge fake "datagram wire" with a server of DTLS at its far end: the addon's own, which tests have for this alone. It
 * knows associations by the address that datagrams come from, or by its Connection IDs; a NAT stands between.
 */
import { createHash } from "node:crypto";
import { type CoapEffect, CoapEndpoint, type CoapEvent } from "../../src/coap/endpoint.ts";
import { decodeMessage } from "../../src/coap/message.ts";
import { openEngine } from "../../src/dtls/connection-id/translation.ts";
import { loadDtls } from "../../src/dtls/load.ts";
import type { Engine, NativeDtls, NativeSettings, Step } from "../../src/dtls/native.ts";
import { openSslProvider } from "../../src/dtls/provider.ts";
import type { ServerSecurity } from "../../src/dtls/server-security.ts";
import { type Drive, drive } from "../../src/machine.ts";
import { DtlsTransport, type DtlsTransportOptions } from "../../src/servers/transport/dtls.ts";
import type { DatagramWire, Transport } from "../../src/servers/transport/transport.ts";
import type { UplinkPort } from "../../src/servers/uplink/uplinks.ts";
import { fakeRandom } from "./fake-clock.ts";
import { countersOf, type FarEnd, type FarEndOptions } from "./far-end.ts";

/** What the gateway makes its transport of. */
export type Opening = Pick<DtlsTransportOptions, "clock" | "random" | "log" | "certificateTime" | "onAlert"> & {
  readonly security: ServerSecurity;
  /** Whether the process has ended: then nothing leaves any more. */
  readonly ended: () => boolean;
};

export interface Handshake {
  /** Of the gateway, as the server sees it. */
  readonly port: number;
  readonly resumed: boolean;
  /** In DER: what the gateway has shown, where it has one. */
  readonly certificate?: Uint8Array;
}

interface Association {
  readonly engine: Engine;
  /** In hexadecimal; "": none. */
  readonly connectionId: string;
  port: number;
  connected: boolean;
}

const HANDSHAKE = 22;
const CID_RECORD = 25;
const ID_LENGTH = 6;

export class DtlsEnd implements FarEnd {
  /** All that came to their end. */
  readonly handshakes: Handshake[] = [];
  /** Whether it gives Connection IDs. */
  givesIds = false;
  /** Datagrams of no association that it knows. */
  strange = 0;
  private readonly options: FarEndOptions;
  /** Local addresses from which nothing gets through, and to which nothing does. */
  readonly cut = new Set<string>();
  /** Of its side of each handshake to come: its keys, and what it expects. */
  settings: NativeSettings;
  private readonly native: NativeDtls;
  private readonly associations = new Set<Association>();
  private current: Association | undefined;
  private drive: Drive<CoapEvent> | undefined;
  private sessions = 0;
  private opened = 0;
  /** Of the tickets that it knows. */
  private generation = 0;
  private deliver: (bytes: Uint8Array) => void = () => {};
  /** The gateway's own, and what the NAT makes of it. */
  private innerAddress = "192.0.2.1";
  private port = 50_000;

  /** `settings`: of the server's side. */
  constructor(options: FarEndOptions, settings: NativeSettings) {
    const loaded = loadDtls();
    if ("missing" in loaded) throw new Error(loaded.missing);
    this.native = loaded.native;
    this.options = options;
    this.settings = settings;
  }

  openTransport(_wishedPort?: number, opening?: Opening, uplink?: UplinkPort): Transport {
    if (opening === undefined) throw new TypeError("DTLS needs keys");
    const { ended, ...parts } = opening;
    const provider = openSslProvider(this.native);
    return new DtlsTransport({ ...parts, host: "server-101", port: 5684, provider, wire: this.wire(ended, uplink) });
  }

  /** The NAT forgets the gateway: what it sends next comes from another port, and what goes to the one before is lost. */
  remap(): void {
    this.port++;
  }

  /** The gateway has another address now. */
  move(): void {
    this.innerAddress = `192.0.2.${2 + this.port - 50_000}`;
    this.port++;
  }

  /** It forgets who was connected, and by default also which sessions there were. */
  restart({ keepsSessions = false }: { readonly keepsSessions?: boolean } = {}): void {
    this.associations.clear();
    this.current = undefined;
    if (!keepsSessions) this.generation++;
  }

  /** close_notify, wherever it is connected. */
  closeAll(): void {
    for (const association of [...this.associations]) {
      this.take(association, association.engine.close());
      this.associations.delete(association);
    }
    this.current = undefined;
  }

  feed(event: CoapEvent): void {
    this.drive?.(event);
  }

  send(bytes: Uint8Array): void {
    const { current } = this;
    if (current !== undefined) this.take(current, current.engine.send(bytes));
  }

  /** A datagram as it is, from the server's address. */
  inject(datagram: Uint8Array): void {
    this.deliver(datagram);
  }

  private wire(ended: () => boolean, uplink: UplinkPort | undefined): DatagramWire {
    const { wire, resolves } = this.options;
    const counters = countersOf();
    let address: string | undefined;
    const locate = async (): Promise<void> => {
      address = uplink === undefined ? this.innerAddress : uplink.choose([4]).address;
    };
    let from: string | undefined;
    const isCut = (): boolean => from !== undefined && this.cut.has(from);
    return {
      counters,
      get localAddress() {
        return address;
      },
      open: async (onDatagram) => {
        this.deliver = (bytes) => {
          if (isCut()) return;
          counters.received++;
          onDatagram(bytes);
        };
        this.port++;
      },
      resolve: async () => {
        if (!resolves()) throw new Error("getaddrinfo EAI_AGAIN");
        await locate();
        from = address;
      },
      relocate: locate,
      rebind: async () => {
        this.port++;
        from = address;
      },
      doubt: () => uplink?.unanswered(),
      ask: async ({ address: asked }) => !wire.cut && !this.cut.has(asked),
      send: (bytes) => {
        if (ended()) return;
        counters.sent++;
        const { port } = this;
        if (isCut()) return;
        wire.carry(bytes, (copy) => this.receive(copy, port));
      },
      close: async () => {},
    };
  }

  private receive(bytes: Uint8Array, port: number): void {
    const association = this.find(bytes, port);
    if (association === undefined) {
      this.strange++;
      return;
    }
    this.take(association, association.engine.receive(bytes), port);
  }

  private find(bytes: Uint8Array, port: number): Association | undefined {
    if (bytes[0] === CID_RECORD) {
      const id = Buffer.from(bytes.subarray(11, 11 + ID_LENGTH)).toString("hex");
      return [...this.associations].find(({ connectionId }) => connectionId === id);
    }
    const known = [...this.associations].findLast((association) => association.port === port);
    // Without a Connection ID, in epoch 0: a handshake, of which nobody has heard yet.
    return known ?? (bytes[0] === HANDSHAKE && bytes[4] === 0 ? this.begin(port) : undefined);
  }

  private begin(port: number): Association {
    const id = this.givesIds ? hashOf(`id ${++this.opened}`).subarray(0, ID_LENGTH) : undefined;
    const engine = openEngine(this.native, {
      ...this.settings,
      ...(id === undefined ? {} : { connectionId: id }),
      server: true,
      ticketKeys: Buffer.concat([hashOf(`a ${this.generation}`), hashOf(`b ${this.generation}`)]).subarray(0, 80),
    });
    const connectionId = id?.toString("hex") ?? "";
    const association = { engine, connectionId, port, connected: false };
    this.associations.add(association);
    return association;
  }

  /** `port`: where it came from, which counts once it is proved. */
  private take(association: Association, step: Step, port?: number): void {
    if (step.state === "connected" && !association.connected) this.onConnected(association);
    if (step.data.length > 0 && port !== undefined) association.port = port;
    for (const datagram of step.datagrams) {
      const to = association.port;
      this.options.wire.carry(datagram, (copy) => (to === this.port ? this.deliver(copy) : undefined));
    }
    for (const bytes of step.data) {
      this.current = association;
      this.options.onPacket("gateway", decodeMessage(bytes));
      this.feed({ type: "datagram", bytes });
    }
    if (step.state === "closed" || step.state === "failed") this.associations.delete(association);
  }

  private onConnected(association: Association): void {
    const { resumed, peerCertificate: certificate } = association.engine.agreement();
    association.connected = true;
    this.current = association;
    this.handshakes.push({
      port: association.port,
      resumed,
      ...(certificate === undefined ? {} : { certificate }),
    });
    if (!resumed) this.beginSession();
  }

  private beginSession(): void {
    this.drive?.stop();
    this.options.onSession();
    const endpoint = new CoapEndpoint({ random: fakeRandom(200 + this.sessions++) });
    this.drive = drive(endpoint, this.options.clock, (effect) => this.perform(effect));
  }

  private perform(effect: CoapEffect): void {
    if (effect.type === "send") {
      this.options.onPacket("server", decodeMessage(effect.bytes));
      this.send(effect.bytes);
    } else this.options.perform(effect);
  }
}

function hashOf(text: string): Buffer {
  return createHash("sha512").update(text).digest();
}
