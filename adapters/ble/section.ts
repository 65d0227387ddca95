/** `ble:` of a mapping: whose advertisements are heard, what they are, and how the device is connected to. */
import { z } from "zod";
import { durationSchema, type Millis, SECOND } from "../../src/adapter.ts";
import type { AdvertisementDecoder } from "./decoders/decoder.ts";
import { advertisementDecoders, otherNames } from "./decoders/index.ts";
import { bytesOfHex, type Complain, unknownName } from "./keys.ts";
import { type MatchSpec, matchSchema, matchSpec } from "./match.ts";
import type { AddressType } from "./radio/radio.ts";
import { type PeripheralStep, peripheralStepSchema } from "./steps.ts";
import { type UartSpec, uartKeys, uartSpec } from "./uart/uart-section.ts";

/** What its advertisements are. */
export interface DecodeSpec {
  readonly decoder: AdvertisementDecoder;
  /** Where they are encrypted. */
  readonly key?: Uint8Array | undefined;
}

export interface BleDevice {
  readonly match: MatchSpec;
  /** Absent: resources say themselves where their bytes are. */
  readonly decode?: DecodeSpec | undefined;
  /** Absent: kept where the device tells something by itself, else it is polled. */
  readonly connect?: "keep" | "poll" | undefined;
  /** Absent: as it was advertised. */
  readonly addressType?: AddressType | undefined;
  /** What is done after each connect, before anything else. */
  readonly setup: readonly PeripheralStep[];
  /** How long one exchange over a connection may take. */
  readonly timeout: Millis;
  /** Where it speaks text or frames over a service that carries them. */
  readonly uart?: UartSpec | undefined;
  /** The core's: the order of bytes within a value. */
  readonly order?: unknown;
}

const USUAL_TIMEOUT: Millis = 5 * SECOND;
const LONGEST_TIMEOUT: Millis = 30 * SECOND;

const sectionFields = z.strictObject({
  match: matchSchema.describe("Whose advertisements are heard: { address, name, only }; together: all must fit"),
  decode: z
    .string()
    .optional()
    .describe("What they are; then a resource says `field`")
    .meta({ enum: [...advertisementDecoders.keys()] }),
  key: z
    .string()
    .optional()
    .describe("The key of encrypted advertisements, in hexadecimal: a parameter of type secret"),
  connect: z
    .enum(["keep", "poll"])
    .optional()
    .describe("keep: stays connected; poll: connects, reads and disconnects. Default: keep where something notifies"),
  address_type: z.enum(["public", "random"]).optional().describe("Kind of its address; default: as advertised"),
  setup: z
    .array(peripheralStepSchema)
    .max(16)
    .default([])
    .describe("Steps that are done after each connect, e.g. to switch a sensor on: [ { char: FFF1, hex: 01 } ]"),
  timeout: durationSchema
    .refine((span) => span > 0 && span <= LONGEST_TIMEOUT, "expected up to 30s")
    .default(USUAL_TIMEOUT)
    .describe("How long one read, write, subscription or answer may take"),
  ...uartKeys,
  order: z.unknown().optional().describe("Order of the bytes of a value: ABCD, CDAB, BADC or DCBA"),
});
type SectionFields = z.output<typeof sectionFields>;

export const deviceSchema: z.ZodType<BleDevice> = sectionFields.transform((fields, context): BleDevice => {
  const complain: Complain = (path, message) => context.addIssue({ code: "custom", path: [...path], message });
  const decode = decodeOf(fields, complain);
  const { connect, address_type: addressType, setup, timeout, order } = fields;
  const uart = uartSpec(fields, complain);
  return {
    match: matchSpec(fields.match, decode, complain),
    ...(decode === undefined || decode === "wrong" ? {} : { decode }),
    ...(connect === undefined ? {} : { connect }),
    ...(addressType === undefined ? {} : { addressType }),
    setup,
    timeout,
    ...(uart === undefined ? {} : { uart }),
    ...(order === undefined ? {} : { order }),
  };
});

function decodeOf({ decode, key }: SectionFields, complain: Complain): DecodeSpec | "wrong" | undefined {
  if (decode === undefined) {
    if (key !== undefined)
      complain(["key"], "a key is for what is decoded: say by `decode` what the advertisements are");
    return undefined;
  }
  const decoder = advertisementDecoders.get(decode);
  if (decoder === undefined) {
    const other = otherNames.get(decode.toLowerCase());
    complain(
      ["decode"],
      other === undefined
        ? unknownName("decoder", decode, "the gateway", advertisementDecoders.keys())
        : `${decode} is \`${other}\` here`,
    );
    return "wrong";
  }
  const bytes = key === undefined ? undefined : keyOf(key, decoder, complain);
  return { decoder, ...(bytes === undefined ? {} : { key: bytes }) };
}

/** Nothing of what it says may hold a part of the key. */
function keyOf(text: string, { keyBytes, title }: AdvertisementDecoder, complain: Complain): Uint8Array | undefined {
  if (keyBytes === undefined) {
    complain(["key"], `${title} is never encrypted: it has no key`);
    return undefined;
  }
  const bytes = bytesOfHex(text.replace(/[:-]/g, ""));
  if (bytes?.length === keyBytes) return bytes;
  const found = bytes === undefined ? "other characters are in it" : `it has ${2 * bytes.length}`;
  complain(["key"], `the key of ${title} is ${2 * keyBytes} hexadecimal digits: ${found}`);
  return undefined;
}
