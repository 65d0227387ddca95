/** A peripheral with the SMP service, before an SMP server that somebody else wrote: what is written goes there, and back by notifications. */
import { connect, type Socket } from "node:net";
import { advertisingData } from "../../adapters/ble/emulator/advertising-data.ts";
import type { Controller } from "../../adapters/ble/emulator/controller.ts";
import type { Peripheral } from "../../adapters/ble/emulator/peripheral.ts";

const SERVICE = "8d53dc1d-1db7-4cd3-868b-8a527460aa84";
const CHARACTERISTIC = "da2e7828-fbce-4e01-ae9e-261174997c48";
const EVERY = 100;

export interface SmpPeripheral {
  readonly peripheral: Peripheral;
  /** Writes that came, by their lengths. */
  readonly writes: number[];
  close(): void;
}

/** `port`: of the server, on 127.0.0.1. */
export async function anSmpPeripheral(controller: Controller, address: string, port: number): Promise<SmpPeripheral> {
  const socket = await connected(port);
  const writes: number[] = [];
  const peripheral = controller.add({
    address,
    addressType: "random",
    advertising: { data: advertisingData({ flags: true }), interval: EVERY },
    services: [
      {
        uuid: SERVICE,
        characteristics: [
          {
            uuid: CHARACTERISTIC,
            properties: ["write-without-response", "notify"],
            onWrite: (bytes) => {
              writes.push(bytes.length);
              socket.write(bytes);
              return undefined;
            },
          },
        ],
      },
    ],
  });
  const characteristic = peripheral.characteristic(CHARACTERISTIC);
  socket.on("data", (bytes: Buffer) => {
    const most = characteristic.longestTold;
    for (let at = 0; at < bytes.length; at += most) characteristic.notify(bytes.subarray(at, at + most));
  });
  return { peripheral, writes, close: () => socket.destroy() };
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true }, () => resolve(socket));
    socket.once("error", reject);
  });
}
