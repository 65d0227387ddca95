/** A process that assigns one device after the other and prints its number once the store has confirmed it. */
import { silentLogger } from "../../src/log.ts";
import { openStore, StoreError } from "../../src/store/store.ts";

const [directory = ""] = process.argv.slice(2);
const store = await openStore({ directory, log: silentLogger });
try {
  // The test kills this process, or lets its disk fill up; the bound is for a test that forgets to.
  for (let count = 1; count <= 20_000; count++) {
    await store.assignDevices([{ id: `${count}` }]);
    process.stdout.write(`${count}\n`);
  }
} catch (error) {
  process.stderr.write(error instanceof StoreError ? `${error.kind}: ${error.message}\n` : String(error));
}
await store.close();
