import assert from "node:assert/strict";
import test from "node:test";
import { silentLogger } from "../../src/log.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { temporaryDirectory } from "../support/temp.ts";

async function using(directory: string, work: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore({ directory, log: silentLogger });
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

test("what is kept of servers survives closing and opening, each part for itself", async (t) => {
  const directory = temporaryDirectory(t);
  await using(directory, async (store) => {
    assert.deepEqual(await store.loadServers(), []);
    await store.saveServer(102, [{ part: "identity", content: "b" }]);
    await store.saveServer(101, [
      { part: "registration", content: "old" },
      { part: "identity", content: "a" },
    ]);
    await store.saveServer(101, [{ part: "registration", content: "new" }]);
  });
  await using(directory, async (store) => {
    assert.deepEqual(await store.loadServers(), [
      { server: 101, part: "identity", content: "a" },
      { server: 101, part: "registration", content: "new" },
      { server: 102, part: "identity", content: "b" },
    ]);
    await store.saveServer(101, [{ part: "registration" }, { part: "never there" }]);
    assert.deepEqual(
      (await store.loadServers()).map(({ server, part }) => `${server} ${part}`),
      ["101 identity", "102 identity"],
    );
  });
});

test("of several changes all are done or none", async (t) => {
  await using(temporaryDirectory(t), async (store) => {
    await assert.rejects(store.saveServer(70_000, [{ part: "identity", content: "a" }]));
    assert.deepEqual(await store.loadServers(), []);
  });
});
