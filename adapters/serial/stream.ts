/** What carries the bytes: a serial port of this machine, or a TCP connection to a serial server. */
import { type AdapterContext, DeviceError, reasonOf } from "../../src/adapter.ts";
import type { Closeable, Connector } from "../wires/kept-connection.ts";
import { SerialPort } from "../wires/serial-port.ts";
import { openSocket } from "../wires/tcp-socket.ts";
import type { PortOptions, SerialOptions, TcpOptions } from "./options.ts";
import { watchPort } from "./port-watch.ts";

export interface ByteStream extends Closeable {
  /** Resolves when the system has taken them. Rejects with DeviceError. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sets the speed of the line; absent where whoever is at the other end knows it alone. Rejects with DeviceError. */
  setSpeed?(baudRate: number): Promise<void>;
  /** The IP address of the other end; absent where it has none. */
  readonly peer?: string | undefined;
}

/** `onData`: the chunk is valid during the call only. */
export function connectorOf(
  options: SerialOptions,
  context: AdapterContext,
  onData: (chunk: Uint8Array) => void,
): Connector<ByteStream> {
  switch (options.transport) {
    case "port":
      return (signal, onLost) => openPort(options, context, { onData, onLost }, signal);
    case "tcp":
      return (signal, onLost) => openTcp(options, { onData, onLost }, signal);
  }
}

interface StreamListener {
  readonly onData: (chunk: Uint8Array) => void;
  readonly onLost: (error: DeviceError) => void;
}

async function openPort(
  { port: path, line, flow, dtr, rts }: PortOptions,
  { clock, log }: AdapterContext,
  listener: StreamListener,
  signal: AbortSignal,
): Promise<ByteStream> {
  const port = await SerialPort.open(path, { ...line, flow }, listener, signal);
  if (dtr !== undefined || rts !== undefined) {
    // A pseudo-terminal has no such lines, and some adapters have none either: what matters is what the device says.
    const failure = await port.setLines({
      ...(dtr === undefined ? {} : { dtr }),
      ...(rts === undefined ? {} : { rts }),
    });
    if (failure !== undefined)
      log.warn({ code: "LG557", port: path, reason: failure }, "the port does not let its DTR and RTS lines be set");
  }
  const unwatch = await watchPort(path, clock, listener.onLost);
  if (signal.aborted) {
    unwatch();
    port.close();
  }
  signal.throwIfAborted();
  return {
    write: (bytes) => port.write(bytes),
    setSpeed: (baudRate) => port.setSpeed(baudRate),
    destroy: () => {
      unwatch();
      port.close();
    },
  };
}

async function openTcp(options: TcpOptions, listener: StreamListener, signal: AbortSignal): Promise<ByteStream> {
  const socket = await openSocket(options, listener, signal);
  return {
    peer: socket.remoteAddress,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        // The callback comes once the bytes left for the network, and may never come where the socket breaks: `onLost` does.
        socket.write(bytes, (error) =>
          error === undefined || error === null
            ? resolve()
            : reject(new DeviceError("unreachable", reasonOf(error), { cause: error })),
        );
      }),
    destroy: () => {
      socket.destroy();
    },
  };
}
