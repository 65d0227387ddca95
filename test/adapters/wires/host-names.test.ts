import assert from "node:assert/strict";
import { test } from "node:test";
import { HostNames } from "../../../adapters/wires/host-names.ts";
import { settle } from "../../support/fake-clock.ts";

/** A resolver whose answers a test gives, by name. */
function aResolver(atOnce = 2) {
  const asked: string[] = [];
  const open = new Map<string, (address?: string) => void>();
  const names = new HostNames((name) => {
    asked.push(name);
    return new Promise((resolve, reject) => {
      open.set(name, (address) =>
        address === undefined ? reject(new Error(`no ${name}`)) : resolve([{ address, family: 4 }]),
      );
    });
  }, atOnce);
  const answer = async (name: string, address?: string): Promise<void> => {
    open.get(name)?.(address);
    await settle();
  };
  return { names, asked, answer };
}

const never = (): AbortSignal => new AbortController().signal;

test("whoever asks for a name that is being looked up waits for that lookup", async () => {
  const { names, asked, answer } = aResolver();
  const both = [names.find("a", never()), names.find("a", never())];
  await answer("a", "10.0.0.1");
  for (const found of await Promise.all(both)) assert.equal(found[0]?.address, "10.0.0.1");
  assert.deepEqual(asked, ["a"]);
  void names.find("a", never());
  assert.deepEqual(asked, ["a", "a"], "the next attempt looks anew: addresses change");
});

test("dead names leave room for others: few are looked up at a time, in the order of asking", async () => {
  const { names, asked, answer } = aResolver();
  const outcomes = ["a", "b", "c", "d"].map((name) => names.find(name, never()).catch(() => "none"));
  assert.deepEqual(asked, ["a", "b"]);
  await answer("b");
  assert.deepEqual(asked, ["a", "b", "c"]);
  await answer("a");
  await answer("c");
  await answer("d");
  assert.deepEqual(await Promise.all(outcomes), ["none", "none", "none", "none"]);
});

test("an answer that comes when the attempt was given up is there for the next one, once", async () => {
  const { names, asked, answer } = aResolver();
  const attempt = new AbortController();
  void names.find("a", attempt.signal);
  attempt.abort();
  await answer("a", "10.0.0.1");
  assert.equal((await names.find("a", never()))[0]?.address, "10.0.0.1");
  assert.deepEqual(asked, ["a"]);
  void names.find("a", never());
  assert.deepEqual(asked, ["a", "a"]);
});

test("a failure that comes when the attempt was given up is nobody's, and the name is asked again", async () => {
  const { names, asked, answer } = aResolver();
  const attempt = new AbortController();
  names.find("a", attempt.signal).catch(() => {});
  attempt.abort();
  await answer("a");
  names.find("a", never()).catch(() => {});
  assert.deepEqual(asked, ["a", "a"]);
});
