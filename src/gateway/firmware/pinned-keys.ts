/** Whose versions of this program run: the keys that `gateway.firmware.self` names. */
import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { reasonOf } from "../../errors.ts";
import { signingKey } from "../../firmware/self/head.ts";

/** `names`: files, from the folder of config.yaml. Throws an Error with a sentence. */
export function pinnedKeys(config: string, names: readonly string[]): readonly KeyObject[] {
  return names.map((name) => {
    const file = resolve(dirname(config), name);
    try {
      return signingKey(readFileSync(file, "utf8"));
    } catch (error) {
      throw new Error(`gateway.firmware.self.keys: ${file}: ${reasonOf(error)}`, { cause: error });
    }
  });
}
