/** One peripheral in the air: it advertises while nobody is connected to it, and serves one central. */
import type { Clock, Millis } from "../../../src/adapter.ts";
import type { AddressType } from "../radio/radio.ts";
import { normalUuid } from "../radio/uuid.ts";
import { Advertiser } from "./advertiser.ts";
import { LONGEST_ADVERTISING_DATA } from "./advertising-data.ts";
import { GattDatabase } from "./gatt-database.ts";
import { STATUS } from "./hci-codes.ts";
import type { Link } from "./link.ts";
import type { ConnectionParameters } from "./link-requests.ts";
import { addressBytes, addressText } from "./little-endian.ts";
import type { AdvertisingSpec, PeripheralFaults, PeripheralSpec, RequestFault } from "./peripheral-spec.ts";
import type { PlayedCharacteristic } from "./played-characteristic.ts";

const USUAL_RSSI = -60;
const USUAL_MTU = 247;
const SHORTEST_INTERVAL: Millis = 20;

/** What a peripheral has around it. */
export interface Air {
  readonly clock: Clock;
  /** Whether anybody scans or wants to connect. */
  readonly listening: boolean;
  heard(peripheral: Peripheral, advertisement: HeardAdvertisement): void;
}

export interface HeardAdvertisement {
  readonly type: "connectable" | "scannable" | "non-connectable";
  readonly data: Uint8Array;
  /** What it answers to who asks for more. */
  readonly scanResponse: () => Uint8Array;
}

export class Peripheral {
  readonly address: string;
  readonly addressType: AddressType;
  /** In dBm. */
  rssi: number;
  readonly mtu: number;
  readonly database: GattDatabase;
  private readonly air: Air;
  private readonly advertiser: Advertiser;
  private advertising: AdvertisingSpec | undefined;
  private link: Link | undefined;
  private isPresent = true;
  private wrong: PeripheralFaults = {};
  private muted = 0;
  private operations = 0;

  /** `phase`: when after now it advertises for the first time. Throws RangeError where the specification cannot be. */
  constructor(spec: PeripheralSpec, air: Air, phase: Millis) {
    this.address = addressText(addressBytes(spec.address));
    if (this.address !== spec.address.toLowerCase() || this.address.length !== 17)
      throw new RangeError(`"${spec.address}" is no address: expected e.g. a4:c1:38:8f:19:e9`);
    this.addressType = spec.addressType ?? "public";
    this.rssi = spec.rssi ?? USUAL_RSSI;
    this.mtu = spec.mtu ?? USUAL_MTU;
    this.air = air;
    this.database = new GattDatabase(spec, () => this.link);
    this.advertiser = new Advertiser(air.clock, () => this.say());
    this.advertise(spec.advertising, phase);
  }

  get connected(): boolean {
    return this.link !== undefined;
  }

  /** Whether it is within reach. Who goes out of it is lost after the supervision timeout, and advertises no more. */
  get present(): boolean {
    return this.isPresent;
  }

  set present(present: boolean) {
    if (present === this.isPresent) return;
    this.isPresent = present;
    this.link?.setReach(present);
    this.listen();
  }

  get faults(): PeripheralFaults {
    return this.wrong;
  }

  /** Takes the place of the faults before; counts begin anew. */
  set faults(faults: PeripheralFaults) {
    this.wrong = faults;
    this.muted = faults.mute === true ? Number.POSITIVE_INFINITY : (faults.mute ?? 0);
    this.operations = 0;
  }

  /** Undefined: it is silent from now on. `phase`: when after now it begins. */
  advertise(advertising: AdvertisingSpec | undefined, phase: Millis = 0): void {
    if (advertising !== undefined && !(advertising.interval >= SHORTEST_INTERVAL))
      throw new RangeError(`advertising every ${advertising.interval} ms: expected ${SHORTEST_INTERVAL} ms or more`);
    if (advertising?.data instanceof Uint8Array) mustFit(advertising.data);
    this.advertising = advertising;
    this.advertiser.schedule(advertising?.interval, this.air.clock.monotonic() + phase);
    this.listen();
  }

  /** Throws RangeError where there is none. `index`: which one of those with this UUID. */
  characteristic(
    uuid: string,
    which: { readonly service?: string | undefined; readonly index?: number | undefined } = {},
  ): PlayedCharacteristic {
    const service = which.service === undefined ? undefined : normalUuid(which.service);
    const found = this.database.characteristics.filter(
      (one) => one.uuid === normalUuid(uuid) && (service === undefined || one.service === service),
    )[which.index ?? 0];
    if (found === undefined) throw new RangeError(`${this.address} has no characteristic ${uuid}`);
    return found;
  }

  /** The link is lost. `reason`: an error code of HCI, e.g. 0x13 where the peripheral ended it. */
  drop(reason: number = STATUS.connectionTimeout): void {
    this.link?.lose(reason);
  }

  /** Asks the central for other parameters of the connection. */
  requestParameters(parameters: ConnectionParameters): void {
    this.link?.requestParameters(parameters);
  }

  /** For the controller: somebody began, or nobody goes on, to listen; or a central came or went. */
  listen(): void {
    if (this.air.listening && this.isPresent && this.link === undefined) this.advertiser.start();
    else this.advertiser.stop();
  }

  /** For the controller. */
  joined(link: Link | undefined): void {
    this.link = link;
    this.operations = 0;
    this.listen();
  }

  /** For the link: what goes wrong with the next request. */
  nextFault(): RequestFault {
    const { dropAfter, dropReason = STATUS.connectionTimeout, delay, each } = this.wrong;
    this.operations++;
    const mute = this.muted > 0;
    if (mute) this.muted--;
    const drop = dropAfter !== undefined && this.operations >= dropAfter ? dropReason : undefined;
    const own = each?.() ?? {};
    return { ...own, mute: mute || own.mute, delay: own.delay ?? delay, drop: drop ?? own.drop };
  }

  private say(): void {
    const { advertising } = this;
    if (advertising === undefined) return;
    const { data, scanResponse, type = "connectable" } = advertising;
    const said = typeof data === "function" ? data() : data;
    if (said === undefined) return;
    this.air.heard(this, { type, data: mustFit(said), scanResponse: () => answerOf(scanResponse) });
  }
}

function answerOf(scanResponse: AdvertisingSpec["scanResponse"] = new Uint8Array(0)): Uint8Array {
  return mustFit(typeof scanResponse === "function" ? scanResponse() : scanResponse);
}

function mustFit(data: Uint8Array): Uint8Array {
  if (data.length <= LONGEST_ADVERTISING_DATA) return data;
  throw new RangeError(`advertising data of ${data.length} bytes: expected at most ${LONGEST_ADVERTISING_DATA}`);
}
