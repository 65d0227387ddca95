/**
 * Which machine a state belongs to. A disk that is cloned has the same endpoint and the same registration as its original: two
 * gateways under one name, each of which throws the other out. So the state carries the machine's id, and no other machine uses it.
 */
import { createHmac } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../../log.ts";
import type { Store } from "../../store/store.ts";

/** machine-id(5): the id itself is confidential, and of no use elsewhere; what is made of it for this program may be shown. */
const APPLICATION = Buffer.from("c0b550efbf9c4e999c9e59df6ba29ccd", "hex");
const ID = /^[0-9a-f]{32}$/;
const ID_BYTES = 16;
/** What Docker and Podman put into a container: the id in it is that of its image, or of nothing. */
const CONTAINER_SIGNS = [".dockerenv", "run/.containerenv"];

/** Of /etc/machine-id below `root`; undefined in a container, and where the machine has none (yet). */
export function machineHash(root = "/"): string | undefined {
  if (CONTAINER_SIGNS.some((sign) => existsSync(join(root, sign)))) return undefined;
  let id: string;
  try {
    id = readFileSync(join(root, "etc/machine-id"), "utf8").trim();
  } catch {
    return undefined;
  }
  return ID.test(id) && /[^0]/.test(id) ? hashOf(id) : undefined;
}

/** As sd_id128_get_machine_app_specific(3) has it: an HMAC by the machine's id, marked as a random UUID. */
export function hashOf(id: string): string {
  const made = createHmac("sha256", Buffer.from(id, "hex")).update(APPLICATION).digest().subarray(0, ID_BYTES);
  const [six = 0, eight = 0] = [made[6], made[8]];
  made.set([(six & 0x0f) | 0x40], 6);
  made.set([(eight & 0x3f) | 0x80], 8);
  return made.toString("hex");
}

/** The state belongs to another machine; the message says what to do. */
export class ForeignState extends Error {
  constructor() {
    super(FOREIGN);
    this.name = "ForeignState";
  }
}

/** Rejects with ForeignState where it is another machine's, with StoreError where it cannot be read. */
export async function bindToMachine(
  store: Pick<Store, "loadMachine" | "saveMachine">,
  hash: string | undefined,
  log: Logger,
): Promise<void> {
  const bound = await store.loadMachine();
  if (bound !== undefined && hash !== undefined && bound !== hash) {
    throw new ForeignState();
  }
  if (hash === undefined && bound !== undefined) log.warn({ code: "LG670" }, UNKNOWN);
  else if (hash === undefined) log.info({}, UNBOUND);
  else if (bound === undefined) await store.saveMachine(hash);
}

const FOREIGN =
  "this state belongs to another machine: its disk was cloned or moved, and two gateways would register under one name. " +
  "Where the other one is gone for good, adopt it; where that still runs, give this one another gateway.endpoint, other keys " +
  "and an empty state directory";
const UNKNOWN =
  "the state belongs to a machine, and this one has no /etc/machine-id to compare: it is used all the same";
const UNBOUND =
  "the state belongs to no machine: in a container, or without /etc/machine-id, a copy of it would not be noticed";
