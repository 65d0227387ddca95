/** What the gateway hears over Bluetooth: peripherals that a test has in its hands, whatever stack is between. */
import type { AdvertisedContent } from "../../../adapters/ble/emulator/advertising-data.ts";
import type { AddressType, Property } from "../../../adapters/ble/radio/radio.ts";

export interface AirDevice {
  /** Random, and static: "f0:00:00:00:00:01". */
  readonly address: string;
  readonly advertised: AdvertisedContent;
  readonly services?: readonly {
    readonly uuid: string;
    readonly characteristics: readonly {
      readonly uuid: string;
      readonly properties: readonly Property[];
      /** In hexadecimal digits. */
      readonly value?: string;
    }[];
  }[];
}

/** All devices advertise several times a second. A characteristic is named by its service and itself: "181a/2a6e". */
export interface Air {
  /** `{ type: ble, … }`, without the closing brace. */
  readonly link: string;
  readonly environment: NodeJS.ProcessEnv;
  add(device: AirDevice): Promise<void>;
  /** What it says from now on. */
  advertise(address: string, advertised: AdvertisedContent): Promise<void>;
  /** What it answers to reads from now on. */
  setValue(address: string, characteristic: string, value: string): Promise<void>;
  /** What it holds. */
  value(address: string, characteristic: string): Promise<string>;
  /** Returns when it was said, or nobody wants to hear it. */
  notify(address: string, characteristic: string, value: string): Promise<void>;
  /** Writes are refused with this ATT error from now on; undefined: no more. */
  refuseWrites(address: string, characteristic: string, att: number | undefined): Promise<void>;
  /** The link to a device is lost. */
  drop(address: string): Promise<void>;
  /** The adapter is pulled, or its daemon ends; then it is there again, and the devices too. */
  vanish(): Promise<void>;
  comeBack(): Promise<void>;
}

export const ADDRESS_TYPE: AddressType = "random";

/** What everybody who advertises says beside it. */
export const withFlags = (content: AdvertisedContent): AdvertisedContent => ({ flags: true, ...content });
