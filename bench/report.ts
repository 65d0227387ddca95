/** docs/benchmarks.md: what the last complete run measured, and on what. */
import { cpus, release, totalmem } from "node:os";
import type { Goal, Result } from "./result.ts";
import { ROUNDS } from "./run.ts";

export function report(results: readonly Result[]): string {
  const sections = results.map(section).join("\n");
  return `# Benchmarks

Written by \`npm run bench\`; do not edit. \`bench/README.md\` says how it is done and how to run a part of it.

${machine()}

Each figure is the median of ${ROUNDS} rounds, where its part says nothing else; in each round every program runs alone, in a process
that is started for it, one after the other. They speak CoAP over UDP on loopback with a load generator of its own process,
which plays the LwM2M Server.

| goal | reached | |
|---|---|---|
${results.flatMap(({ goals }) => goals.map(goalRow)).join("\n")}

${sections}`;
}

function machine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  const memory = Math.round(totalmem() / 2 ** 30);
  return `Measured on ${processors.length} cores of ${model}, ${memory} GiB, Linux ${release()}, Node ${process.versions.node}.`;
}

function goalRow({ goal, reached, met }: Goal): string {
  return `| ${goal} | ${reached} | ${met ? "met" : "**missed**"} |`;
}

function section({ name, subject = "gateway, 1000 devices", about, figures, variants, peers, ratio }: Result): string {
  const columns = [[subject, figures] as const, ...Object.entries({ ...variants, ...peers })];
  const rows = [...new Set(columns.flatMap(([, values]) => Object.keys(values)))].map(
    (row) => `| ${row} | ${columns.map(([, values]) => shown(values[row])).join(" | ")} |`,
  );
  const compared = ratio === null ? "" : `\nOurs, divided by the best peer's: ${ratio}.\n`;
  return `## ${name}

${about}

| | ${columns.map(([column]) => column).join(" | ")} |
|---|${columns.map(() => "---:").join("|")}|
${rows.join("\n")}
${compared}`;
}

function shown(value: number | undefined): string {
  return value === undefined ? "" : value.toLocaleString("en");
}
