import type { Random } from "../clock.ts";

const POOL_BYTES = 256;

/** Draws from a source in larger pieces: a call of the system's generator costs more than a whole message. */
export function pooled(random: Random): Random {
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;
  return (bytes) => {
    if (used + bytes > pool.length) {
      pool = random(Math.max(bytes, POOL_BYTES));
      used = 0;
    }
    used += bytes;
    return pool.subarray(used - bytes, used);
  };
}
