/** What a point delivers of bytes that somebody wrote down: a vector of a mapping, or the argument of a tool. */
import { DeviceError, type RawValue } from "../../src/adapter.ts";
import { delivered as spoken } from "../spoken/stream/delivered.ts";
import type { SpokenPoint } from "../spoken/stream/points.ts";
import { nameOfRef, refOf } from "./characteristic.ts";
import { parseAdvertisingData } from "./decoders/ad-structures.ts";
import { bytesOfHex, noHex } from "./keys.ts";
import { holds } from "./match.ts";
import { advertisedValue, characteristicValue, Refusal } from "./point-value.ts";
import type { AdvertisementSource, BlePoint } from "./points.ts";
import type { Advertisement } from "./radio/radio.ts";
import { normalUuid } from "./radio/uuid.ts";

/** What the advertising data of a device is called. */
export const ADVERT = "advert";

/** Throws DeviceError where it delivers nothing. */
export function delivered(point: BlePoint, text: string): RawValue {
  const { source } = point;
  if (source.kind === "uart") return spoken(source.point, text);
  const bytes = bytesOfHex(text);
  if (bytes === undefined) throw new DeviceError("malformed", noHex(text));
  const value =
    source.kind === "characteristic" ? characteristicValue(source, bytes) : advertised(source, point, bytes);
  if (value === undefined) throw new DeviceError("rejected", "it does not have it");
  if (value instanceof Refusal) throw new DeviceError("rejected", value.reason);
  return value;
}

/** "advert"; "request:weigh", "message:level"; "char:2a19", or "char:180f/2a19" where the point names the service. `said` may spell UUIDs otherwise, or leave out the service. */
export function messageName({ source }: BlePoint, said = ""): string {
  if (source.kind === "uart") return nameOfMessage(source.point.source);
  if (source.kind !== "characteristic") return ADVERT;
  const name = `char:${nameOfRef(source.ref)}`;
  const [, service, uuid = "", index] = /^char:\s*(?:([^/]+)\/)?([^/]+?)(?:\/(\d+))?$/.exec(said) ?? [];
  const [meant, within] = [normalUuid(uuid), service === undefined ? undefined : normalUuid(service)];
  if (meant === undefined || (service !== undefined && within === undefined)) return name;
  const given = refOf(meant, { service: within, index: index === undefined ? undefined : Number(index) });
  return nameOfRef(given) === nameOfRef(source.ref) || nameOfRef(given) === source.ref.uuid ? said : name;
}

function nameOfMessage(source: SpokenPoint["source"]): string {
  return source.kind === "request" ? `request:${source.request.name}` : `message:${source.name}`;
}

/** As if a packet with these AD structures had come from the device. Throws DeviceError. */
export function writtenAdvertisement(bytes: Uint8Array, address: string | undefined): Advertisement {
  const { problems, name, services, serviceData, manufacturerData } = parseAdvertisingData(bytes);
  const [problem] = problems;
  if (problem !== undefined) throw new DeviceError("malformed", `the advertising data is wrong: ${problem}`);
  return {
    address: address ?? "00:00:00:00:00:00",
    connectable: true,
    ...(name === undefined ? {} : { name }),
    services,
    serviceData,
    manufacturerData,
  };
}

function advertised(
  source: AdvertisementSource,
  { device }: BlePoint,
  bytes: Uint8Array,
): RawValue | Refusal | undefined {
  const { match, decode } = device;
  const advertisement = writtenAdvertisement(bytes, match.address);
  const decoded = decode?.decoder.decode(advertisement, decode.key);
  if (decode !== undefined && source.kind === "field" && decoded === undefined)
    throw new DeviceError("malformed", `it is no ${decode.decoder.title}`);
  if (match.only.length > 0 && (decoded === undefined || !holds(match.only, decoded)))
    throw new DeviceError("malformed", "it is another device's: it does not say what `only` wants");
  return advertisedValue(source, advertisement, decoded);
}
