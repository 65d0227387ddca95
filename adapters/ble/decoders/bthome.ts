/** BTHome version 2 (bthome.io/format, bthome.io/encryption): Shelly BLU, thermometers with the firmware of pvvx, b-parasite and others. */
import type { Advertisement } from "../radio/radio.ts";
import { BTHOME_FIELDS } from "./bthome-objects.ts";
import { composeObjects, readObjects } from "./bthome-payload.ts";
import { addressBytes, KEY_BYTES, neededKey, openSealed, seal } from "./ccm.ts";
import type { AdvertisementDecoder, Decoded } from "./decoder.ts";
import { hexOf, malformed, needBytes } from "./parts.ts";

const SERVICE = "fcd2";
const VERSION = 2;
const ENCRYPTED = 0x01;
/** Not in the format any more; devices of early days send their address with each packet. */
const WITH_ADDRESS = 0x02;
const ADDRESS_BYTES = 6;
const COUNTER_BYTES = 4;
const CHECK_BYTES = 4;

export const bthome: AdvertisementDecoder = {
  name: "bthome",
  title: "BTHome v2",
  data: [{ service: SERVICE }],
  fields: BTHOME_FIELDS,
  keyBytes: KEY_BYTES,
  decode(advertisement, key) {
    const data = advertisement.serviceData.get(SERVICE);
    return data === undefined ? undefined : decodeService(data, advertisement, key);
  },
  encode(fields, { address, packet, key }) {
    const objects = composeObjects(new Map([["packet_id", packet % 256], ...fields]));
    const information = (VERSION << 5) | (key === undefined ? 0 : ENCRYPTED);
    const body = key === undefined ? objects : encrypted(objects, { information, address, packet, key });
    return {
      services: [],
      serviceData: new Map([[SERVICE, Uint8Array.of(information, ...body)]]),
      manufacturerData: new Map(),
    };
  },
};

function decodeService(data: Uint8Array, { address }: Advertisement, key: Uint8Array | undefined): Decoded {
  needBytes(data, 1, "BTHome data");
  const information = data[0] ?? 0;
  const version = information >> 5;
  if (version !== VERSION) throw malformed(`BTHome of version ${version}; this is version ${VERSION}`);
  const hasAddress = (information & WITH_ADDRESS) !== 0;
  if (hasAddress) needBytes(data, 1 + ADDRESS_BYTES, "BTHome data with an address");
  const body = data.subarray(hasAddress ? 1 + ADDRESS_BYTES : 1);
  if ((information & ENCRYPTED) === 0) {
    // Else anybody could say anything in the name of a device that took care not to let them.
    if (key !== undefined) throw malformed("it is not encrypted, though the device has a key");
    return readObjects(body);
  }
  const sender = hasAddress ? hexOf(data.subarray(1, 1 + ADDRESS_BYTES).toReversed()) : address;
  return decodeEncrypted(body, { information, address: sender, key: neededKey(key) });
}

interface Sender {
  readonly information: number;
  readonly address: string;
  readonly key: Uint8Array;
}

/** The message, the counter, the check. */
function decodeEncrypted(body: Uint8Array, sender: Sender): Decoded {
  needBytes(body, COUNTER_BYTES + CHECK_BYTES, "an encrypted BTHome packet");
  const [counterAt, checkAt] = [body.length - COUNTER_BYTES - CHECK_BYTES, body.length - CHECK_BYTES];
  const counter = body.subarray(counterAt, checkAt);
  const sealed = Uint8Array.of(...body.subarray(0, counterAt), ...body.subarray(checkAt));
  const decoded = readObjects(openSealed(sealed, { key: sender.key, nonce: nonceOf(sender, counter) }));
  const number = Buffer.from(counter).readUInt32LE();
  // Some take the time of day for it: it rises, but does not count packets.
  return { ...decoded, counter: number, packet: decoded.packet ?? `counter ${number}` };
}

function encrypted(objects: Uint8Array, { packet, ...sender }: Sender & { readonly packet: number }): Uint8Array {
  const counter = Uint8Array.of(packet, packet >>> 8, packet >>> 16, packet >>> 24);
  const sealed = seal(objects, { key: sender.key, nonce: nonceOf(sender, counter) });
  return Uint8Array.of(...sealed.subarray(0, -CHECK_BYTES), ...counter, ...sealed.subarray(-CHECK_BYTES));
}

/** The UUID as it is on the air. */
function nonceOf({ address, information }: Sender, counter: Uint8Array): Uint8Array {
  return Uint8Array.of(...addressBytes(address), 0xd2, 0xfc, information, ...counter);
}
