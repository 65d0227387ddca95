/** `decode ble`: advertising data, or the value of a characteristic, that somebody saw in an app, in a log or in a manual, explained. */
import { readFile } from "node:fs/promises";
import {
  reasonOf,
  type Tool,
  type ToolArguments,
  type ToolContext,
  type ToolOptions,
  WrongArguments,
} from "../../../src/adapter.ts";
import { KEY_BYTES } from "../decoders/ccm.ts";
import type { AdvertisementDecoder, CharacteristicDecoder } from "../decoders/decoder.ts";
import { advertisementDecoders, characteristicDecoders, otherNames } from "../decoders/index.ts";
import { addressSchema, bytesOfHex, unknownName } from "../keys.ts";
import type { BlePoint } from "../points.ts";
import { normalUuid } from "../radio/uuid.ts";
import type { BleDevice } from "../section.ts";
import { type Explanation, explainAdvertisement, explainCharacteristic } from "./explained.ts";

const OPTIONS: ToolOptions = {
  key: {
    type: "string",
    value: "HEX|@FILE",
    help: "The key of encrypted advertisements; @FILE is read from that file.",
  },
  address: { type: "string", value: "MAC", help: "The address of the device: what is encrypted needs it." },
};

export const decode: Tool<BleDevice, BlePoint> = {
  summary: "Explains advertising data: what is in it, and each value of a known format.",
  positionals: "[FORMAT|UUID] [HEX...]",
  talks: false,
  options: OPTIONS,
  words: [...advertisementDecoders.keys()],
  async run(args, context) {
    const { meant, texts } = await typed(args, context);
    const from = { address: addressOf(args), key: await keyOf(args) };
    const all = texts.map((text): Explanation => {
      const bytes = typedBytes(text);
      return meant?.kind === "characteristic"
        ? explainCharacteristic(bytes, meant.decoder)
        : explainAdvertisement(bytes, { ...from, only: meant?.decoder });
    });
    return {
      lines: all.flatMap(({ lines }, i) => [...(i === 0 ? [] : [""]), ...lines]),
      data: all.map(({ data }) => data),
      ok: all.every(({ ok }) => ok),
    };
  },
};

type Meant =
  | { readonly kind: "advertisement"; readonly decoder: AdvertisementDecoder }
  | { readonly kind: "characteristic"; readonly decoder: CharacteristicDecoder };

/** What the bytes are said to be, and the bytes: one text for all that was typed, else one for each line of standard input. */
async function typed(
  { positionals }: ToolArguments,
  { input }: ToolContext<BleDevice, BlePoint>,
): Promise<{ readonly meant: Meant | undefined; readonly texts: readonly string[] }> {
  const [first = "", ...others] = positionals;
  const meant = meantBy(first, others.length > 0);
  const words = meant === undefined ? positionals : others;
  const texts =
    words.length > 0 ? [words.join("")] : (await input()).split(/\r?\n/).filter((line) => line.trim() !== "");
  if (texts.length > 0) return { meant, texts };
  throw new WrongArguments("expected advertising data in hexadecimal, such as 020106 0a16d2fc4002c40903bf13");
}

/** Undefined: the first word is the first of the bytes. `more`: bytes follow. */
function meantBy(word: string, more: boolean): Meant | undefined {
  const decoder = advertisementDecoders.get(word.toLowerCase());
  if (decoder !== undefined) return { kind: "advertisement", decoder };
  // Four digits could be two bytes; a characteristic has its value behind it.
  const characteristic = more ? characteristicDecoders.get(normalUuid(word) ?? "") : undefined;
  if (characteristic !== undefined) return { kind: "characteristic", decoder: characteristic };
  if (word === "" || isHex(word)) return undefined;
  const other = otherNames.get(word.toLowerCase());
  throw new WrongArguments(
    other === undefined
      ? unknownName("format", word, "decode ble", advertisementDecoders.keys())
      : `${word} is \`${other}\` here`,
  );
}

function isHex(text: string): boolean {
  return /^(?:0x)?[\da-f:,\s-]+$/i.test(text);
}

function typedBytes(text: string): Uint8Array {
  const bytes = bytesOfHex(text.replaceAll(/0x|[,:-]/gi, ""));
  if (bytes !== undefined && bytes.length > 0) return bytes;
  throw new WrongArguments(`"${text.slice(0, 40)}" are no bytes in hexadecimal; expected e.g. 020106 0a16d2fc40`);
}

function addressOf(args: ToolArguments): string | undefined {
  const text = args.text("address");
  if (text === undefined) return undefined;
  const { data } = addressSchema.safeParse(text);
  if (data !== undefined) return data;
  throw new WrongArguments(`--address ${text}: expected six bytes, e.g. A4:C1:38:8F:19:E9`);
}

/** What it says never has a part of the key in it. */
async function keyOf(args: ToolArguments): Promise<Uint8Array | undefined> {
  const text = args.text("key");
  if (text === undefined) return undefined;
  const bytes = bytesOfHex((text.startsWith("@") ? await fileText(text.slice(1)) : text).replaceAll(/[:-]/g, ""));
  if (bytes?.length === KEY_BYTES) return bytes;
  throw new WrongArguments(`--key: expected ${2 * KEY_BYTES} hexadecimal digits`);
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new WrongArguments(`--key @${path}: ${reasonOf(error)}`, { cause: error });
  }
}
