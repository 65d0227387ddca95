/** Which characteristic of a device a mapping means. */
import { z } from "zod";
import type { CharacteristicRef } from "./central/session-types.ts";
import { uuidSchema } from "./keys.ts";

/** Beside `char`, wherever one is named. */
export const whichKeys = {
  service: uuidSchema.optional().describe("UUID of its service, where several have such a characteristic"),
  index: z.int().min(0).max(63).optional().describe("Which one, from 0, where one service has several of that UUID"),
};

export const charSchema = uuidSchema.describe("UUID of the characteristic: 2A19");

export interface Which {
  readonly service?: string | undefined;
  readonly index?: number | undefined;
}

export function refOf(uuid: string, { service, index }: Which): CharacteristicRef {
  return { uuid, ...(service === undefined ? {} : { service }), ...(index === undefined ? {} : { index }) };
}

/** "180f/2a19", and with an index "180f/2a19/1". */
export function nameOfRef({ service, uuid, index }: CharacteristicRef): string {
  return `${service === undefined ? "" : `${service}/`}${uuid}${index === undefined ? "" : `/${index}`}`;
}

/** One text for what is one characteristic. */
export function isSameRef(a: CharacteristicRef, b: CharacteristicRef): boolean {
  return a.uuid === b.uuid && a.service === b.service && a.index === b.index;
}
