/** Chance that a test can repeat. */

/** In [0, 1). */
export type Chance = () => number;

/** Marsaglia's xorshift: the same for the same seed. */
export function chanceOf(seed: number): Chance {
  let state = seed * 2654435761 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
