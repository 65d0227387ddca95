/** What there is behind the servers, before anybody decides what one of them sees of it. Everything in own paths. */
import type { Path } from "../lwm2m/path.ts";
import type { Sample } from "../lwm2m/sample.ts";
import type { BackedTree } from "../lwm2m/tree.ts";

export interface Sight {
  /** "" is the gateway itself; undefined where no running device has the prefix. The same one for as long as it is the same. */
  of(prefix: string): BackedTree | undefined;
  /** Of all that there is now; "" is the gateway itself. */
  readonly prefixes: readonly string[];
  /** The newest measurement that is known of the path of a value, without asking a device. */
  latest(path: Path): Sample | undefined;
}
