/** What the `firmware:` section of a mapping becomes: how an image gets to the device, and when that was a success. */
import type { FirmwareCondition, PointId } from "../adapter.ts";
import type { Millis } from "../clock.ts";

export interface FirmwarePlan {
  /** The word behind `via:`: a way of the adapter, or `exec`. */
  readonly via: string;
  /** The device fetches the image from the gateway: see FirmwareWay. */
  readonly fetched?: true;
  /** What the way made of `transfer:`. */
  readonly transfer: unknown;
  /** A job begins though nobody hears the device, which may wait in its bootloader for just that. */
  readonly unheard?: true;
  /** When the image goes to the device: when the server says Update, or before the state is Downloaded. */
  readonly stage: "on-update" | "before-update";
  readonly accept: AcceptRule;
  readonly version: VersionSource;
  /** What the version must be afterwards: that of the image, PkgVersion, or another one than before. */
  readonly expect: "image" | "changed";
  readonly enter: readonly FirmwareStep[];
  readonly activate: readonly FirmwareStep[];
  readonly confirm: readonly FirmwareStep[];
  readonly abort: readonly FirmwareStep[];
  readonly verify: VerifyRule;
  /** How often a transfer that broke off is begun again, or gone on with, before the job fails. */
  readonly retries: number;
  /** Who else may be asked meanwhile: nobody on the link, all but the device, or all, so many requests between two of the transfer. */
  readonly lock: "line" | "device";
  /** Conditions that the mapping gives a result other than the usual one. */
  readonly results: ReadonlyMap<FirmwareCondition, number>;
}

/** Checked before anything is sent. */
export interface AcceptRule {
  /** Bytes. */
  readonly maxSize: number;
  /** The image has these bytes there. */
  readonly magic?: { readonly offset: number; readonly bytes: Uint8Array };
  /** Where the image says its version: a header of this kind; absent: it does not. */
  readonly header?: "mcuboot" | { readonly offset: number; readonly length: number };
}

export type VersionSource =
  /** The protocol tells it. */
  | { readonly kind: "transfer" }
  /** A resource of the mapping says so; an Integer or Float counts by its digits. */
  | { readonly kind: "point"; readonly point: PointId }
  /** Nothing says so: the end of the transfer is all that is known. */
  | { readonly kind: "none" };

export interface VerifyRule {
  /** How long after the activation the device may need to be back with its new version. */
  readonly within: Millis;
  readonly poll: Millis;
  /** How long it must have stayed before it is believed. */
  readonly settle: Millis;
  /** Of values of the device by their points: whether it is well; absent: whoever answers is. */
  readonly healthy?: {
    readonly points: readonly PointId[];
    holds(values: ReadonlyMap<PointId, unknown>): boolean;
    readonly text: string;
  };
}

export type FirmwareStep =
  /** A step of the adapter, as in `do:`, parsed. */
  | { readonly type: "device"; readonly step: unknown }
  /** `{ smp: reset }`: a word of the way. */
  | { readonly type: "transfer"; readonly word: string }
  | { readonly type: "wait"; readonly time: Millis };
