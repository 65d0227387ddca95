/** `npm run bench` runs all benchmarks and writes docs/benchmarks.md; `npm run bench:read` and the like run one of them. */
import { writeFileSync } from "node:fs";
import { locateData } from "../src/locate.ts";
import { clients } from "./clients.ts";
import { drain } from "./drain.ts";
import { dtls } from "./dtls.ts";
import { firmware } from "./firmware.ts";
import { formats } from "./formats.ts";
import { memory } from "./memory.ts";
import { modbus } from "./modbus.ts";
import { mqtt } from "./mqtt.ts";
import { notify } from "./notify.ts";
import { read } from "./read.ts";
import { register } from "./register.ts";
import { reload } from "./reload.ts";
import { report } from "./report.ts";
import { rest } from "./rest.ts";
import { line, type Result } from "./result.ts";
import { start } from "./start.ts";
import { store } from "./store.ts";
import { tcp } from "./tcp.ts";
import { wan } from "./wan.ts";

const BENCHMARKS: Readonly<Record<string, () => Promise<Result>>> = {
  read,
  notify,
  register,
  memory,
  start,
  formats,
  store,
  drain,
  wan,
  modbus,
  mqtt,
  tcp,
  rest,
  reload,
  clients,
  dtls,
  firmware,
};

const wanted = process.argv.slice(2);
const results: Result[] = [];
for (const name of wanted.length === 0 ? Object.keys(BENCHMARKS) : wanted) {
  const run = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
  if (run === undefined) {
    throw new Error(`there is no benchmark ${name}: expected ${Object.keys(BENCHMARKS).join(", ")}`);
  }
  const result = await run();
  results.push(result);
  process.stdout.write(`${line(result)}\n`);
}
if (wanted.length === 0) writeFileSync(locateData("docs/benchmarks.md"), report(results));
