/** One simulated device: a peripheral that advertises the values of its points, serves them, and takes what is written. */
import { type AdapterContext, type Millis, SECOND } from "../../../src/adapter.ts";
import { isBad } from "../../wires/fault-words.ts";
import { LONGEST_ADVERTISING_DATA } from "../emulator/advertising-data.ts";
import { ATT_ERROR } from "../emulator/att-codes.ts";
import type { Controller } from "../emulator/controller.ts";
import type { Peripheral } from "../emulator/peripheral.ts";
import type { AdvertisingSpec, CharacteristicSpec, ServiceSpec } from "../emulator/peripheral-spec.ts";
import type { PlayedCharacteristic } from "../emulator/played-characteristic.ts";
import { type AdvertisedPacket, PlayedAdvertisement } from "./advertised.ts";
import { composed, type Message, type PlayedBle } from "./composed.ts";
import { advertisedWith, type Faults, requestFault } from "./faults.ts";
import { PlayedUart } from "./played-uart.ts";
import { type PlayedSpec, playedSpecs } from "./services.ts";
import { writtenValue } from "./written.ts";

/** How often it advertises. */
const ADVERTISED_EVERY: Millis = SECOND;

/** What one scan response takes: two bytes say what it is. */
const LONGEST_NAME = LONGEST_ADVERTISING_DATA - 2;

/** What tells its value by itself. */
interface Told {
  readonly characteristic: PlayedCharacteristic;
  readonly how: "notify" | "indicate";
  /** What was told last of each message since somebody subscribed. */
  readonly messages: Map<Message, string>;
  readonly all: readonly Message[];
}

export class PlayedPeripheral {
  private readonly played: PlayedBle;
  private readonly faults: Faults;
  private readonly context: AdapterContext;
  private readonly advertisement: PlayedAdvertisement;
  private readonly peripheral: Peripheral;
  private readonly told: readonly Told[];
  private readonly uart: PlayedUart | undefined;
  private readonly born: Millis;
  private count = 0;

  /** `address`: where the mapping knows none. Throws RangeError where the controller has such a one already. */
  constructor(
    played: PlayedBle,
    {
      controller,
      address,
      faults,
    }: { readonly controller: Controller; readonly address: string; readonly faults: Faults },
    context: AdapterContext,
  ) {
    this.played = played;
    this.faults = faults;
    this.context = context;
    this.born = context.clock.monotonic();
    const { match, addressType, uart } = played.device;
    const who = { address: match.address ?? address, name: nameOf(played) };
    const specs = playedSpecs(played);
    const connectable = specs.some(({ constant }) => constant === undefined);
    this.advertisement = new PlayedAdvertisement(played, { ...who, connectable });
    this.peripheral = controller.add({
      ...who,
      // Addresses that we think of are static random ones (Core Specification 5.4, Vol. 6, Part B, 1.3.2.1).
      addressType: addressType ?? (match.address === undefined ? "random" : "public"),
      advertising: this.advertising(connectable),
      services: servicesOf(specs, (spec) => this.characteristic(spec)),
    });
    this.peripheral.faults = { each: () => requestFault(faults, context.random) };
    this.told = specs.flatMap((spec) => this.toldOf(spec));
    this.uart = uart && new PlayedUart(played, uart, () => this.peripheral, context);
  }

  /** It says nothing more. */
  close(): void {
    this.uart?.close();
  }

  /** Time has passed: values may be others, and it may come within reach or go. */
  tick(): void {
    const age = this.context.clock.monotonic() - this.born;
    this.peripheral.present = !isBad(this.faults.spans.get("dead"), age);
    for (const told of this.told) this.tell(told);
  }

  private advertising(connectable: boolean): AdvertisingSpec {
    let packet = this.advertisement.packet(0);
    if (packet.left > 0)
      this.context.log.warn(
        { code: "LG107", left: packet.left },
        "what a simulated device advertises has no room in one packet",
      );
    const data = (): Uint8Array | undefined => {
      packet = this.advertisement.packet(this.count++);
      return advertisedWith(this.faults, packet.data, this.context.random);
    };
    return {
      data,
      scanResponse: () => packet.scanResponse,
      interval: ADVERTISED_EVERY,
      type: typeOf(packet, connectable),
    };
  }

  private characteristic(spec: PlayedSpec): CharacteristicSpec {
    const { uuid, properties, messages, written, obeys, hears, constant } = spec;
    const [first] = messages;
    const value = (): Uint8Array =>
      (first === undefined ? undefined : composed(first, this.played)) ?? new Uint8Array(0);
    return {
      uuid,
      properties,
      value: constant ?? value,
      ...(written.length === 0 && !obeys && !hears ? {} : { onWrite: (bytes) => this.write(spec, bytes) }),
    };
  }

  private write({ uuid, written, obeys, hears }: PlayedSpec, bytes: Uint8Array): number | undefined {
    if (hears) {
      this.uart?.hear(bytes);
      return undefined;
    }
    let isKnown = false;
    let isTaken = true;
    for (const id of written) {
      const point = this.played.points.get(id);
      const value = point === undefined ? undefined : writtenValue(point, bytes);
      if (value === undefined) continue;
      isKnown = true;
      if (!this.played.set(id, value)) isTaken = false;
    }
    const sent = Buffer.from(bytes).toString("hex");
    if (!isKnown && obeys) {
      this.context.log.info({ characteristic: uuid, bytes: sent }, "a command was written");
      return undefined;
    }
    if (!isKnown) {
      this.context.log.warn(
        { code: "LG107", characteristic: uuid, bytes: sent },
        "a simulated device does not know this command",
      );
    }
    return isKnown && isTaken ? undefined : ATT_ERROR.valueNotAllowed;
  }

  private toldOf({ uuid, service, index, properties, messages: all }: PlayedSpec): readonly Told[] {
    const how = (["notify", "indicate"] as const).find((one) => properties.includes(one));
    if (how === undefined) return [];
    return [
      { characteristic: this.peripheral.characteristic(uuid, { service, index }), how, messages: new Map(), all },
    ];
  }

  /** What has changed, and all of it to who has just subscribed. */
  private tell({ characteristic, how, messages, all }: Told): void {
    if (!characteristic.subscribed) {
      messages.clear();
      return;
    }
    for (const message of all) {
      const bytes = composed(message, this.played);
      const text = bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");
      if (bytes === undefined || text === undefined || messages.get(message) === text) continue;
      messages.set(message, text);
      characteristic[how](bytes);
    }
  }
}

function typeOf({ scanResponse }: AdvertisedPacket, connectable: boolean): AdvertisingSpec["type"] {
  if (connectable) return "connectable";
  return scanResponse.length > 0 ? "scannable" : "non-connectable";
}

/** A name that fits the pattern of the mapping. */
function nameOf({ device: { match }, identity }: PlayedBle): string | undefined {
  const model = identity?.model;
  const fits = model !== undefined && Buffer.byteLength(model, "utf8") <= LONGEST_NAME;
  return match.name?.replace(/\*$/, "SIM") ?? (fits ? model : undefined);
}

function servicesOf(
  specs: readonly PlayedSpec[],
  made: (spec: PlayedSpec) => CharacteristicSpec,
): readonly ServiceSpec[] {
  return [...new Set(specs.map(({ service }) => service))].map((uuid) => ({
    uuid,
    characteristics: specs.filter(({ service }) => service === uuid).map(made),
  }));
}
