/** `npm run bench` runs all benchmarks; `npm run bench:read` and the like run one of them. */
import { memory } from "./memory.ts";
import { read } from "./read.ts";
import { register } from "./register.ts";
import { line, type Result } from "./result.ts";
import { start } from "./start.ts";

const BENCHMARKS: Readonly<Record<string, () => Promise<Result>>> = { read, register, memory, start };

const wanted = process.argv.slice(2);
for (const name of wanted.length === 0 ? Object.keys(BENCHMARKS) : wanted) {
  const run = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
  if (run === undefined)
    throw new Error(`there is no benchmark ${name}: expected ${Object.keys(BENCHMARKS).join(", ")}`);
  process.stdout.write(`${line(await run())}\n`);
}
