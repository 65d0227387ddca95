import { CONTENT_FORMAT } from "./formats/codec.ts";

/** The formats that a Send may have (Core 1.2 §6.4.6), by their names for users. */
export const SEND_FORMATS = {
  "senml-cbor": CONTENT_FORMAT.senmlCbor,
  "senml-json": CONTENT_FORMAT.senmlJson,
  "lwm2m-cbor": CONTENT_FORMAT.lwm2mCbor,
} as const;

export type SendFormat = keyof typeof SEND_FORMATS;

export function isSendFormat(name: unknown): name is SendFormat {
  return typeof name === "string" && Object.hasOwn(SEND_FORMATS, name);
}
