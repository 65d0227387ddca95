/** Encrypted BTHome v2 advertisements, made here from their description alone: https://bthome.io/encryption */
import { createCipheriv } from "node:crypto";
import type { AdvertisedContent } from "../../../adapters/ble/emulator/advertising-data.ts";

const UUID = "fcd2";
/** The same as it goes over the air. */
const UUID_ON_AIR = [0xd2, 0xfc];
/** Version 2, encrypted. */
const DEVICE_INFORMATION = 0x41;
/** Object IDs: temperature in 0.01 °C, signed; humidity in 0.01 %. */
const TEMPERATURE = 0x02;
const HUMIDITY = 0x03;
const MIC_LENGTH = 4;

export interface Room {
  /** In 0.01 °C. */
  readonly temperature: number;
  /** In 0.01 %. */
  readonly humidity: number;
  /** Of its packets; each measurement has the next one. */
  readonly counter: number;
}

/** What the device with this address ("f0:00:00:00:00:01") and key, in hexadecimal digits, says of a room. */
export function bthomeRoom(address: string, key: string, { temperature, humidity, counter }: Room): AdvertisedContent {
  const plain = Buffer.alloc(6);
  plain.writeUInt8(TEMPERATURE, 0);
  plain.writeInt16LE(temperature, 1);
  plain.writeUInt8(HUMIDITY, 3);
  plain.writeUInt16LE(humidity, 4);
  const count = Buffer.alloc(4);
  count.writeUInt32LE(counter);
  const mac = Buffer.from(address.replaceAll(":", ""), "hex");
  const nonce = Buffer.concat([mac, Buffer.from([...UUID_ON_AIR, DEVICE_INFORMATION]), count]);
  const cipher = createCipheriv("aes-128-ccm", Buffer.from(key, "hex"), nonce, { authTagLength: MIC_LENGTH });
  const secret = Buffer.concat([cipher.update(plain), cipher.final()]);
  const data = Buffer.concat([Buffer.from([DEVICE_INFORMATION]), secret, count, cipher.getAuthTag()]);
  return { serviceData: new Map([[UUID, data]]) };
}
