/**
 * For `node --import`: the process kills itself in the middle of the KILL_AT-th time that it changes something on the disk below
 * KILL_BELOW. Of what takes its time a half is done by then. With KILL_BOTH whoever started it goes first, as in a power cut.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";

const { KILL_AT = "0", KILL_BELOW = "", KILL_BOTH } = process.env;
let left = Number(KILL_AT);

if (left > 0) {
  watch(fs, "mkdirSync", 0);
  watch(fs, "renameSync", 1);
  watch(fs, "symlinkSync", 1);
  watch(fs, "rmSync", 0, (path) => removeOneOf(path));
  watch(fs, "writeFileSync", 0, (path, text) => fs.appendFileSync(path, text.slice(0, text.length / 2)));
  watch(fs, "copyFileSync", 1, (from, to) => copyHalf(from, to));
  watch(fs.promises, "open", 0, (path) => fs.appendFileSync(path, "h"));
  syncBuiltinESMExports();
}

/** `position`: of the path among the arguments. `half`: what is done of it. */
function watch(module, name, position, half = () => {}) {
  const original = module[name];
  module[name] = (...args) => {
    if (String(args[position]).startsWith(KILL_BELOW) && --left === 0) end(() => half(...args));
    return original(...args);
  };
}

function end(half) {
  half();
  if (KILL_BOTH !== undefined) process.kill(process.ppid, "SIGKILL");
  process.kill(process.pid, "SIGKILL");
  // The signal may take a moment.
  for (;;);
}

/** So far as it is a folder. */
function removeOneOf(path) {
  const [first] = fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ? fs.readdirSync(path) : [];
  if (first !== undefined) fs.rmSync(join(path, first), { recursive: true });
}

function copyHalf(from, to) {
  const bytes = fs.readFileSync(from);
  fs.appendFileSync(to, bytes.subarray(0, bytes.length / 2));
}
