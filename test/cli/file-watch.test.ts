import assert from "node:assert/strict";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { FileWatch, type Watched } from "../../src/cli/file-watch.ts";
import { systemClock } from "../../src/clock.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { recordingLogger } from "../support/recording-logger.ts";
import { temporaryDirectory } from "../support/temp.ts";

/** Watches on the machine's own clock; `changed` resolves with the next change that is told. */
async function aWatch(t: TestContext, watchedIn: (folder: string) => Watched) {
  const folder = temporaryDirectory(t);
  let told = 0;
  let tell = (): void => {};
  const watch = new FileWatch({
    clock: systemClock,
    log: recordingLogger([]),
    onChange: () => {
      told++;
      tell();
    },
  });
  t.after(() => watch.close());
  const watched = watchedIn(folder);
  await watch.adopt(watched);
  const changed = (change: () => void): Promise<void> =>
    new Promise((resolve) => {
      tell = resolve;
      change();
    });
  return { folder, watch, watched, changed, told: () => told };
}

test("a change is told once, whichever way an editor writes; a touch, or the same once more, is none", async (t) => {
  const { folder, changed, told } = await aWatch(t, (folder) => {
    writeFileSync(join(folder, "config.yaml"), "one");
    return { files: [{ path: join(folder, "config.yaml"), text: "one" }], directories: [] };
  });
  const file = join(folder, "config.yaml");
  await changed(() => {
    writeFileSync(`${file}~`, "two");
    renameSync(`${file}~`, file);
  });
  utimesSync(file, 1, 1);
  writeFileSync(file, readFileSync(file));
  writeFileSync(join(folder, ".config.yaml.swp"), "x");
  await changed(() => writeFileSync(file, "three"));
  await changed(() => rmSync(file));
  await changed(() => writeFileSync(file, "four"));
  assert.equal(told(), 4);
});

test("files that come and go in a directory count, also where the directory is made later", async (t) => {
  const { folder, watch, watched, changed, told } = await aWatch(t, (folder) => ({
    files: [],
    directories: [join(folder, "conf/devices.d")],
  }));
  const directory = join(folder, "conf/devices.d");
  await changed(() => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "a.yaml"), "");
  });
  await watch.adopt(watched);
  await changed(() => writeFileSync(join(directory, "b.yaml"), ""));
  writeFileSync(join(directory, "README"), "no configuration");
  await changed(() => rmSync(join(directory, "a.yaml")));
  assert.equal(told(), 3);
});

test("what was written between being read and being watched is told", async (t) => {
  const { changed } = await aWatch(t, (folder) => {
    writeFileSync(join(folder, "config.yaml"), "as it is now");
    return { files: [{ path: join(folder, "config.yaml"), text: "as it was read" }], directories: [] };
  });
  await changed(() => {});
});

test("a file behind a link is another when the link leads elsewhere, or the file itself changes", async (t) => {
  const { folder, watch, watched, changed } = await aWatch(t, (folder) => {
    for (const name of ["v1", "v2"]) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "config.yaml"), name);
    }
    symlinkSync("v1", join(folder, "now"));
    return { files: [{ path: join(folder, "now/config.yaml"), text: "v1" }], directories: [] };
  });
  await changed(() => writeFileSync(join(folder, "v1/config.yaml"), "v1 again"));
  await watch.adopt({ ...watched, files: watched.files.map(({ path }) => ({ path })) });
  await changed(() => {
    symlinkSync("v2", join(folder, "next"));
    renameSync(join(folder, "next"), join(folder, "now"));
    writeFileSync(join(folder, "v1/config.yaml"), "no matter");
  });
});

test("without any notice it is looked now and then, and what is found is told once", async (t) => {
  const folder = temporaryDirectory(t);
  const file = join(folder, "config.yaml");
  writeFileSync(file, "one");
  const clock = new FakeClock();
  let told = 0;
  const watch = new FileWatch({ clock, log: recordingLogger([]), onChange: () => told++ });
  t.after(() => watch.close());
  // Nobody can listen to what is no directory.
  await watch.adopt({ files: [{ path: file, text: "one" }], directories: [join(file, "devices.d")] });
  writeFileSync(file, "two");
  // A look reads files, which takes time of no clock: the next one is due when that is over.
  while (told === 0) {
    await clock.advance(3000);
    await settle();
  }
  await clock.advance(60_000);
  assert.equal(told, 1);
});
