import type { Random } from "./clock.ts";

const POOL_BYTES = 256;

/** Draws from a source in larger pieces: a call of the system's generator costs more than a whole message. */
export function pooled(random: Random): Random {
  const known = pools.get(random);
  if (known !== undefined) return known;
  const made = pool(random);
  pools.set(random, made);
  return made;
}

/** A thousand endpoints with the same source share one. */
const pools = new WeakMap<Random, Random>();

function pool(random: Random): Random {
  let bytesLeft: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (bytes) => {
    if (used + bytes > bytesLeft.length) {
      bytesLeft = random(Math.max(bytes, POOL_BYTES));
      used = 0;
    }
    used += bytes;
    return bytesLeft.subarray(used - bytes, used);
  };
}
