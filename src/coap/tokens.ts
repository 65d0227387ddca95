/** Tokens of our own requests: RFC 7252 §5.3.1. */

import type { Random } from "../clock.ts";
import { SparseMap } from "../sparse-map.ts";

const LENGTH = 6;

/** What runs, by token. Two bytes count, so that none repeats soon; four are random, so that none can be guessed. */
export class Tokens<T> {
  private readonly random: Random;
  private readonly running = new SparseMap<number, T>();
  private count = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /** A token that nothing has. */
  create(): Uint8Array {
    const token = new Uint8Array(LENGTH);
    do {
      this.count = (this.count + 1) & 0xffff;
      token[0] = this.count >> 8;
      token[1] = this.count & 0xff;
      token.set(this.random(4), 2);
    } while (this.running.has(keyOf(token)));
    return token;
  }

  find(token: Uint8Array): T | undefined {
    return token.length === LENGTH ? this.running.get(keyOf(token)) : undefined;
  }

  set(token: Uint8Array, value: T): void {
    this.running.set(keyOf(token), value);
  }

  delete(token: Uint8Array): void {
    this.running.delete(keyOf(token));
  }
}

/** Six bytes fit the 53 bits of a number. */
function keyOf(token: Uint8Array): number {
  let key = 0;
  for (const byte of token) key = key * 256 + byte;
  return key;
}
