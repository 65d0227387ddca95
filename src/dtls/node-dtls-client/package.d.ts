/** Of node-dtls-client, what is used of it. Its socket is an emitter of Node's: "connected", "message", "error", "close". */
declare module "node-dtls-client" {
  export namespace dtls {
    function createSocket(options: Options): Socket;

    interface Options {
      readonly type: "udp4" | "udp6";
      readonly address: string;
      readonly port: number;
      readonly psk: Readonly<Record<string, Uint8Array>>;
      /** Names of IANA. */
      readonly ciphers: readonly string[];
      /** Until the handshake is given up. */
      readonly timeout: number;
    }

    interface Socket {
      on(event: "connected" | "close", listener: () => void): this;
      on(event: "message", listener: (data: Uint8Array) => void): this;
      on(event: "error", listener: (error: Error) => void): this;
      send(data: Uint8Array): void;
      close(): void;
    }
  }
}
