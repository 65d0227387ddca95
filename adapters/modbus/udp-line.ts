/** Modbus over UDP: one MBAP frame in each datagram. Answers are known by their transaction, as on TCP. */
import { createSocket, type Socket } from "node:dgram";
import { DeviceError, reasonOf } from "../../src/adapter.ts";
import { lookupUntil } from "../wires/host-names.ts";
import type { HostAndPort } from "../wires/tcp-socket.ts";
import type { Connect } from "./line.ts";
import { FrameReader } from "./mbap.ts";
import { Transactions } from "./transactions.ts";

/** A connected socket: datagrams of others are dropped, and that nobody listens there is heard. */
export function connectUdp({ host, port }: HostAndPort): Connect {
  return async (signal, onLost) => {
    const { address, family } = await addressOf(host, signal);
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    await connected(socket, address, port);
    if (signal.aborted) socket.close();
    signal.throwIfAborted();
    let over = false;
    const end = (error?: Error): void => {
      if (over) return;
      over = true;
      socket.close();
      if (error !== undefined) onLost(new DeviceError("unreachable", reasonOf(error), { cause: error }));
    };
    socket.on("error", end);
    const transactions = new Transactions((frame) => {
      if (!over) socket.send(frame);
    });
    socket.on("message", (datagram) => {
      // What is no frame, or more than one, is nobody's answer.
      const [frame, ...more] = new FrameReader().push(datagram) ?? [];
      if (frame !== undefined && more.length === 0) transactions.receive(frame);
    });
    return {
      transact: (unit, pdu) => transactions.transact(unit, pdu),
      peer: address,
      destroy: () => end(),
    };
  };
}

function addressOf(host: string, signal: AbortSignal): Promise<{ readonly address: string; readonly family: number }> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    lookupUntil(signal)(host, {}, (error, address, family = 4) => {
      signal.removeEventListener("abort", abort);
      if (error === null && typeof address === "string") resolve({ address, family });
      else reject(new DeviceError("unreachable", reasonOf(error), { cause: error }));
    });
  });
}

function connected(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.close();
      reject(new DeviceError("unreachable", reasonOf(error), { cause: error }));
    };
    socket.once("error", fail);
    socket.connect(port, address, () => {
      socket.off("error", fail);
      resolve();
    });
  });
}
