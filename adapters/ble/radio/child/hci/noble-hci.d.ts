/** What we use of the lower layers of noble, which has types for its upper ones alone. */
declare module "@stoprocent/noble/lib/hci-socket/hci.js" {
  import type { EventEmitter } from "node:events";

  export default class Hci extends EventEmitter {
    /** By the codes of HCI (Core Specification, Vol. 1, Part F). */
    static readonly STATUS_MAPPER: readonly string[];
    readonly address: string;
    readonly addressType: string;
    /** Of the package bluetooth-hci-socket. */
    readonly _socket: EventEmitter & {
      write(packet: Buffer): void;
      bindUser(...parameters: unknown[]): unknown;
    };
    constructor(options: {
      readonly hciDriver: "native" | "uart";
      readonly deviceId?: number;
      readonly userChannel?: boolean;
      readonly extended: boolean;
      readonly bindParams?: { readonly uart: { readonly port: string; readonly baudRate: number } };
    });
    init(): void;
    stop(): void;
    readBdAddr(): void;
    readRssi(handle: number): void;
    setScanEnabled(enabled: boolean, filterDuplicates: boolean): void;
    createLeConn(
      address: string,
      addressType: "public" | "random",
      parameters: {
        readonly minInterval?: number;
        readonly maxInterval?: number;
        readonly latency?: number;
        readonly timeout?: number;
      },
      reset: boolean,
      token: object,
    ): void;
    cancelConnect(): void;
    disconnect(handle: number): void;
    /** In milliseconds. */
    connUpdateLe(handle: number, minInterval: number, maxInterval: number, latency: number, supervision: number): void;
    writeAclDataPkt(handle: number, cid: number, data: Buffer): Promise<void>;
  }
}

declare module "@stoprocent/noble/lib/hci-socket/acl-stream.js" {
  import type { EventEmitter } from "node:events";
  import type Hci from "@stoprocent/noble/lib/hci-socket/hci.js";

  /** Pairs, where `push` has the data of the Security Manager. */
  export default class AclStream extends EventEmitter {
    constructor(
      hci: Hci,
      handle: number,
      localAddressType: string,
      localAddress: string,
      remoteAddressType: string,
      remoteAddress: string,
    );
    encrypt(): void;
    push(cid: number, data: Buffer): void;
    pushEncrypt(encrypted: number): void;
  }
}
