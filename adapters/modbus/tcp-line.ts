/** Modbus TCP as a transport of a line. MODBUS Messaging on TCP/IP Implementation Guide V1.0b §4.2, §4.3. */
import { DeviceError } from "../../src/adapter.ts";
import { type HostAndPort, openSocket } from "../wires/tcp-socket.ts";
import type { Connect } from "./line.ts";
import { FrameReader } from "./mbap.ts";
import { Transactions } from "./transactions.ts";

/** Connects to a Modbus TCP server. Answers are known by their transaction; a stream out of step ends the connection. */
export function connectTcp(address: HostAndPort): Connect {
  return async (signal, onLost) => {
    const transactions = new Transactions((frame) => void socket.write(frame));
    const reader = new FrameReader();
    const onData = (chunk: Uint8Array): void => {
      const frames = reader.push(chunk);
      for (const frame of frames ?? []) transactions.receive(frame);
      if (frames !== undefined) return;
      socket.destroy();
      onLost(new DeviceError("malformed", "the device sent bytes that are no Modbus TCP frame"));
    };
    const socket = await openSocket(address, { onData, onLost }, signal);
    return {
      transact: (unit, pdu) => transactions.transact(unit, pdu),
      peer: socket.remoteAddress,
      destroy: () => socket.destroy(),
    };
  };
}
