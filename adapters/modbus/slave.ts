/** Mappings run backwards: a Modbus TCP server with many units. Messaging on TCP/IP Implementation Guide V1.0b §4.2. */
import { createServer, type Server, type Socket } from "node:net";
import { z } from "zod";
import type { AdapterContext, SimulatedDevice, SimulateOptions, Simulation } from "../../src/adapter.ts";
import { DataModel } from "./data-model.ts";
import { type Frame, FrameReader, frameOf } from "./mbap.ts";
import type { ModbusDevice, ModbusPoint } from "./points.ts";
import { serve } from "./serve.ts";

const optionsSchema = z.strictObject({
  host: z.string().default("127.0.0.1").describe("Address to listen on"),
  port: z.int().min(0).max(65535).default(0).describe("TCP port; 0: any that is free"),
});

/** Gateway target device failed to respond (V1.1b3 §7): what a gateway says of a unit that is not there. */
const NO_SUCH_UNIT = 0x0b;
const MOST_CONNECTIONS = 64;

/** Listens, and answers for all the devices by their unit. Rejects where the port is taken or two devices have one unit. */
export async function simulate(
  options: SimulateOptions,
  devices: readonly SimulatedDevice<ModbusDevice, ModbusPoint>[],
  { log }: AdapterContext,
): Promise<Simulation> {
  const { host, port } = optionsSchema.parse(options);
  const units = modelsOf(devices);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", (error) => log.debug({ reason: error.message }, "a connection to the simulated devices broke"));
    answerAll(socket, units);
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, host, port);
  return {
    address: addressOf(server, host),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function modelsOf(devices: readonly SimulatedDevice<ModbusDevice, ModbusPoint>[]): ReadonlyMap<number, DataModel> {
  const units = new Map<number, DataModel>();
  for (const device of devices) {
    const { unit_id } = device.device;
    if (units.has(unit_id)) throw new RangeError(`two simulated devices have the unit_id ${unit_id}`);
    units.set(unit_id, new DataModel(device));
  }
  return units;
}

function answerAll(socket: Socket, units: ReadonlyMap<number, DataModel>): void {
  const reader = new FrameReader();
  socket.setNoDelay(true);
  socket.on("data", (chunk) => {
    const frames = reader.push(chunk);
    if (frames === undefined) {
      socket.destroy();
      return;
    }
    const answers = frames.map((frame) => frameOf(answer(frame, units)));
    if (answers.length === 0 || socket.write(Buffer.concat(answers))) return;
    // A client that asks without reading waits until it has read.
    socket.pause();
    socket.once("drain", () => socket.resume());
  });
}

function answer({ transaction, unit, pdu }: Frame, units: ReadonlyMap<number, DataModel>): Frame {
  const model = units.get(unit);
  const response = model === undefined ? Uint8Array.of((pdu[0] ?? 0) | 0x80, NO_SUCH_UNIT) : serve(model, pdu);
  return { transaction, unit, pdu: response };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function addressOf(server: Server, host: string): Simulation["address"] {
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return { host, port: address.port };
}
